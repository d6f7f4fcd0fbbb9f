Feature: timeout

  # dsl.md "Timeouts"; dsl-reference.md "Timeout"

  Scenario: A task that takes too long faults with a timeout error of status 408
    Given a workflow with definition:
    """yaml
    do:
      - slow: { wait: PT1H, timeout: { after: { minutes: 1 } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://serverlessworkflow.io/spec/1.0.0/errors/timeout
    status: 408
    instance: /do/0/slow
    """
    And it should have taken 60000 ms

  Scenario: A task that ends in time is left alone
    Given a workflow with definition:
    """yaml
    do:
      - quick: { wait: PT59S, timeout: { after: PT1M } }
      - after: { wait: PT1H }
    """
    When the workflow is executed
    Then the workflow should complete
    And it should have taken 3659000 ms

  Scenario: The timeout of a list covers all of its tasks together
    Given a workflow with definition:
    """yaml
    do:
      - list:
          do:
            - one: { wait: PT40S }
            - two: { wait: PT40S }
          timeout: { after: PT1M }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 408
    instance: /do/0/list
    """
    And it should have taken 60000 ms

  Scenario: A timeout is caught as any error
    Given a workflow with definition:
    """yaml
    do:
      - guarded:
          try: [ { slow: { wait: PT1H, timeout: { after: PT1M } } } ]
          catch:
            errors: { with: { type: https://serverlessworkflow.io/spec/1.0.0/errors/timeout } }
            do: [ { note: { set: { late: '${ $error.status }' } } } ]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    late: 408
    """

  Scenario: A timeout may be named under use.timeouts
    Given a workflow with definition:
    """yaml
    use: { timeouts: { short: { after: PT5S } } }
    do:
      - slow: { wait: PT1H, timeout: short }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 408
    """
    And it should have taken 5000 ms

  Scenario: The workflow's own timeout interrupts whatever runs and no try catches it
    Given a workflow with definition:
    """yaml
    timeout: { after: { seconds: 30 } }
    do:
      - guarded:
          try: [ { slow: { wait: { seconds: 60 } } } ]
          catch: { do: [ { hidden: { set: { v: caught } } } ] }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://serverlessworkflow.io/spec/1.0.0/errors/timeout
    status: 408
    """
    And hidden should not run
    And it should have taken 30000 ms

  Scenario: The workflow's timeout may be named
    Given a workflow with definition:
    """yaml
    use: { timeouts: { short: { after: PT5S } } }
    timeout: short
    do:
      - slow: { wait: PT1H }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 408
    """
    And it should have taken 5000 ms

  Scenario: A timeout may be an expression
    Given a workflow with definition:
    """yaml
    do:
      - slow: { wait: PT1H, timeout: { after: '${ .patience }' } }
    """
    And given the workflow input is:
    """yaml
    patience: PT7S
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 408
    """
    And it should have taken 7000 ms

  Scenario: At the very instant of the timeout what ends has ended
    Given a workflow with definition:
    """yaml
    do:
      - both:
          fork:
            branches:
              - edge: { wait: PT1M, timeout: { after: PT60.001S } }
    """
    When the workflow is executed
    Then the workflow should complete
