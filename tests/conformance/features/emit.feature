Feature: emit

  # dsl-reference.md "Emit", "Event Properties"

  Scenario: The task's output is the event that was emitted
    Given a workflow with definition:
    """yaml
    do:
      - tell: { emit: { event: { with: { type: org.example.told, source: 'https://example.org/conformance', data: { n: '${ .n }' } } } }, output: { as: '{ type, source, data, from: $input.n }' } }
    """
    And given the workflow input is:
    """yaml
    n: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { type: org.example.told, source: 'https://example.org/conformance', data: { n: 1 }, from: 1 }
    """
    And tell should complete

  # The reference lets the runtime give the source, the schema of 1.0.3-alpha1 does not
  @beyond-schema
  Scenario: One branch hears what another emits, id, source and time given by the runtime
    Given a workflow with definition:
    """yaml
    do:
      - both:
          fork:
            branches:
              - hear: { listen: { to: { one: { with: { type: org.example.told } } }, read: envelope } }
              - tell: { emit: { event: { with: { type: org.example.told, subject: '${ .who }', data: { n: 7 } } } } }
          output: { as: '.[0][0]' }
      - look: { set: { type: '${ .type }', subject: '${ .subject }', data: '${ .data }', source: '${ .source }', hasId: '${ (.id | length) > 0 }', hasTime: '${ .time | endswith("Z") }', specversion: '${ .specversion }' } }
    """
    And given the workflow input is:
    """yaml
    who: me
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    type: org.example.told
    subject: me
    data: { n: 7 }
    source: /conformance/feature/1.0.0
    hasId: true
    hasTime: true
    specversion: '1.0'
    """

  Scenario: What the author gives takes precedence, extension attributes too
    Given a workflow with definition:
    """yaml
    do:
      - both:
          fork:
            branches:
              - hear: { listen: { to: { one: { with: { type: org.example.told } } }, read: envelope } }
              - tell: { emit: { event: { with: { id: my-id, source: 'https://example.org/me', type: org.example.told, time: '2013-05-24T13:40:00Z', color: red, data: text } } } }
          output: { as: '.[0][0] | { id, source, time, color, data }' }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    id: my-id
    source: https://example.org/me
    time: '2013-05-24T13:40:00Z'
    color: red
    data: text
    """
