Feature: switch

  # dsl-reference.md "Switch", "Switch Case", "Flow Directive"

  Scenario: The first case that holds decides, even where later ones hold too
    Given a workflow with definition:
    """yaml
    do:
      - route:
          switch:
            - small: { when: '.n < 10', then: a }
            - any: { when: '.n < 100', then: b }
      - a: { set: { went: a }, then: end }
      - b: { set: { went: b } }
    """
    And given the workflow input is:
    """yaml
    n: 5
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    went: a
    """
    And b should not run

  Scenario: A case without a condition is taken only when no other holds, wherever it stands
    Given a workflow with definition:
    """yaml
    do:
      - route:
          switch:
            - otherwise: { then: none }
            - big: { when: '.n > 10', then: big }
      - none: { set: { went: none }, then: end }
      - big: { set: { went: big } }
    """
    And given the workflow input is:
    """yaml
    n: 11
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    went: big
    """

  Scenario: Without a case that holds the next task runs on the switch's input
    Given a workflow with definition:
    """yaml
    do:
      - route: { switch: [ { big: { when: '.n > 10', then: skipped } } ] }
      - next: { set: { n: '${ .n + 1 }' }, then: end }
      - skipped: { set: { n: -1 } }
    """
    And given the workflow input is:
    """yaml
    n: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 2
    """

  Scenario: A case may continue, exit its scope, or end the workflow
    Given a workflow with definition:
    """yaml
    do:
      - inner:
          do:
            - route: { switch: [ { out: { when: .leave, then: exit } }, { on: { then: continue } } ] }
            - never: { set: { went: never } }
      - after: { switch: [ { stop: { when: .leave, then: end } } ] }
      - last: { set: { went: last } }
    """
    And given the workflow input is:
    """yaml
    leave: true
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    leave: true
    """
    And never should not run
    And last should not run

  Scenario: A condition holds for every value but false and null
    Given a workflow with definition:
    """yaml
    do:
      - each:
          for: { in: '.values' }
          do:
            - route: { switch: [ { yes: { when: '$item', then: count } }, { no: { then: exit } } ] }
            - count: { set: '${ . + { hits: ((.hits // 0) + 1) } }' }
      - only: { set: '${ .hits }' }
    """
    And given the workflow input is:
    """yaml
    values: [ 0, "", [], {}, true, false, null ]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    5
    """

  Scenario: The condition may be written in the expression's brackets or without
    Given a workflow with definition:
    """yaml
    do:
      - route: { switch: [ { one: { when: '${ .n == 1 }', then: one } } ] }
      - other: { set: { went: other }, then: end }
      - one: { set: { went: one } }
    """
    And given the workflow input is:
    """yaml
    n: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    went: one
    """

  Scenario: A condition that fails raises an expression error at the switch
    Given a workflow with definition:
    """yaml
    do:
      - route: { switch: [ { one: { when: '.n | keys', then: end } } ] }
    """
    And given the workflow input is:
    """yaml
    n: 1
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://serverlessworkflow.io/spec/1.0.0/errors/expression
    status: 400
    instance: /do/0/route
    """
