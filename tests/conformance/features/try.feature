Feature: try

  # dsl-reference.md "Try", "Catch", "Retry"; dsl.md "Fault Tolerance"

  Scenario: Without an error the try gives what its tasks give and catch does not run
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try: [ { fine: { set: { v: 1 } } } ]
          catch: { do: [ { note: { set: { v: caught } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    v: 1
    """
    And note should not run

  Scenario: A caught error is the variable error unless another name is given
    Given a workflow with definition:
    """yaml
    do:
      - first:
          try: [ { no: { raise: { error: { type: https://example.org/a, status: 418, title: Teapot, detail: short } } } } ]
          catch: { do: [ { note: { set: '${ $error }' } } ] }
      - keep: { set: { one: '${ . }' } }
      - second:
          try: [ { no: { raise: { error: { type: https://example.org/b, status: 500 } } } } ]
          catch: { as: problem, do: [ { note: { set: { one: '${ .one }', two: '${ $problem.type }' } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    one: { type: 'https://example.org/a', status: 418, title: Teapot, detail: short, instance: /do/0/first/try/0/no }
    two: https://example.org/b
    """

  Scenario: Caught without do, the try completes with its own input
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try:
            - change: { set: { n: 100 } }
            - no: { raise: { error: { type: https://example.org/a, status: 400 } } }
          catch: {}
      - after: { set: { n: '${ .n + 1 }' } }
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

  Scenario: A filter on the type lets other types pass
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try: [ { no: { raise: { error: { type: https://example.org/other, status: 400 } } } } ]
          catch: { errors: { with: { type: https://example.org/wanted } }, do: [ { note: { set: { v: caught } } } ] }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.org/other
    status: 400
    instance: /do/0/guarded/try/0/no
    """

  Scenario: Every property of a filter must fit
    Given a workflow with definition:
    """yaml
    do:
      - outer:
          try:
            - wrongStatus:
                try: [ { no: { raise: { error: &e { type: https://example.org/a, status: 400, title: T, detail: D } } } } ]
                catch: { errors: { with: { type: https://example.org/a, status: 401 } }, do: [ { a: { set: { v: wrong } } } ] }
          catch:
            errors: { with: { type: https://example.org/a, status: 400, title: T, detail: D, instance: /do/0/outer/try/0/wrongStatus/try/0/no } }
            do: [ { b: { set: { v: right } } } ]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    v: right
    """

  Scenario: Title, detail and instance alone may be filtered
    Given a workflow with definition:
    """yaml
    do:
      - outer:
          try:
            - title:
                try: [ { no: { raise: { error: { type: https://example.org/a, status: 400, title: T, detail: D } } } } ]
                catch: { errors: { with: { title: U } }, do: [ { a: { set: { v: title } } } ] }
          catch:
            errors: { with: { detail: D } }
            do: [ { b: { set: { v: detail } } } ]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    v: detail
    """

  Scenario: when decides with the error at hand whether to catch
    Given a workflow with definition:
    """yaml
    do:
      - each:
          for: { in: '[ 400, 503 ]' }
          do:
            - outer:
                try:
                  - inner:
                      try: [ { no: { raise: { error: { type: https://example.org/a, status: 503, detail: '${ "\($item)" }' } } } } ]
                      catch: { as: e, when: '$e.detail == "503"', do: [ { a: { set: { seen: '${ (.seen // []) + [ "inner" ] }' } } } ] }
                catch: { do: [ { b: { set: { seen: '${ (.seen // []) + [ "outer" ] }' } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    seen: [ outer, inner ]
    """

  Scenario: exceptWhen keeps an error from being caught
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try: [ { no: { raise: { error: { type: https://example.org/a, status: 503 } } } } ]
          catch: { exceptWhen: '$error.status == 503', do: [ { note: { set: { v: caught } } } ] }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 503
    """

  Scenario: when and exceptWhen both have their say
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try: [ { no: { raise: { error: { type: https://example.org/a, status: 503 } } } } ]
          catch: { when: '$error.status >= 500', exceptWhen: '$error.status == 503', do: [ { note: { set: { v: caught } } } ] }
    """
    When the workflow is executed
    Then the workflow should fault

  Scenario: An error raised in catch goes up
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try: [ { no: { raise: { error: { type: https://example.org/a, status: 400 } } } } ]
          catch: { do: [ { worse: { raise: { error: { type: https://example.org/b, status: 500 } } } } ] }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.org/b
    instance: /do/0/guarded/catch/do/0/worse
    """

  Scenario: The tasks before the error keep their exports
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try:
            - note: { set: { v: 1 }, export: { as: '{ kept: .v }' } }
            - no: { raise: { error: { type: https://example.org/a, status: 400 } } }
          catch: { do: [ { read: { set: { kept: '${ $context.kept }' } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    kept: 1
    """

  @beyond-schema
  Scenario: catch.then says where the error path goes on
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try: [ { no: { raise: { error: { type: https://example.org/a, status: 400 } } } } ]
          catch: { do: [ { note: { set: { v: noted } } } ], then: repair }
          then: normal
      - normal: { set: { v: normal }, then: end }
      - repair: { set: { v: '${ .v + " repaired" }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    v: noted repaired
    """
    And normal should not run

  @beyond-schema
  Scenario: The path without an error follows the try's own then
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try: [ { fine: { set: { v: fine } } } ]
          catch: { then: repair }
          then: normal
      - repair: { set: { v: repaired }, then: end }
      - normal: { set: { v: '${ .v + " normal" }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    v: fine normal
    """

  Scenario: Expression errors and failed schemas are caught as any other
    Given a workflow with definition:
    """yaml
    do:
      - expression:
          try: [ { no: { set: { v: '${ 1 | keys }' } } } ]
          catch: { errors: { with: { type: https://serverlessworkflow.io/spec/1.0.0/errors/expression } }, do: [ { a: { set: { seen: [ '${ $error.status }' ] } } } ] }
      - validation:
          try: [ { no: { input: { schema: { format: json, document: { required: [ x ] } } }, set: { v: 1 } } } ]
          catch: { errors: { with: { type: https://serverlessworkflow.io/spec/1.0.0/errors/validation } }, do: [ { b: { set: { seen: '${ .seen + [ $error.status ] }' } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    seen: [ 400, 400 ]
    """
