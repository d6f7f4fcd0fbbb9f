Feature: retry

  # dsl-reference.md "Retry", "Retry Limit", "Backoff", "Jitter"

  Scenario: A failing task is tried again until it succeeds
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try:
            - count: { set: '${ { n: (($context.n // 0) + 1) } }', export: { as: . } }
            - fails: { if: .n < 3, raise: { error: { type: https://example.org/a, status: 503 } } }
          catch: { retry: { delay: { seconds: 2 } } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 3
    """
    And count should run 3 times
    And it should have taken 4000 ms

  Scenario: After limit.attempt.count retries the catch tasks run with the last error
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try: [ { fails: { raise: { error: { type: https://example.org/a, status: 503 } } } } ]
          catch:
            retry: { delay: PT1S, limit: { attempt: { count: 3 } } }
            do: [ { gaveUp: { set: { status: '${ $error.status }' } } } ]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    status: 503
    """
    And fails should run 4 times
    And it should have taken 3000 ms

  Scenario: Retried in vain without catch tasks the error goes up
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try: [ { fails: { raise: { error: { type: https://example.org/a, status: 503 } } } } ]
          catch: { retry: { delay: PT1S, limit: { attempt: { count: 2 } } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://example.org/a
    status: 503
    """
    And fails should run 3 times

  Scenario: Constant back-off keeps the delay
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try: [ { fails: { raise: { error: { type: https://example.org/a, status: 503 } } } } ]
          catch: { retry: { delay: PT3S, backoff: { constant: {} }, limit: { attempt: { count: 4 } } } }
    """
    When the workflow is executed
    Then the workflow should fault
    And it should have taken 12000 ms

  Scenario: Linear back-off grows by the delay
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try: [ { fails: { raise: { error: { type: https://example.org/a, status: 503 } } } } ]
          catch: { retry: { delay: PT1S, backoff: { linear: {} }, limit: { attempt: { count: 4 } } } }
    """
    When the workflow is executed
    Then the workflow should fault
    And it should have taken 10000 ms

  Scenario: Exponential back-off doubles
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try: [ { fails: { raise: { error: { type: https://example.org/a, status: 503 } } } } ]
          catch: { retry: { delay: PT1S, backoff: { exponential: {} }, limit: { attempt: { count: 4 } } } }
    """
    When the workflow is executed
    Then the workflow should fault
    And it should have taken 15000 ms

  Scenario: Jitter adds to each delay between its bounds
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try: [ { fails: { raise: { error: { type: https://example.org/a, status: 503 } } } } ]
          catch: { retry: { delay: PT1S, jitter: { from: PT1S, to: PT2S }, limit: { attempt: { count: 2 } } } }
    """
    When the workflow is executed
    Then the workflow should fault
    And it should have taken from 4000 to 6000 ms

  Scenario: Without a delay the retry comes at once
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try: [ { fails: { raise: { error: { type: https://example.org/a, status: 503 } } } } ]
          catch: { retry: { limit: { attempt: { count: 2 } } } }
    """
    When the workflow is executed
    Then the workflow should fault
    And fails should run 3 times
    And it should have taken 0 ms

  Scenario: limit.attempt.duration interrupts an attempt that takes too long
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try:
            - count: { set: '${ { n: (($context.n // 0) + 1) } }', export: { as: . } }
            - slow: { if: .n < 3, wait: PT1H }
            - done: { set: { n: '${ $context.n }' } }
          catch: { retry: { delay: PT1S, limit: { attempt: { duration: PT10S, count: 5 } } } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 3
    """
    And it should have taken 22000 ms

  Scenario: limit.duration ends the retries when the time is over
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try: [ { fails: { raise: { error: { type: https://example.org/a, status: 503 } } } } ]
          catch: { retry: { delay: PT4S, limit: { duration: PT10S } }, do: [ { gaveUp: { set: { v: 1 } } } ] }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    v: 1
    """
    And fails should run 3 times
    And it should have taken from 8000 to 10000 ms

  Scenario: A retry policy has its own when, asked with the error
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try:
            - count: { set: '${ { n: (($context.n // 0) + 1) } }', export: { as: . } }
            - busy: { if: .n < 3, raise: { error: { type: https://example.org/a, status: 503 } } }
            - fails: { raise: { error: { type: https://example.org/a, status: 500 } } }
          catch:
            retry: { when: '$error.status == 503', delay: PT1S }
            do: [ { gaveUp: { set: { status: '${ $error.status }' } } } ]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    status: 500
    """
    And busy should run 2 times
    And fails should run 1 time

  Scenario: A retry policy has its own exceptWhen
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try: [ { fails: { raise: { error: { type: https://example.org/a, status: 503 } } } } ]
          catch:
            as: e
            retry: { exceptWhen: '$e.status == 503', delay: PT1S }
            do: [ { gaveUp: { set: { v: gave up } } } ]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    v: gave up
    """
    And fails should run 1 time

  Scenario: A retry policy may be named under use.retries
    Given a workflow with definition:
    """yaml
    use:
      retries:
        thrice: { delay: { milliseconds: 500 }, limit: { attempt: { count: 3 } } }
    do:
      - guarded:
          try: [ { fails: { raise: { error: { type: https://example.org/a, status: 503 } } } } ]
          catch: { retry: thrice }
    """
    When the workflow is executed
    Then the workflow should fault
    And fails should run 4 times
    And it should have taken 1500 ms

  Scenario: An error outside the filter is not retried
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try: [ { fails: { raise: { error: { type: https://example.org/a, status: 400 } } } } ]
          catch: { errors: { with: { status: 503 } }, retry: { delay: PT1S } }
    """
    When the workflow is executed
    Then the workflow should fault
    And fails should run 1 time

  Scenario: Each attempt begins on the try's own input
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try:
            - count: { set: '${ . + { n: (.n + 1) } }', export: { as: '{ tries: (($context.tries // 0) + 1) }' } }
            - fails: { if: '$context.tries < 3', raise: { error: { type: https://example.org/a, status: 503 } } }
          catch: { retry: { delay: PT1S } }
    """
    And given the workflow input is:
    """yaml
    n: 10
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 11
    """
    And count should run 3 times

  Scenario: A service that answers 503 twice is called three times
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try:
            - ask: { call: http, with: { method: get, endpoint: 'http://services.example.org/flaky/2/retry-feature' } }
          catch:
            errors: { with: { type: https://serverlessworkflow.io/spec/1.0.0/errors/communication, status: 503 } }
            retry: { delay: PT3S, backoff: { linear: {} }, limit: { attempt: { count: 5 } } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    tries: 3
    """
    And ask should run 3 times
