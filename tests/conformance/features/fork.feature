Feature: fork

  # dsl-reference.md "Fork"

  Scenario: All branches run and their outputs come in the order they are declared, not the order they end
    Given a workflow with definition:
    """yaml
    do:
      - both:
          fork:
            branches:
              - slow: { do: [ { w: { wait: PT2S } }, { a: { set: { v: slow } } } ] }
              - quick: { do: [ { x: { wait: PT1S } }, { b: { set: { v: quick } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ { v: slow }, { v: quick } ]
    """
    And b should run before a
    And it should have taken 2000 ms

  Scenario: Every branch starts on the fork's own input
    Given a workflow with definition:
    """yaml
    do:
      - both:
          input: { from: .inner }
          fork:
            branches:
              - a: { set: { v: '${ .n + 1 }' } }
              - b: { set: { v: '${ .n + 2 }' } }
    """
    And given the workflow input is:
    """yaml
    inner: { n: 1 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ { v: 2 }, { v: 3 } ]
    """

  Scenario: In a race the first branch to end gives the output and the others are cancelled
    Given a workflow with definition:
    """yaml
    do:
      - race:
          fork:
            compete: true
            branches:
              - slow: { do: [ { w: { wait: PT10S } }, { a: { set: { v: slow } } } ] }
              - quick: { do: [ { x: { wait: PT1S } }, { b: { set: { v: quick } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    v: quick
    """
    And slow should cancel
    And w should cancel
    And a should not run
    And it should have taken 1000 ms

  Scenario: An error in one branch ends the others and goes up
    Given a workflow with definition:
    """yaml
    do:
      - both:
          fork:
            branches:
              - waits: { wait: PT1H }
              - fails: { raise: { error: { type: https://example.org/broken, status: 500 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.org/broken
    status: 500
    instance: /do/0/both/fork/branches/1/fails
    """
    And it should have taken 0 ms

  Scenario: An error in a branch is caught around the fork
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try:
            - both:
                fork:
                  branches:
                    - waits: { wait: PT1H }
                    - fails: { raise: { error: { type: https://example.org/broken, status: 500 } } }
          catch: { as: why, do: [ { note: { set: { caught: '${ $why.status }' } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    caught: 500
    """
    And waits should cancel

  Scenario: In a race an error ends the race
    Given a workflow with definition:
    """yaml
    do:
      - race:
          fork:
            compete: true
            branches:
              - slow: { wait: PT5S }
              - fails: { do: [ { w: { wait: PT1S } }, { no: { raise: { error: { type: https://example.org/broken, status: 500 } } } } ] }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.org/broken
    """

  Scenario: end in a branch ends the whole workflow
    Given a workflow with definition:
    """yaml
    do:
      - both:
          fork:
            branches:
              - waits: { wait: PT1H }
              - stops: { set: { v: stopped }, then: end }
      - never: { set: { v: never } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    v: stopped
    """
    And waits should cancel
    And never should not run

  Scenario: A branch exports into the one context of the workflow
    Given a workflow with definition:
    """yaml
    do:
      - both:
          fork:
            branches:
              - a: { set: { v: 1 }, export: { as: '$context + { a: .v }' } }
              - b: { set: { v: 2 }, export: { as: '$context + { b: .v }' } }
      - read: { set: '${ $context }' }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    a: 1
    b: 2
    """

  Scenario: A fork may be transformed as any task
    Given a workflow with definition:
    """yaml
    do:
      - both:
          fork: { branches: [ { a: { set: { n: 1 } } }, { b: { set: { n: 2 } } } ] }
          output: { as: 'map(.n) | add' }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    3
    """
