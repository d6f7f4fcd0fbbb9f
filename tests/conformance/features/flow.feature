Feature: then and if

  # dsl-reference.md "Flow Directive"; dsl.md "Task Flow"

  Scenario: then jumps forward over tasks of the same list
    Given a workflow with definition:
    """yaml
    do:
      - a: { set: { v: a }, then: c }
      - b: { set: { v: b } }
      - c: { set: { v: '${ .v + "c" }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    v: ac
    """
    And b should not run

  Scenario: then jumps back, so that a list may loop until a switch leaves it
    Given a workflow with definition:
    """yaml
    do:
      - check: { switch: [ { done: { when: '.n >= 3', then: end } } ] }
      - more: { set: { n: '${ .n + 1 }' }, then: check }
    """
    And given the workflow input is:
    """yaml
    n: 0
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 3
    """
    And more should run 3 times

  Scenario: end ends the workflow from any depth
    Given a workflow with definition:
    """yaml
    do:
      - outer:
          do:
            - stop: { set: { v: 1 }, then: end }
            - inside: { set: { v: 2 } }
      - outside: { set: { v: 3 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    v: 1
    """
    And inside should not run
    And outside should not run

  Scenario: exit ends only the list it stands in
    Given a workflow with definition:
    """yaml
    do:
      - outer:
          do:
            - leave: { set: { v: 1 }, then: exit }
            - inside: { set: { v: 2 } }
      - outside: { set: { v: '${ .v + 10 }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    v: 11
    """
    And inside should not run

  Scenario: exit in the workflow's own list ends the workflow
    Given a workflow with definition:
    """yaml
    do:
      - leave: { set: { v: 1 }, then: exit }
      - never: { set: { v: 2 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    v: 1
    """

  # dsl-reference.md "Task", `if`: on the raw input, before any other expression of the task
  Scenario: A task whose if does not hold is skipped and its raw input goes on
    Given a workflow with definition:
    """yaml
    do:
      - maybe:
          if: .go
          input: { schema: { format: json, document: { required: [ never ] } }, from: .nothing }
          set: { v: ran }
          output: { as: .deep.er }
          export: { as: { exported: true } }
      - after: { set: { kept: '${ .v }', context: '${ $context.exported }' } }
    """
    And given the workflow input is:
    """yaml
    go: false
    v: 7
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    kept: 7
    context: null
    """
    And maybe should not run

  Scenario: if sees the raw input, the task's body the transformed one
    Given a workflow with definition:
    """yaml
    do:
      - one:
          if: .order.open
          input: { from: .order }
          set: { id: '${ .id }' }
    """
    And given the workflow input is:
    """yaml
    order: { id: 4, open: true }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    id: 4
    """

  # "They cannot target tasks at a different depth"
  Scenario: A jump to a task of another depth is refused before anything runs
    Given a workflow with definition:
    """yaml
    do:
      - outer: { do: [ { inner: { set: { v: 1 }, then: other } } ] }
      - other: { set: { v: 2 } }
    """
    When the workflow is executed
    Then the definition should be refused with "other"

  Scenario: A jump to a task that does not exist is refused with the name that was meant
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { v: 1 }, then: finsh }
      - finish: { set: { v: 2 } }
    """
    When the workflow is executed
    Then the definition should be refused with "finish"

  Scenario: A jump back without any wait ends as a fault that no try catches
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try:
            - again: { set: { v: 1 }, then: again }
          catch: { do: [ { hidden: { set: { v: caught } } } ] }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://serverlessworkflow.io/spec/1.0.0/errors/runtime
    """
    And hidden should not run
