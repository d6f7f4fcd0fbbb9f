Feature: document

  # dsl-reference.md "Document", "Evaluate"

  # The SDK reads 1.0.3 alone
  @beyond-schema
  Scenario: Every published version of the language is read
    Given a workflow with definition:
    """yaml
    document: { dsl: '1.0.0', namespace: conformance, name: old, version: 0.1.0, title: Old, summary: '**old**', tags: { a: b }, metadata: { any: [ thing ] } }
    evaluate: { language: jq, mode: strict }
    do:
      - one: { set: { tag: '${ $workflow.definition.document.tags.a }', thing: '${ $workflow.definition.document.metadata.any[0] }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    tag: b
    thing: thing
    """

  Scenario: A version of the language that nobody has published is refused
    Given a workflow with definition:
    """yaml
    document: { dsl: '2.0.0', namespace: conformance, name: new, version: 0.1.0 }
    do: [ { one: { set: { v: 1 } } } ]
    """
    When the workflow is executed
    Then the definition should be refused with "2.0.0"

  Scenario: Two tasks of one list may not have the same name
    Given a workflow with definition:
    """yaml
    do:
      - same: { set: { v: 1 } }
      - same: { set: { v: 2 } }
    """
    When the workflow is executed
    Then the definition should be refused with "same"

  Scenario: A task without a word of the language is refused
    Given a workflow with definition:
    """yaml
    do:
      - one: { stt: { v: 1 } }
    """
    When the workflow is executed
    Then the definition should be refused with "set"

  Scenario: A task with two words is refused
    Given a workflow with definition:
    """yaml
    do:
      - one: { set: { v: 1 }, wait: PT1S }
    """
    When the workflow is executed
    Then the definition should be refused with "wait"
