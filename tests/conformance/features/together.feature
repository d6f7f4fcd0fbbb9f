Feature: Words together

  Scenario: A try does not catch its own timeout
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try: [ { slow: { wait: PT1H } } ]
          catch: { do: [ { hidden: { set: { v: caught } } } ] }
          timeout: { after: PT1M }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 408
    instance: /do/0/guarded
    """
    And hidden should not run

  Scenario: end in a catch ends the workflow
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try: [ { no: { raise: { error: { type: https://example.org/a, status: 400 } } } } ]
          catch: { do: [ { stop: { set: { v: stopped }, then: end } } ] }
      - never: { set: { v: never } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    v: stopped
    """
    And never should not run

  Scenario: exit in a catch leaves the catch, and the workflow goes on
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try: [ { no: { raise: { error: { type: https://example.org/a, status: 400 } } } } ]
          catch: { do: [ { leave: { set: { v: left }, then: exit } }, { hidden: { set: { v: hidden } } } ] }
      - after: { set: { v: '${ .v + " on" }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    v: left on
    """

  Scenario: exit in a branch ends the branch
    Given a workflow with definition:
    """yaml
    do:
      - both:
          fork:
            branches:
              - a: { do: [ { leave: { set: { v: 1 }, then: exit } }, { hidden: { set: { v: 2 } } } ] }
              - b: { set: { v: 3 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ { v: 1 }, { v: 3 } ]
    """

  Scenario: end in a loop ends the workflow
    Given a workflow with definition:
    """yaml
    do:
      - each:
          for: { in: '[ 1, 2, 3 ]' }
          do:
            - stop: { if: $item == 2, set: { at: '${ $item }' }, then: end }
      - never: { set: { v: never } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    at: 2
    """

  Scenario: In a loop an error of one turn may be caught and the loop goes on
    Given a workflow with definition:
    """yaml
    do:
      - each:
          for: { in: '[ 1, 0, 2 ]' }
          do:
            - guarded:
                try: [ { divide: { set: { seen: '${ .seen + [ 12 / $item ] }' } } } ]
                catch: { do: [ { note: { set: { seen: '${ (.seen // []) + [ "none" ] }' } } } ] }
    """
    And given the workflow input is:
    """yaml
    seen: []
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    seen: [ 12, none, 6 ]
    """

  Scenario: A loop's names are seen in the branches of a fork and in a catch within it
    Given a workflow with definition:
    """yaml
    do:
      - each:
          for: { each: n, in: '[ 1, 2 ]' }
          do:
            - both:
                fork:
                  branches:
                    - a: { set: { v: '${ $n }' } }
                    - b:
                        try: [ { no: { raise: { error: { type: https://example.org/a, status: 400 } } } } ]
                        catch: { do: [ { note: { set: { v: '${ $n * $error.status }' } } } ] }
                output: { as: 'map(.v)' }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ 2, 800 ]
    """

  Scenario: The innermost try whose filter fits catches
    Given a workflow with definition:
    """yaml
    do:
      - outer:
          try:
            - inner:
                try: [ { no: { raise: { error: { type: https://example.org/a, status: 400 } } } } ]
                catch: { errors: { with: { status: 400 } }, do: [ { near: { set: { v: inner } } } ] }
          catch: { do: [ { far: { set: { v: outer } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    v: inner
    """
    And far should not run

  # dsl-reference.md "Error": the runtime sets `instance`; the schema lets an author compute it, as one who raises again does
  Scenario: An error raised again may keep the place it came from
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try: [ { first: { raise: { error: { type: https://example.org/a, status: 400 } } } } ]
          catch: { do: [ { again: { raise: { error: { type: https://example.org/b, status: 500, instance: '${ $error.instance }' } } } } ] }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.org/b
    instance: /do/0/guarded/try/0/first
    """

  Scenario: A retry within a loop counts afresh for each item
    Given a workflow with definition:
    """yaml
    do:
      - each:
          for: { in: '[ 1, 2 ]' }
          do:
            - guarded:
                try: [ { no: { raise: { error: { type: https://example.org/a, status: 503 } } } } ]
                catch: { retry: { delay: PT1S, limit: { attempt: { count: 2 } } }, do: [ { gaveUp: { set: { v: '${ $item }' } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    v: 2
    """
    And no should run 6 times
    And it should have taken 4000 ms

  Scenario: A loop, a fork and a try may export, and the next task sees it
    Given a workflow with definition:
    """yaml
    do:
      - loop: { for: { in: '[ 1, 2 ]' }, do: [ { a: { set: { n: '${ $item }' } } } ], export: { as: '{ loop: .n }' } }
      - fork: { fork: { branches: [ { b: { set: { n: 3 } } } ] }, export: { as: '$context + { fork: .[0].n }' } }
      - guarded: { try: [ { c: { set: { n: 4 } } } ], catch: {}, export: { as: '$context + { try: .n }' } }
      - read: { set: '${ $context }' }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { loop: 2, fork: 3, try: 4 }
    """

  Scenario: A race between an event and a time is won by the event that comes first
    Given a workflow with definition:
    """yaml
    do:
      - race:
          fork:
            compete: true
            branches:
              - heard: { listen: { to: { one: { with: { type: org.example.a } } } } }
              - late: { do: [ { w: { wait: P1D } }, { l: { set: { late: true } } } ] }
    """
    And the events are sent:
    """yaml
    - { type: org.example.a, data: 1 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ 1 ]
    """
    And late should cancel
    And it should have taken 0 ms

  Scenario: Without the event the race is won by time
    Given a workflow with definition:
    """yaml
    do:
      - race:
          fork:
            compete: true
            branches:
              - heard: { listen: { to: { one: { with: { type: org.example.a } } } } }
              - late: { do: [ { w: { wait: P1D } }, { l: { set: { late: true } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    late: true
    """
    And heard should cancel
    And it should have taken 86400000 ms

  Scenario: Loops in one branch wait while those of another go on
    Given a workflow with definition:
    """yaml
    do:
      - both:
          fork:
            branches:
              - slow: { for: { in: '[ 1, 2 ]' }, do: [ { a: { wait: PT10S } } ] }
              - quick: { for: { in: '[ 1, 2, 3, 4 ]' }, do: [ { b: { wait: PT5S } } ] }
    """
    When the workflow is executed
    Then the workflow should complete
    And it should have taken 20000 ms
    And a should run 2 times
    And b should run 4 times

  Scenario: A function under use.functions may hold a list of tasks, which raises and is caught around the call
    Given a workflow with definition:
    """yaml
    use:
      functions:
        risky: { do: [ { first: { set: { n: '${ .n }' } } }, { no: { if: .n > 1, raise: { error: { type: https://example.org/a, status: 400 } } } } ] }
    do:
      - fine: { call: risky, with: { n: 1 } }
      - guarded:
          try: [ { bad: { call: risky, with: { n: 2 } } } ]
          catch: { do: [ { note: { set: { fine: '${ .n }', caught: '${ $error.type }' } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { fine: 1, caught: 'https://example.org/a' }
    """
