Feature: raise

  # dsl-reference.md "Raise", "Error", "Standard Error Types"

  Scenario: An error written inline faults the workflow, its instance set to the task
    Given a workflow with definition:
    """yaml
    do:
      - stop:
          do:
            - here: { raise: { error: { type: https://example.org/e, status: 409, title: Taken, detail: The seat is taken } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.org/e
    status: 409
    title: Taken
    detail: The seat is taken
    instance: /do/0/stop/do/0/here
    """
    And here should fault

  Scenario: A named error is taken from use.errors
    Given a workflow with definition:
    """yaml
    use:
      errors:
        taken: { type: https://example.org/taken, status: 409, title: Taken }
    do:
      - here: { raise: { error: taken } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.org/taken
    status: 409
    title: Taken
    instance: /do/0/here
    """

  Scenario: Title and detail may be expressions on the task's input
    Given a workflow with definition:
    """yaml
    do:
      - here: { raise: { error: { type: https://example.org/e, status: 400, title: '${ "No " + .what }', detail: '${ "\(.n) left" }' } } }
    """
    And given the workflow input is:
    """yaml
    what: seat
    n: 0
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    title: No seat
    detail: 0 left
    """

  Scenario: A named error that does not exist is refused before anything runs
    Given a workflow with definition:
    """yaml
    do:
      - here: { raise: { error: nowhere } }
    """
    When the workflow is executed
    Then the definition should be refused with "nowhere"

  Scenario: The standard error configuration stays as it is written and is caught under every published family
    Given a workflow with definition:
    """yaml
    do:
      - as0:
          try: [ { no: { raise: { error: { type: 'https://serverlessworkflow.io/spec/1.0.0/errors/configuration', status: 400 } } } } ]
          catch:
            errors: { with: { type: 'https://serverlessworkflow.io/dsl/errors/types/configuration' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - as1:
          try: [ { no: { raise: { error: { type: 'https://serverlessworkflow.io/dsl/errors/types/configuration', status: 400 } } } } ]
          catch:
            errors: { with: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/configuration' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - as2:
          try: [ { no: { raise: { error: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/configuration', status: 400 } } } } ]
          catch:
            errors: { with: { type: 'https://open-workflow-specification.org/dsl/errors/types/configuration' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - as3:
          try: [ { no: { raise: { error: { type: 'https://open-workflow-specification.org/dsl/errors/types/configuration', status: 400 } } } } ]
          catch:
            errors: { with: { type: 'https://serverlessworkflow.io/spec/1.0.0/errors/configuration' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - only: { set: '${ .types | unique }' }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - https://open-workflow-specification.org/dsl/errors/types/configuration
    - https://open-workflow-specification.org/spec/1.0.0/errors/configuration
    - https://serverlessworkflow.io/dsl/errors/types/configuration
    - https://serverlessworkflow.io/spec/1.0.0/errors/configuration
    """

  Scenario: The standard error validation stays as it is written and is caught under every published family
    Given a workflow with definition:
    """yaml
    do:
      - as0:
          try: [ { no: { raise: { error: { type: 'https://serverlessworkflow.io/spec/1.0.0/errors/validation', status: 400 } } } } ]
          catch:
            errors: { with: { type: 'https://serverlessworkflow.io/dsl/errors/types/validation' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - as1:
          try: [ { no: { raise: { error: { type: 'https://serverlessworkflow.io/dsl/errors/types/validation', status: 400 } } } } ]
          catch:
            errors: { with: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/validation' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - as2:
          try: [ { no: { raise: { error: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/validation', status: 400 } } } } ]
          catch:
            errors: { with: { type: 'https://open-workflow-specification.org/dsl/errors/types/validation' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - as3:
          try: [ { no: { raise: { error: { type: 'https://open-workflow-specification.org/dsl/errors/types/validation', status: 400 } } } } ]
          catch:
            errors: { with: { type: 'https://serverlessworkflow.io/spec/1.0.0/errors/validation' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - only: { set: '${ .types | unique }' }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - https://open-workflow-specification.org/dsl/errors/types/validation
    - https://open-workflow-specification.org/spec/1.0.0/errors/validation
    - https://serverlessworkflow.io/dsl/errors/types/validation
    - https://serverlessworkflow.io/spec/1.0.0/errors/validation
    """

  Scenario: The standard error expression stays as it is written and is caught under every published family
    Given a workflow with definition:
    """yaml
    do:
      - as0:
          try: [ { no: { raise: { error: { type: 'https://serverlessworkflow.io/spec/1.0.0/errors/expression', status: 400 } } } } ]
          catch:
            errors: { with: { type: 'https://serverlessworkflow.io/dsl/errors/types/expression' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - as1:
          try: [ { no: { raise: { error: { type: 'https://serverlessworkflow.io/dsl/errors/types/expression', status: 400 } } } } ]
          catch:
            errors: { with: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/expression' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - as2:
          try: [ { no: { raise: { error: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/expression', status: 400 } } } } ]
          catch:
            errors: { with: { type: 'https://open-workflow-specification.org/dsl/errors/types/expression' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - as3:
          try: [ { no: { raise: { error: { type: 'https://open-workflow-specification.org/dsl/errors/types/expression', status: 400 } } } } ]
          catch:
            errors: { with: { type: 'https://serverlessworkflow.io/spec/1.0.0/errors/expression' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - only: { set: '${ .types | unique }' }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - https://open-workflow-specification.org/dsl/errors/types/expression
    - https://open-workflow-specification.org/spec/1.0.0/errors/expression
    - https://serverlessworkflow.io/dsl/errors/types/expression
    - https://serverlessworkflow.io/spec/1.0.0/errors/expression
    """

  Scenario: The standard error authentication stays as it is written and is caught under every published family
    Given a workflow with definition:
    """yaml
    do:
      - as0:
          try: [ { no: { raise: { error: { type: 'https://serverlessworkflow.io/spec/1.0.0/errors/authentication', status: 401 } } } } ]
          catch:
            errors: { with: { type: 'https://serverlessworkflow.io/dsl/errors/types/authentication' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - as1:
          try: [ { no: { raise: { error: { type: 'https://serverlessworkflow.io/dsl/errors/types/authentication', status: 401 } } } } ]
          catch:
            errors: { with: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/authentication' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - as2:
          try: [ { no: { raise: { error: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/authentication', status: 401 } } } } ]
          catch:
            errors: { with: { type: 'https://open-workflow-specification.org/dsl/errors/types/authentication' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - as3:
          try: [ { no: { raise: { error: { type: 'https://open-workflow-specification.org/dsl/errors/types/authentication', status: 401 } } } } ]
          catch:
            errors: { with: { type: 'https://serverlessworkflow.io/spec/1.0.0/errors/authentication' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - only: { set: '${ .types | unique }' }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - https://open-workflow-specification.org/dsl/errors/types/authentication
    - https://open-workflow-specification.org/spec/1.0.0/errors/authentication
    - https://serverlessworkflow.io/dsl/errors/types/authentication
    - https://serverlessworkflow.io/spec/1.0.0/errors/authentication
    """

  Scenario: The standard error authorization stays as it is written and is caught under every published family
    Given a workflow with definition:
    """yaml
    do:
      - as0:
          try: [ { no: { raise: { error: { type: 'https://serverlessworkflow.io/spec/1.0.0/errors/authorization', status: 403 } } } } ]
          catch:
            errors: { with: { type: 'https://serverlessworkflow.io/dsl/errors/types/authorization' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - as1:
          try: [ { no: { raise: { error: { type: 'https://serverlessworkflow.io/dsl/errors/types/authorization', status: 403 } } } } ]
          catch:
            errors: { with: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/authorization' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - as2:
          try: [ { no: { raise: { error: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/authorization', status: 403 } } } } ]
          catch:
            errors: { with: { type: 'https://open-workflow-specification.org/dsl/errors/types/authorization' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - as3:
          try: [ { no: { raise: { error: { type: 'https://open-workflow-specification.org/dsl/errors/types/authorization', status: 403 } } } } ]
          catch:
            errors: { with: { type: 'https://serverlessworkflow.io/spec/1.0.0/errors/authorization' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - only: { set: '${ .types | unique }' }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - https://open-workflow-specification.org/dsl/errors/types/authorization
    - https://open-workflow-specification.org/spec/1.0.0/errors/authorization
    - https://serverlessworkflow.io/dsl/errors/types/authorization
    - https://serverlessworkflow.io/spec/1.0.0/errors/authorization
    """

  Scenario: The standard error timeout stays as it is written and is caught under every published family
    Given a workflow with definition:
    """yaml
    do:
      - as0:
          try: [ { no: { raise: { error: { type: 'https://serverlessworkflow.io/spec/1.0.0/errors/timeout', status: 408 } } } } ]
          catch:
            errors: { with: { type: 'https://serverlessworkflow.io/dsl/errors/types/timeout' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - as1:
          try: [ { no: { raise: { error: { type: 'https://serverlessworkflow.io/dsl/errors/types/timeout', status: 408 } } } } ]
          catch:
            errors: { with: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/timeout' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - as2:
          try: [ { no: { raise: { error: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/timeout', status: 408 } } } } ]
          catch:
            errors: { with: { type: 'https://open-workflow-specification.org/dsl/errors/types/timeout' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - as3:
          try: [ { no: { raise: { error: { type: 'https://open-workflow-specification.org/dsl/errors/types/timeout', status: 408 } } } } ]
          catch:
            errors: { with: { type: 'https://serverlessworkflow.io/spec/1.0.0/errors/timeout' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - only: { set: '${ .types | unique }' }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - https://open-workflow-specification.org/dsl/errors/types/timeout
    - https://open-workflow-specification.org/spec/1.0.0/errors/timeout
    - https://serverlessworkflow.io/dsl/errors/types/timeout
    - https://serverlessworkflow.io/spec/1.0.0/errors/timeout
    """

  Scenario: The standard error communication stays as it is written and is caught under every published family
    Given a workflow with definition:
    """yaml
    do:
      - as0:
          try: [ { no: { raise: { error: { type: 'https://serverlessworkflow.io/spec/1.0.0/errors/communication', status: 500 } } } } ]
          catch:
            errors: { with: { type: 'https://serverlessworkflow.io/dsl/errors/types/communication' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - as1:
          try: [ { no: { raise: { error: { type: 'https://serverlessworkflow.io/dsl/errors/types/communication', status: 500 } } } } ]
          catch:
            errors: { with: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/communication' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - as2:
          try: [ { no: { raise: { error: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/communication', status: 500 } } } } ]
          catch:
            errors: { with: { type: 'https://open-workflow-specification.org/dsl/errors/types/communication' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - as3:
          try: [ { no: { raise: { error: { type: 'https://open-workflow-specification.org/dsl/errors/types/communication', status: 500 } } } } ]
          catch:
            errors: { with: { type: 'https://serverlessworkflow.io/spec/1.0.0/errors/communication' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - only: { set: '${ .types | unique }' }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - https://open-workflow-specification.org/dsl/errors/types/communication
    - https://open-workflow-specification.org/spec/1.0.0/errors/communication
    - https://serverlessworkflow.io/dsl/errors/types/communication
    - https://serverlessworkflow.io/spec/1.0.0/errors/communication
    """

  Scenario: The standard error runtime stays as it is written and is caught under every published family
    Given a workflow with definition:
    """yaml
    do:
      - as0:
          try: [ { no: { raise: { error: { type: 'https://serverlessworkflow.io/spec/1.0.0/errors/runtime', status: 500 } } } } ]
          catch:
            errors: { with: { type: 'https://serverlessworkflow.io/dsl/errors/types/runtime' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - as1:
          try: [ { no: { raise: { error: { type: 'https://serverlessworkflow.io/dsl/errors/types/runtime', status: 500 } } } } ]
          catch:
            errors: { with: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/runtime' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - as2:
          try: [ { no: { raise: { error: { type: 'https://open-workflow-specification.org/spec/1.0.0/errors/runtime', status: 500 } } } } ]
          catch:
            errors: { with: { type: 'https://open-workflow-specification.org/dsl/errors/types/runtime' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - as3:
          try: [ { no: { raise: { error: { type: 'https://open-workflow-specification.org/dsl/errors/types/runtime', status: 500 } } } } ]
          catch:
            errors: { with: { type: 'https://serverlessworkflow.io/spec/1.0.0/errors/runtime' } }
            do: [ { note: { set: { types: '${ (.types // []) + [ $error.type ] }' } } } ]
      - only: { set: '${ .types | unique }' }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - https://open-workflow-specification.org/dsl/errors/types/runtime
    - https://open-workflow-specification.org/spec/1.0.0/errors/runtime
    - https://serverlessworkflow.io/dsl/errors/types/runtime
    - https://serverlessworkflow.io/spec/1.0.0/errors/runtime
    """
