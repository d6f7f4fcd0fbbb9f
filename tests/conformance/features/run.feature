Feature: run workflow

  # dsl-reference.md "Run", "Workflow Process"

  Scenario: A child runs on the input given and its output is the task's
    Given a workflow with definition:
    """yaml
    do:
      - child: { run: { workflow: { namespace: conformance, name: child, version: 1.0.0, input: { n: '${ .n + 1 }' } } } }
    """
    And a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: conformance, name: child, version: 1.0.0 }
    do:
      - double: { set: { twice: '${ .n * 2 }' } }
    """
    And given the workflow input is:
    """yaml
    n: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    twice: 4
    """

  Scenario: latest is the highest version deployed
    Given a workflow with definition:
    """yaml
    do:
      - child: { run: { workflow: { namespace: conformance, name: child, version: latest } } }
    """
    And a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: conformance, name: child, version: 1.10.0 }
    do: [ { v: { set: { version: ten } } } ]
    """
    And a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: conformance, name: child, version: 1.9.0 }
    do: [ { v: { set: { version: nine } } } ]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    version: ten
    """

  Scenario: The parent waits while the child waits
    Given a workflow with definition:
    """yaml
    do:
      - child: { run: { workflow: { namespace: conformance, name: child, version: 1.0.0 } } }
    """
    And a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: conformance, name: child, version: 1.0.0 }
    do: [ { w: { wait: PT1H } }, { v: { set: { done: true } } } ]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    done: true
    """
    And it should have taken 3600000 ms

  Scenario: With await false the parent goes on at once with its own input
    Given a workflow with definition:
    """yaml
    do:
      - child: { run: { workflow: { namespace: conformance, name: child, version: 1.0.0 }, await: false } }
    """
    And a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: conformance, name: child, version: 1.0.0 }
    do: [ { w: { wait: PT1H } } ]
    """
    And given the workflow input is:
    """yaml
    kept: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    kept: 1
    """
    And it should have taken 0 ms

  Scenario: A child's error goes up through the task and may be caught
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try: [ { child: { run: { workflow: { namespace: conformance, name: child, version: 1.0.0 } } } } ]
          catch: { errors: { with: { type: https://example.org/lost } }, do: [ { note: { set: { status: '${ $error.status }' } } } ] }
    """
    And a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: conformance, name: child, version: 1.0.0 }
    do: [ { no: { raise: { error: { type: https://example.org/lost, status: 410 } } } } ]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    status: 410
    """

  Scenario: The input is validated against the child's schema
    Given a workflow with definition:
    """yaml
    do:
      - child: { run: { workflow: { namespace: conformance, name: child, version: 1.0.0, input: { m: 1 } } } }
    """
    And a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: conformance, name: child, version: 1.0.0 }
    input: { schema: { format: json, document: { required: [ n ] } } }
    do: [ { v: { set: { never: true } } } ]
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://serverlessworkflow.io/spec/1.0.0/errors/validation
    status: 400
    """

  Scenario: A workflow that is not deployed faults at the task
    Given a workflow with definition:
    """yaml
    do:
      - child: { run: { workflow: { namespace: conformance, name: nobody, version: 1.0.0 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    instance: /do/0/child
    """

  Scenario: When the parent times out the child is cancelled
    Given a workflow with definition:
    """yaml
    do:
      - child: { run: { workflow: { namespace: conformance, name: child, version: 1.0.0 } }, timeout: { after: PT1M } }
    """
    And a workflow with definition:
    """yaml
    document: { dsl: '1.0.3', namespace: conformance, name: child, version: 1.0.0 }
    do: [ { w: { wait: PT1H } } ]
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 408
    instance: /do/0/child
    """
    And it should have taken 60000 ms
