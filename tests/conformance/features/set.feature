Feature: set

  # dsl-reference.md "Set"

  Scenario: The data set replaces what was there
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { b: 2 } }
    """
    And given the workflow input is:
    """yaml
    a: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    b: 2
    """

  Scenario: The data may be one expression that gives any value
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: '${ [ .a, .a + 1 ] }' }
    """
    And given the workflow input is:
    """yaml
    a: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ 1, 2 ]
    """

  Scenario: Expressions are evaluated at any depth, everything else is kept as it is written
    Given a workflow with definition:
    """yaml
    do:
      - one:
          set:
            list: [ '${ .a }', plain, { deep: '${ .a + 1 }' } ]
            text: .a + 1
            number: 1.5
            nothing: null
            flag: false
    """
    And given the workflow input is:
    """yaml
    a: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    list: [ 1, plain, { deep: 2 } ]
    text: .a + 1
    number: 1.5
    nothing: null
    flag: false
    """

  # dsl.md "Runtime Expressions", the warning: input is never read as an expression
  Scenario: Expressions in the input stay text
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { copy: '${ .evil }', named: '${ .["${ 1 }"] }' } }
    """
    And given the workflow input is:
    """yaml
    evil: ${ 1 + 1 }
    ${ 1 }: key
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    copy: ${ 1 + 1 }
    named: key
    """

  Scenario: The expressions of one set all see the task's input, not each other's results
    Given a workflow with definition:
    """yaml
    do:
      - swap: { set: { a: '${ .b }', b: '${ .a }' } }
    """
    And given the workflow input is:
    """yaml
    a: 1
    b: 2
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    a: 2
    b: 1
    """

  Scenario: An expression that fails raises an expression error of status 400 at the task
    Given a workflow with definition:
    """yaml
    do:
      - sum: { set: { x: '${ .text + 1 }' } }
    """
    And given the workflow input is:
    """yaml
    text: a
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://serverlessworkflow.io/spec/1.0.0/errors/expression
    status: 400
    instance: /do/0/sum
    """
    And sum should fault

  Scenario: Text in any script passes through unchanged
    Given a workflow with definition:
    """yaml
    do:
      - 인사: { set: { 말: '${ "두레, " + ."이름" }', 길이: '${ ."이름" | length }' } }
    """
    And given the workflow input is:
    """yaml
    이름: 마을 🌾
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    말: 두레, 마을 🌾
    길이: 4
    """
