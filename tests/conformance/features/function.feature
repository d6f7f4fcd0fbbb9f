Feature: Functions of plugins

  # dsl-reference.md "Call"; dsl.md "Using Cataloged Functions", the default catalogue

  Scenario: A function of an installed plugin is called by its name
    Given a workflow with definition:
    """yaml
    do:
      - share: { call: split, with: { total: '${ .total }', among: [ a, b, c ] }, output: { as: '.shares | map(.amount)' } }
    """
    And given the workflow input is:
    """yaml
    total: 1000
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ 334, 333, 333 ]
    """

  Scenario: A function may be pinned to a version of the default catalogue
    Given a workflow with definition:
    """yaml
    do:
      - share: { call: 'split:1.0.0@default', with: { total: -4, among: [ a, b ] }, output: { as: '.shares | map(.amount)' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ -2, -2 ]
    """

  Scenario: A version that is not installed is refused before anything runs
    Given a workflow with definition:
    """yaml
    do:
      - share: { call: 'split:9.0.0@default', with: { total: 4, among: [ a ] } }
    """
    When the workflow is executed
    Then the definition should be refused with "9.0.0"

  Scenario: Constant arguments that the function does not take are refused before anything runs
    Given a workflow with definition:
    """yaml
    do:
      - share: { call: split, with: { totl: 4, among: [ a ] } }
    """
    When the workflow is executed
    Then the definition should be refused with "total"

  Scenario: Computed arguments that the function does not take raise a validation error at the task
    Given a workflow with definition:
    """yaml
    do:
      - share: { call: split, with: { total: '${ .total }', among: [ a ] } }
    """
    And given the workflow input is:
    """yaml
    total: much
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://serverlessworkflow.io/spec/1.0.0/errors/validation
    status: 400
    instance: /do/0/share
    """

  Scenario: A function may wait, and the task's timeout interrupts it
    Given a workflow with definition:
    """yaml
    do:
      - patient:
          try: [ { until: { call: waitUntil, with: { at: '2999-01-01T00:00:00Z' }, timeout: { after: P1D } } } ]
          catch: { errors: { with: { status: 408 } }, do: [ { note: { set: { late: true } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    late: true
    """
    And it should have taken 86400000 ms
