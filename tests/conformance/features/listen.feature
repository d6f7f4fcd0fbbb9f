Feature: listen

  # dsl-reference.md "Listen", "Event Consumption Strategy", "Event Filter", "Correlation", "Subscription Iterator"

  Scenario: One event of the type waited for completes the task with a list of its data
    Given a workflow with definition:
    """yaml
    do:
      - hear: { listen: { to: { one: { with: { type: org.example.a } } } } }
    """
    And the events are sent:
    """yaml
    - { type: org.example.other, source: /s, id: '1', data: { n: 1 } }
    - { type: org.example.a, source: /s, id: '2', data: { n: 2 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - { n: 2 }
    """

  Scenario: Until the event comes the workflow waits and says what for
    Given a workflow with definition:
    """yaml
    do:
      - hear: { listen: { to: { one: { with: { type: org.example.a } } } } }
    """
    When the workflow is executed
    Then the workflow should wait for "org.example.a"

  Scenario: Every attribute of a filter must fit, extension attributes too
    Given a workflow with definition:
    """yaml
    do:
      - hear: { listen: { to: { one: { with: { type: org.example.a, source: 'https://example.org/right', subject: me, color: red } } } } }
    """
    And the events are sent:
    """yaml
    - { type: org.example.a, source: /wrong, id: '1', subject: me, color: red, data: 1 }
    - { type: org.example.a, source: 'https://example.org/right', id: '2', subject: you, color: red, data: 2 }
    - { type: org.example.a, source: 'https://example.org/right', id: '3', subject: me, color: blue, data: 3 }
    - { type: org.example.a, source: 'https://example.org/right', id: '4', subject: me, data: 4 }
    - { type: org.example.a, source: 'https://example.org/right', id: '5', subject: me, color: red, data: 5 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - 5
    """

  Scenario: A filter's data may be an expression asked on the event's data
    Given a workflow with definition:
    """yaml
    do:
      - hear: { listen: { to: { one: { with: { type: org.example.heat, data: '${ .celsius > 38 }' } } } } }
    """
    And the events are sent:
    """yaml
    - { type: org.example.heat, source: /s, id: '1', data: { celsius: 37 } }
    - { type: org.example.heat, source: /s, id: '2', data: { celsius: 39 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - { celsius: 39 }
    """

  Scenario: An attribute may be a regular expression that fits the whole value
    Given a workflow with definition:
    """yaml
    do:
      - hear: { listen: { to: { one: { with: { type: 'org\.example\.(a|b)' } } } } }
    """
    And the events are sent:
    """yaml
    - { type: org.example.ab, source: /s, id: '1', data: 1 }
    - { type: org.example.b, source: /s, id: '2', data: 2 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - 2
    """

  Scenario: any completes with the first event that fits one of its filters
    Given a workflow with definition:
    """yaml
    do:
      - hear: { listen: { to: { any: [ { with: { type: org.example.a } }, { with: { type: org.example.b } } ] } } }
    """
    And the events are sent:
    """yaml
    - { type: org.example.b, source: /s, id: '1', data: b }
    - { type: org.example.a, source: /s, id: '2', data: a }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - b
    """

  Scenario: any with no filter hears every event
    Given a workflow with definition:
    """yaml
    do:
      - hear: { listen: { to: { any: [] } } }
    """
    And the events are sent:
    """yaml
    - { type: org.example.whatever, source: /s, id: '1', data: 1 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - 1
    """

  Scenario: all waits for an event of each filter and gives them in the order they came
    Given a workflow with definition:
    """yaml
    do:
      - hear: { listen: { to: { all: [ { with: { type: org.example.a } }, { with: { type: org.example.b } } ] } } }
    """
    And the events are sent:
    """yaml
    - { type: org.example.b, source: /s, id: '1', data: b }
    - { type: org.example.b, source: /s, id: '2', data: again }
    - { type: org.example.a, source: /s, id: '3', data: a }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - b
    - a
    """

  Scenario: With an until expression it listens until the expression holds on what was consumed
    Given a workflow with definition:
    """yaml
    do:
      - hear: { listen: { to: { any: [ { with: { type: org.example.a } } ], until: '( map(.n) | add ) >= 5' } } }
    """
    And the events are sent:
    """yaml
    - { type: org.example.a, source: /s, id: '1', data: { n: 2 } }
    - { type: org.example.a, source: /s, id: '2', data: { n: 2 } }
    - { type: org.example.a, source: /s, id: '3', data: { n: 2 } }
    - { type: org.example.a, source: /s, id: '4', data: { n: 2 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ { n: 2 }, { n: 2 }, { n: 2 } ]
    """

  # dsl-reference.md "Listen", the warning: events of until are no part of the output
  Scenario: With until events it listens until one of those comes, which is no part of the output
    Given a workflow with definition:
    """yaml
    do:
      - hear: { listen: { to: { any: [ { with: { type: org.example.a } } ], until: { one: { with: { type: org.example.stop } } } } } }
    """
    And the events are sent:
    """yaml
    - { type: org.example.a, source: /s, id: '1', data: 1 }
    - { type: org.example.a, source: /s, id: '2', data: 2 }
    - { type: org.example.stop, source: /s, id: '3', data: 3 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ 1, 2 ]
    """

  Scenario: until may itself wait for all of several events
    Given a workflow with definition:
    """yaml
    do:
      - hear:
          listen:
            to:
              any: [ { with: { type: org.example.a } } ]
              until: { all: [ { with: { type: org.example.x } }, { with: { type: org.example.y } } ] }
    """
    And the events are sent:
    """yaml
    - { type: org.example.x, source: /s, id: '1' }
    - { type: org.example.a, source: /s, id: '2', data: 1 }
    - { type: org.example.y, source: /s, id: '3' }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ 1 ]
    """

  Scenario: until false listens on for ever
    Given a workflow with definition:
    """yaml
    do:
      - hear:
          listen: { to: { any: [ { with: { type: org.example.a } } ], until: 'false' } }
    """
    And the events are sent:
    """yaml
    - { type: org.example.a, source: /s, id: '1', data: 1 }
    - { type: org.example.a, source: /s, id: '2', data: 2 }
    """
    When the workflow is executed
    Then the workflow should wait for "org.example.a"

  Scenario: A listening for ever ends by its timeout
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try:
            - hear:
                listen: { to: { any: [ { with: { type: org.example.a } } ], until: 'false' } }
                timeout: { after: PT1H }
          catch: { errors: { with: { status: 408 } }, do: [ { note: { set: { over: true } } } ] }
    """
    And the events are sent:
    """yaml
    - { type: org.example.a, source: /s, id: '1', data: 1 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    over: true
    """
    And it should have taken 3600000 ms

  Scenario: read envelope gives the whole event
    Given a workflow with definition:
    """yaml
    do:
      - hear: { listen: { to: { one: { with: { type: org.example.a } } }, read: envelope }, output: { as: 'map({ type, source, id, subject, data })' } }
    """
    And the events are sent:
    """yaml
    - { type: org.example.a, source: /s, id: '1', subject: me, data: { n: 1 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - { type: org.example.a, source: /s, id: '1', subject: me, data: { n: 1 } }
    """

  Scenario: read raw gives the data as it was sent, unread
    Given a workflow with definition:
    """yaml
    do:
      - hear: { listen: { to: { one: { with: { type: org.example.a } } }, read: raw } }
    """
    And the events are sent:
    """yaml
    - { type: org.example.a, source: /s, id: '1', data: { n: 1 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - '{"n":1}'
    """

  Scenario: A correlation with expect hears only events that carry the value
    Given a workflow with definition:
    """yaml
    do:
      - hear:
          listen:
            to:
              one:
                with: { type: org.example.paid }
                correlate: { order: { from: .data.orderId, expect: '${ .order.id }' } }
    """
    And given the workflow input is:
    """yaml
    order: { id: o-7 }
    """
    And the events are sent:
    """yaml
    - { type: org.example.paid, source: /s, id: '1', data: { orderId: o-6 } }
    - { type: org.example.paid, source: /s, id: '2', data: {} }
    - { type: org.example.paid, source: /s, id: '3', data: { orderId: o-7, sum: 10 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - { orderId: o-7, sum: 10 }
    """

  Scenario: A correlation's expect may be a constant
    Given a workflow with definition:
    """yaml
    do:
      - hear:
          listen:
            to: { one: { with: { type: org.example.paid }, correlate: { order: { from: .data.orderId, expect: o-7 } } } }
    """
    And the events are sent:
    """yaml
    - { type: org.example.paid, source: /s, id: '1', data: { orderId: o-6 } }
    - { type: org.example.paid, source: /s, id: '2', data: { orderId: o-7 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - { orderId: o-7 }
    """

  Scenario: A correlation without expect is bound by the first event of its name
    Given a workflow with definition:
    """yaml
    do:
      - hear:
          listen:
            to:
              all:
                - { with: { type: org.example.ordered }, correlate: { order: { from: .data.orderId } } }
                - { with: { type: org.example.paid }, correlate: { order: { from: .data.orderId } } }
    """
    And the events are sent:
    """yaml
    - { type: org.example.ordered, source: /s, id: '1', data: { orderId: o-1 } }
    - { type: org.example.paid, source: /s, id: '2', data: { orderId: o-2 } }
    - { type: org.example.paid, source: /s, id: '3', data: { orderId: o-1 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - { orderId: o-1 }
    - { orderId: o-1 }
    """

  Scenario: foreach works on each event in turn, one after the other, and gathers what output.as makes of it
    Given a workflow with definition:
    """yaml
    do:
      - hear:
          listen: { to: { any: [ { with: { type: org.example.a } } ], until: '( . | length ) == 2' } }
          foreach:
            item: event
            at: i
            do:
              - slow: { wait: PT1M }
              - twice: { set: { n: '${ $event.n * 2 }', i: '${ $i }' } }
            output: { as: '[ .i, .n ]' }
            export: { as: '{ last: . }' }
      - read: { set: { all: '${ . }', last: '${ $context.last }' } }
    """
    And the events are sent:
    """yaml
    - { type: org.example.a, source: /s, id: '1', data: { n: 1 } }
    - { type: org.example.a, source: /s, id: '2', data: { n: 5 } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    all: [ [ 0, 2 ], [ 1, 10 ] ]
    last: [ 1, 10 ]
    """
    And it should have taken 120000 ms

  Scenario: What was consumed before until held has its turn, what comes later is not consumed
    Given a workflow with definition:
    """yaml
    do:
      - hear:
          listen: { to: { any: [ { with: { type: org.example.a } } ], until: '( . | length ) == 3' } }
          foreach: { do: [ { slow: { wait: PT1M } }, { keep: { set: '${ $item }' } } ] }
      - rest: { listen: { to: { one: { with: { type: org.example.a } } } }, output: { as: '{ first: $input, rest: . }' } }
    """
    And the events are sent:
    """yaml
    - { type: org.example.a, source: /s, id: '1', data: 1 }
    - { type: org.example.a, source: /s, id: '2', data: 2 }
    - { type: org.example.a, source: /s, id: '3', data: 3 }
    - { type: org.example.a, source: /s, id: '4', data: 4 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    first: [ 1, 2, 3 ]
    rest: [ 4 ]
    """
    And it should have taken 180000 ms

  Scenario: foreach may end its listening through the context
    Given a workflow with definition:
    """yaml
    do:
      - hear:
          listen: { to: { any: [ { with: { type: org.example.a } } ], until: $context.enough } }
          foreach: { do: [ { keep: { set: { enough: '${ $item > 1 }', n: '${ $item }' } } } ], output: { as: . }, export: { as: . } }
          output: { as: 'map(.n)' }
    """
    And the events are sent:
    """yaml
    - { type: org.example.a, source: /s, id: '1', data: 1 }
    - { type: org.example.a, source: /s, id: '2', data: 2 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ 1, 2 ]
    """

  Scenario: foreach names the event item and its place index unless told otherwise
    Given a workflow with definition:
    """yaml
    do:
      - hear:
          listen: { to: { one: { with: { type: org.example.a } } } }
          foreach: { do: [ { keep: { set: { item: '${ $item }', index: '${ $index }' } } } ] }
    """
    And the events are sent:
    """yaml
    - { type: org.example.a, source: /s, id: '1', data: x }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - { item: x, index: 0 }
    """

  Scenario: An event that came before the listen, since the workflow began, is not lost
    Given a workflow with definition:
    """yaml
    do:
      - first: { wait: PT1H }
      - hear: { listen: { to: { one: { with: { type: org.example.a } } } } }
    """
    And the events are sent:
    """yaml
    - { type: org.example.a, source: /s, id: '1', data: early }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - early
    """
    And it should have taken 3600000 ms

  Scenario: An event is consumed once, so two listens take two events
    Given a workflow with definition:
    """yaml
    do:
      - first: { listen: { to: { one: { with: { type: org.example.a } } } } }
      - second: { listen: { to: { one: { with: { type: org.example.a } } } }, output: { as: '$input + .' } }
    """
    And the events are sent:
    """yaml
    - { type: org.example.a, source: /s, id: '1', data: 1 }
    - { type: org.example.a, source: /s, id: '2', data: 2 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ 1, 2 ]
    """

  Scenario: The same event sent twice counts once
    Given a workflow with definition:
    """yaml
    do:
      - hear: { listen: { to: { any: [ { with: { type: org.example.a } } ], until: '( . | length ) == 2' } } }
    """
    And the events are sent:
    """yaml
    - { type: org.example.a, source: /s, id: '1', data: 1 }
    - { type: org.example.a, source: /s, id: '1', data: 1 }
    - { type: org.example.a, source: /t, id: '1', data: 2 }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ 1, 2 ]
    """
