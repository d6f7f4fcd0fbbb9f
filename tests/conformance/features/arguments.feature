Feature: Arguments of expressions

  # dsl.md "Runtime expression arguments", the table of what is available where

  Scenario: Workflow input.from has $secrets, $workflow and $runtime
    Given a workflow with definition:
    """yaml
    use: { secrets: [ key ] }
    input: { from: '{ raw: $workflow.input.n, runtime: $runtime.name, secret: ($secrets.key | length), name: $workflow.definition.document.name, dot: .n }' }
    do:
      - keep: { set: '${ . }' }
    """
    And given the workflow input is:
    """yaml
    n: 1
    """
    And the secrets are:
    """yaml
    key: four
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    raw: 1
    runtime: dure
    secret: 4
    name: feature
    dot: 1
    """

  Scenario: A task's if has $context, $secrets, $task, $workflow and $runtime
    Given a workflow with definition:
    """yaml
    use: { secrets: [ key ] }
    do:
      - one:
          if: '$context.n == 1 and $secrets.key == "four" and $task.name == "one" and $workflow.input.n == 1 and ($runtime.version | length) > 0 and .n == 1'
          set: { ran: true }
    """
    And given the workflow input is:
    """yaml
    n: 1
    """
    And the secrets are:
    """yaml
    key: four
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    ran: true
    """

  Scenario: A task's input.from has $context, $secrets, $task, $workflow and $runtime
    Given a workflow with definition:
    """yaml
    use: { secrets: [ key ] }
    do:
      - one:
          input: { from: '{ c: $context.n, s: $secrets.key, t: $task.reference, raw: $task.input.n, w: $workflow.input.n, r: $runtime.name }' }
          set: '${ . }'
    """
    And given the workflow input is:
    """yaml
    n: 1
    """
    And the secrets are:
    """yaml
    key: four
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { c: 1, s: four, t: /do/0/one, raw: 1, w: 1, r: dure }
    """

  Scenario: A task's body has $input, the transformed input, and $task.input, the raw one
    Given a workflow with definition:
    """yaml
    do:
      - one:
          metadata: { color: red }
          input: { from: .inner }
          set: { input: '${ $input.n }', raw: '${ $task.input.inner.n }', color: '${ $task.definition.metadata.color }', context: '${ $context.inner.n }', id: '${ ($workflow.id | length) > 0 }' }
    """
    And given the workflow input is:
    """yaml
    inner: { n: 1 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { input: 1, raw: 1, color: red, context: 1, id: true }
    """

  Scenario: A task's output.as has $input and $task.output, the raw output
    Given a workflow with definition:
    """yaml
    do:
      - one:
          set: { v: 2 }
          output: { as: '{ input: $input.n, dot: .v, raw: $task.output.v, context: $context.n, name: $task.name }' }
    """
    And given the workflow input is:
    """yaml
    n: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { input: 1, dot: 2, raw: 2, context: 1, name: one }
    """

  Scenario: A task's export.as has $output, the transformed output
    Given a workflow with definition:
    """yaml
    do:
      - one:
          set: { v: 2 }
          output: { as: '{ w: .v }' }
          export: { as: '{ output: $output.w, raw: $task.output.v, input: $input.n, dot: .w, before: $context.n }' }
      - read: { set: '${ $context }' }
    """
    And given the workflow input is:
    """yaml
    n: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { output: 2, raw: 2, input: 1, dot: 2, before: 1 }
    """

  Scenario: Workflow output.as has $context, $workflow and $runtime
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { v: 2 }, export: { as: '{ kept: .v }' } }
    output: { as: '{ c: $context.kept, w: $workflow.input.n, r: $runtime.name, v: .v }' }
    """
    And given the workflow input is:
    """yaml
    n: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { c: 2, w: 1, r: dure, v: 2 }
    """

  # "DateTime Descriptor"
  Scenario: startedAt of workflow and task come as text and as epoch
    Given a workflow with definition:
    """yaml
    do:
      - pause: { wait: PT1.5S }
      - one:
          set:
            text: '${ $task.startedAt.iso8601 | endswith("Z") }'
            seconds: '${ ($task.startedAt.epoch.milliseconds / 1000 | floor) == $task.startedAt.epoch.seconds }'
            apart: '${ $task.startedAt.epoch.milliseconds - $workflow.startedAt.epoch.milliseconds }'
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { text: true, seconds: true, apart: 1500 }
    """

  Scenario: The descriptors' definitions are what the author wrote, jq left as text
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { copy: '${ $task.definition.set.copy }', title: '${ $workflow.definition.do[0].one.set.title }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    copy: ${ $task.definition.set.copy }
    title: ${ $workflow.definition.do[0].one.set.title }
    """

  Scenario: $output is not available in a task's if
    Given a workflow with definition:
    """yaml
    do:
      - one: { if: '$output.v == 1', set: { v: 1 } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://serverlessworkflow.io/spec/1.0.0/errors/expression
    status: 400
    """

  Scenario: $input is not available in a task's if
    Given a workflow with definition:
    """yaml
    do:
      - one: { if: '$input.v == 1', set: { v: 1 } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://serverlessworkflow.io/spec/1.0.0/errors/expression
    status: 400
    """

  Scenario: $task is not available in the workflow's output
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { v: 1 } }
    output: { as: $task.name }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://serverlessworkflow.io/spec/1.0.0/errors/expression
    status: 400
    """

  Scenario: A variable nobody declares is refused before anything runs
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { v: '${ $nobody }' } }
    """
    When the workflow is executed
    Then the definition should be refused with "$nobody"

  # dsl.md "Secret"
  Scenario: A secret that is declared but does not exist raises an authorization error of status 403
    Given a workflow with definition:
    """yaml
    use: { secrets: [ key ] }
    do:
      - one: { input: { from: '{ k: $secrets.key }' }, set: '${ . }' }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://serverlessworkflow.io/spec/1.0.0/errors/authorization
    status: 403
    """

  Scenario: A secret that is not declared is refused before anything runs
    Given a workflow with definition:
    """yaml
    use: { secrets: [ key ] }
    do:
      - one: { input: { from: '{ k: $secrets.other, j: $secrets.key }' }, set: '${ . }' }
    """
    And the secrets are:
    """yaml
    { key: a, other: b }
    """
    When the workflow is executed
    Then the definition should be refused with "other"

  Scenario: $authorization describes what was resolved for a call
    Given a workflow with definition:
    """yaml
    do:
      - ask:
          call: http
          with:
            method: get
            endpoint: { uri: 'http://services.example.org/bearer/t0ken', authentication: { bearer: { token: t0ken } } }
          output: { as: '{ ok: .authenticated, scheme: $authorization.scheme, parameter: $authorization.parameter }' }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { ok: true, scheme: Bearer, parameter: t0ken }
    """
