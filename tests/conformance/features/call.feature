Feature: call

  # dsl-reference.md "HTTP Call", "HTTP Response", "URI Template", "Authentication"

  Scenario: Headers, query and body go out as they are given, expressions evaluated
    Given a workflow with definition:
    """yaml
    do:
      - ask:
          call: http
          with:
            method: post
            endpoint: http://services.example.org/echo/here
            headers: { X-Club: '${ .club }' }
            query: { page: '${ .page }', q: a b&c }
            body: { list: [ '${ .page + 1 }' ], fixed: true }
          output: { as: '{ method, path, query, body, club: .headers["x-club"], type: .headers["content-type"] }' }
    """
    And given the workflow input is:
    """yaml
    club: dure
    page: 2
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    method: POST
    path: /echo/here
    query: { page: '2', q: a b&c }
    body: { list: [ 3 ], fixed: true }
    club: dure
    type: application/json
    """

  Scenario: A URI written as text is a template on the task's input, percent-encoded, empty where nothing is found
    Given a workflow with definition:
    """yaml
    do:
      - ask:
          call: http
          with: { method: get, endpoint: 'http://services.example.org/echo/{who}/{n}/{nobody}x?q={who}' }
          output: { as: '{ path, query }' }
    """
    And given the workflow input is:
    """yaml
    who: 두레 a/b
    n: 5
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    path: /echo/%EB%91%90%EB%A0%88%20a%2Fb/5/x
    query: { q: 두레 a/b }
    """

  Scenario: A template's variable of another kind than text, number, boolean or null raises an expression error
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, endpoint: 'http://services.example.org/echo/{who}' } }
    """
    And given the workflow input is:
    """yaml
    who: { name: x }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://serverlessworkflow.io/spec/1.0.0/errors/expression
    status: 400
    instance: /do/0/ask
    """

  Scenario: A URI may be an expression
    Given a workflow with definition:
    """yaml
    do:
      - ask:
          call: http
          with: { method: get, endpoint: '${ .base + "/echo/x" }' }
          output: { as: .path }
    """
    And given the workflow input is:
    """yaml
    base: HERE
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    instance: /do/0/ask
    """

  Scenario: output response gives status, headers, content and the request
    Given a workflow with definition:
    """yaml
    do:
      - ask:
          call: http
          with: { method: get, endpoint: 'http://services.example.org/status/201', output: response }
          output: { as: '{ statusCode, content, method: (.request.method | ascii_downcase), uri: (.request.uri | endswith("/status/201")), type: .headers["content-type"] }' }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    statusCode: 201
    content: { said: as asked }
    method: get
    uri: true
    type: application/json
    """

  Scenario: output raw gives the body in base 64
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, endpoint: 'http://services.example.org/text/hello', output: raw } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    aGVsbG8=
    """

  Scenario: Content that is plain text comes as text
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, endpoint: 'http://services.example.org/text/%EB%91%90%EB%A0%88' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    두레
    """

  Scenario: A status that is no success raises a communication error of that status
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, endpoint: 'http://services.example.org/status/404' } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://serverlessworkflow.io/spec/1.0.0/errors/communication
    status: 404
    instance: /do/0/ask
    """

  Scenario: A redirection is an error unless redirect is set
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, endpoint: 'http://services.example.org/redirect/status/200' } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://serverlessworkflow.io/spec/1.0.0/errors/communication
    status: 302
    """

  # "If set to true, they must raise an error for response status codes outside the 200–399 range"
  Scenario: With redirect a redirection is no error
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, endpoint: 'http://services.example.org/redirect/status/200', redirect: true, output: response }, output: { as: .statusCode } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    302
    """

  Scenario: An empty answer is null
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: delete, endpoint: 'http://services.example.org/empty' } }
      - wrap: { set: { got: '${ . }' } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    got: null
    """

  Scenario: A body that breaks off is a communication error
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, endpoint: 'http://services.example.org/broken' } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://serverlessworkflow.io/spec/1.0.0/errors/communication
    """

  Scenario: Nobody at the address is a communication error
    Given a workflow with definition:
    """yaml
    do:
      - ask: { call: http, with: { method: get, endpoint: 'http://127.0.0.1:1/' } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://serverlessworkflow.io/spec/1.0.0/errors/communication
    instance: /do/0/ask
    """

  Scenario: Basic authentication inline
    Given a workflow with definition:
    """yaml
    do:
      - ask:
          call: http
          with:
            method: get
            endpoint: { uri: 'http://services.example.org/basic-auth/me/pw', authentication: { basic: { username: me, password: pw } } }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { authenticated: true, user: me }
    """

  Scenario: Bearer authentication named under use.authentications
    Given a workflow with definition:
    """yaml
    use: { authentications: { club: { bearer: { token: '${ .token }' } } } }
    do:
      - ask:
          call: http
          with: { method: get, endpoint: { uri: 'http://services.example.org/bearer/t0ken', authentication: { use: club } } }
    """
    And given the workflow input is:
    """yaml
    token: t0ken
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    authenticated: true
    """

  Scenario: Basic authentication from a secret
    Given a workflow with definition:
    """yaml
    use: { secrets: [ password ], authentications: { club: { basic: { username: me, password: '${ $secrets.password }' } } } }
    do:
      - ask:
          call: http
          with: { method: get, endpoint: { uri: 'http://services.example.org/basic-auth/me/pw', authentication: { use: club } } }
    """
    And the secrets are:
    """yaml
    password: pw
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    { authenticated: true, user: me }
    """

  Scenario: Refused credentials are an error of status 401
    Given a workflow with definition:
    """yaml
    do:
      - ask:
          call: http
          with:
            method: get
            endpoint: { uri: 'http://services.example.org/basic-auth/me/pw', authentication: { basic: { username: me, password: wrong } } }
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 401
    instance: /do/0/ask
    """

  Scenario: A function under use.functions is called by its name on the task input
    Given a workflow with definition:
    """yaml
    use:
      functions:
        ask: { call: http, with: { method: get, endpoint: 'http://services.example.org/echo/{who}' } }
    do:
      - first: { call: ask, output: { as: '{ path }' } }
    """
    And given the workflow input is:
    """yaml
    who: me
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    path: /echo/me
    """

  Scenario: A function of any kind may be called by name on the input given with it
    Given a workflow with definition:
    """yaml
    use:
      functions:
        double: { set: { twice: '${ .n * 2 }' } }
    do:
      - first: { call: double, with: { n: '${ .m + 1 }' } }
    """
    And given the workflow input is:
    """yaml
    m: 4
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    twice: 10
    """

  Scenario: A function nobody has is refused before anything runs
    Given a workflow with definition:
    """yaml
    use: { functions: { double: { set: { twice: 2 } } } }
    do:
      - first: { call: duoble }
    """
    When the workflow is executed
    Then the definition should be refused with "double"
