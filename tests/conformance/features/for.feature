Feature: for

  # dsl-reference.md "For"

  Scenario: Every item is visited in order under the default names item and index
    Given a workflow with definition:
    """yaml
    do:
      - each:
          for: { in: .list }
          do:
            - add: { set: { list: '${ .list }', seen: '${ (.seen // []) + [ "\($index)\($item)" ] }' } }
      - only: { set: '${ .seen }' }
    """
    And given the workflow input is:
    """yaml
    list: [ a, b, c ]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    [ 0a, 1b, 2c ]
    """
    And add should run 3 times

  Scenario: each and at name the item and its index
    Given a workflow with definition:
    """yaml
    do:
      - each:
          for: { each: pet, at: place, in: .pets }
          do:
            - add: { set: { pets: '${ .pets }', sum: '${ (.sum // 0) + $pet * $place }' } }
      - only: { set: '${ .sum }' }
    """
    And given the workflow input is:
    """yaml
    pets: [ 5, 6, 7 ]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    20
    """

  Scenario: Loops nest, and the inner one still sees the outer one's names
    Given a workflow with definition:
    """yaml
    do:
      - rows:
          for: { each: row, in: '[ 1, 2 ]' }
          do:
            - columns:
                for: { each: column, in: '[ 10, 20 ]' }
                do:
                  - cell: { set: { cells: '${ (.cells // []) + [ $row * $column ] }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    cells: [ 10, 20, 20, 40 ]
    """

  Scenario: while is asked before each turn and ends the loop when it does not hold
    Given a workflow with definition:
    """yaml
    do:
      - each:
          for: { in: .list }
          while: '(.sum // 0) < 6'
          do:
            - add: { set: { list: '${ .list }', sum: '${ (.sum // 0) + $item }' } }
      - only: { set: '${ .sum }' }
    """
    And given the workflow input is:
    """yaml
    list: [ 3, 3, 3, 3 ]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    6
    """
    And add should run 2 times

  Scenario: An empty collection gives the loop's input back
    Given a workflow with definition:
    """yaml
    do:
      - each: { for: { in: .list }, do: [ { add: { set: { never: true } } } ] }
    """
    And given the workflow input is:
    """yaml
    list: []
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    list: []
    """

  @beyond-schema
  Scenario: A collection may be written out as a list
    Given a workflow with definition:
    """yaml
    do:
      - each:
          for: { in: [ { n: 1 }, { n: 2 } ] }
          do:
            - add: { set: { sum: '${ (.sum // 0) + $item.n }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    sum: 3
    """

  Scenario: The collection is taken once, when the loop begins
    Given a workflow with definition:
    """yaml
    do:
      - each:
          for: { in: .list }
          do:
            - grow: { set: { list: '${ .list + [ 0 ] }' } }
      - only: { set: '${ .list | length }' }
    """
    And given the workflow input is:
    """yaml
    list: [ 1, 2 ]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    4
    """

  Scenario: A collection that is no list raises an error at the loop
    Given a workflow with definition:
    """yaml
    do:
      - each: { for: { in: .n }, do: [ { add: { set: { never: true } } } ] }
    """
    And given the workflow input is:
    """yaml
    n: 5
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 400
    instance: /do/0/each
    """

  Scenario: exit leaves the turn, and the loop goes on with the next item
    Given a workflow with definition:
    """yaml
    do:
      - each:
          for: { in: '[ 1, 2, 3 ]' }
          do:
            - skip: { switch: [ { two: { when: '$item == 2', then: exit } } ] }
            - add: { set: { seen: '${ (.seen // []) + [ $item ] }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    seen: [ 1, 3 ]
    """

  Scenario: A loop may wait in every turn
    Given a workflow with definition:
    """yaml
    do:
      - each:
          for: { in: '[ 1, 2, 3 ]' }
          do:
            - pause: { wait: '${ "PT\($item)S" }' }
            - add: { set: { sum: '${ (.sum // 0) + $item }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    sum: 6
    """
    And it should have taken 6000 ms

  Scenario: Ten thousand turns run in one go
    Given a workflow with definition:
    """yaml
    do:
      - each:
          for: { in: '[ range(10000) ]' }
          do:
            - add: { set: { sum: '${ (.sum // 0) + $item }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    sum: 49995000
    """
