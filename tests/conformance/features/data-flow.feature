Feature: Data flow

  # dsl.md "Data Flow", its eleven stages

  Scenario: Input that does not fit the workflow's schema never starts
    Given a workflow with definition:
    """yaml
    input: { schema: { format: json, document: { type: object, required: [ name ] } } }
    do:
      - one: { set: { v: 1 } }
    """
    And given the workflow input is:
    """yaml
    nom: x
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://serverlessworkflow.io/spec/1.0.0/errors/validation
    status: 400
    """
    And one should not run

  Scenario: The workflow's schema sees the raw input, its tasks the transformed one
    Given a workflow with definition:
    """yaml
    input:
      schema: { format: json, document: { type: object, required: [ order ] } }
      from: .order
    do:
      - one: { set: { id: '${ .id }', raw: '${ $workflow.input.order.id }' } }
    """
    And given the workflow input is:
    """yaml
    order: { id: 3 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    id: 3
    raw: 3
    """

  Scenario: A task's schema sees the raw input of the task
    Given a workflow with definition:
    """yaml
    do:
      - one:
          input:
            schema: { format: json, document: { type: object, required: [ order ] } }
            from: .order
          set: { id: '${ .id }' }
    """
    And given the workflow input is:
    """yaml
    order: { id: 3 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    id: 3
    """

  Scenario: A task whose input does not fit its schema faults at that task
    Given a workflow with definition:
    """yaml
    do:
      - fine: { set: { n: text } }
      - one:
          input: { schema: { format: json, document: { properties: { n: { type: number } } } } }
          set: { v: 1 }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://serverlessworkflow.io/spec/1.0.0/errors/validation
    status: 400
    instance: /do/1/one
    """

  Scenario: input.from and output.as may be objects whose values are expressions
    Given a workflow with definition:
    """yaml
    do:
      - one:
          input: { from: { a: '${ .x }', b: fixed, c: [ '${ .x + 1 }' ] } }
          set: '${ . }'
          output: { as: { got: '${ .c[0] }', all: '${ . }' } }
    """
    And given the workflow input is:
    """yaml
    x: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    got: 2
    all: { a: 1, b: fixed, c: [ 2 ] }
    """

  Scenario: output.schema sees the transformed output
    Given a workflow with definition:
    """yaml
    do:
      - one:
          set: { v: { n: 1 } }
          output: { as: .v, schema: { format: json, document: { type: object, required: [ n ] } } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 1
    """

  Scenario: Output that does not fit its schema faults at the task and exports nothing
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try:
            - one:
                set: { v: 1 }
                output: { schema: { format: json, document: { required: [ w ] } } }
                export: { as: '{ exported: true }' }
          catch: { errors: { with: { type: https://serverlessworkflow.io/spec/1.0.0/errors/validation, instance: /do/0/guarded/try/0/one } }, do: [ { read: { set: { exported: '${ $context.exported }' } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    exported: null
    """

  Scenario: export.as sees the transformed output and replaces the context
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { a: { n: 1 } }, output: { as: .a }, export: { as: '{ one: .n }' } }
      - two: { set: { m: 2 }, export: { as: '$context + { two: .m }' } }
      - three: { set: { z: 3 }, export: { as: { only: '${ $context.one + $context.two }' } } }
      - read: { set: '${ $context }' }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    only: 3
    """

  Scenario: An export that does not fit its schema faults at the task
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { v: 1 }, export: { as: '{ n: "text" }', schema: { format: json, document: { properties: { n: { type: number } } } } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://serverlessworkflow.io/spec/1.0.0/errors/validation
    status: 400
    instance: /do/0/one
    """

  # The figure of dsl.md "Data Flow": transformed workflow input, set as initial $context
  Scenario: Before any export the context is the workflow's transformed input
    Given a workflow with definition:
    """yaml
    input: { from: .order }
    do:
      - one: { set: { v: 1 } }
      - read: { set: '${ $context }' }
    """
    And given the workflow input is:
    """yaml
    order: { id: 3 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    id: 3
    """

  Scenario: The workflow's output is transformed, then validated
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { v: { n: 1 } } }
    output: { as: .v, schema: { format: json, document: { required: [ n ] } } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 1
    """

  Scenario: A workflow whose output does not fit its schema faults
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { v: 1 } }
    output: { schema: { format: json, document: { required: [ w ] } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://serverlessworkflow.io/spec/1.0.0/errors/validation
    status: 400
    """
    And one should complete
