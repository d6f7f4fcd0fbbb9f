Feature: do

  # dsl.md "Task Flow"; dsl-reference.md "Do"

  Scenario: Tasks of a list run in the order they are declared, each on what the one before gave
    Given a workflow with definition:
    """yaml
    do:
      - first: { set: { n: '${ .n + 1 }' } }
      - second: { set: { n: '${ .n * 10 }' } }
    """
    And given the workflow input is:
    """yaml
    n: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 20
    """
    And first should run first
    And second should run last

  Scenario: A nested list is a task of its own whose output is the last subtask's
    Given a workflow with definition:
    """yaml
    do:
      - outer:
          do:
            - a: { set: { x: 1 } }
            - b: { set: { x: '${ .x + 1 }' } }
          output: { as: { wrapped: '${ .x }' } }
      - after: { set: { got: '${ .wrapped }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    got: 2
    """
    And outer should run before a
    And outer should complete
    And b should run before after

  Scenario: An empty nested list gives its input back
    Given a workflow with definition:
    """yaml
    do:
      - outer: { do: [] }
    """
    And given the workflow input is:
    """yaml
    kept: true
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    kept: true
    """

  Scenario: Two lists may hold tasks of the same name
    Given a workflow with definition:
    """yaml
    do:
      - left: { do: [ { same: { set: { v: l } } } ] }
      - right: { do: [ { same: { set: { v: '${ .v + "r" }' } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    v: lr
    """
    And same should run 2 times

  Scenario: Lists nested in lists keep their order and their data
    Given a workflow with definition:
    """yaml
    do:
      - a: { do: [ { b: { do: [ { c: { do: [ { d: { do: [ { e: { do: [ { f: { set: { deep: '${ .n }' } } } ] } } ] } } ] } } ] } } ] }
    """
    And given the workflow input is:
    """yaml
    n: 5
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    deep: 5
    """
