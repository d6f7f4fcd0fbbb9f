Feature: wait

  # dsl-reference.md "Wait", "Duration"

  Scenario: An ISO 8601 duration
    Given a workflow with definition:
    """yaml
    do:
      - pause: { wait: PT1H2M3.004S }
    """
    When the workflow is executed
    Then the workflow should complete
    And it should have taken 3723004 ms

  Scenario: A duration by its parts, which add up
    Given a workflow with definition:
    """yaml
    do:
      - pause: { wait: { days: 1, hours: 2, minutes: 3, seconds: 4, milliseconds: 5 } }
    """
    When the workflow is executed
    Then the workflow should complete
    And it should have taken 93784005 ms

  Scenario: A duration that an expression gives
    Given a workflow with definition:
    """yaml
    do:
      - pause: { wait: '${ "PT\(.n)S" }' }
    """
    And given the workflow input is:
    """yaml
    n: 7
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    n: 7
    """
    And it should have taken 7000 ms

  Scenario: A wait gives its input back and is started before and completed after its time
    Given a workflow with definition:
    """yaml
    do:
      - pause: { wait: PT1S }
      - after: { set: { v: '${ .v + 1 }' } }
    """
    And given the workflow input is:
    """yaml
    v: 1
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    v: 2
    """
    And pause should complete

  Scenario: A wait of nothing goes on at once
    Given a workflow with definition:
    """yaml
    do:
      - pause: { wait: PT0S }
    """
    When the workflow is executed
    Then the workflow should complete
    And it should have taken 0 ms

  Scenario: An expression that gives no duration faults at the wait
    Given a workflow with definition:
    """yaml
    do:
      - pause: { wait: '${ .n }' }
    """
    And given the workflow input is:
    """yaml
    n: soon
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 400
    instance: /do/0/pause
    """

  Scenario: A duration written wrongly is refused before anything runs
    Given a workflow with definition:
    """yaml
    do:
      - pause: { wait: 5 minutes }
    """
    When the workflow is executed
    Then the definition should be refused with "5 minutes"
