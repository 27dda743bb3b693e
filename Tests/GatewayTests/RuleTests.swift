import JSON
import Server
import Template
import Testing

@testable import Gateway

@Suite struct RouteSelectionTests {
  @Test(arguments: [
    ("$request.body.action", #"{"action":"chat"}"#, "chat"),
    ("$request.body.action", #"{"other":1}"#, ""),
    ("$request.body.action", #"{"action":null}"#, ""),
    ("$request.body.action", #"{"action":5}"#, "5"),
    ("$request.body.action", #"{"action":true}"#, "true"),
    ("$request.body.action", #"{"action":{"a":[1]}}"#, #"{"a":[1]}"#),
    ("$request.body.a.b", #"{"a":{"b":"deep"}}"#, "deep"),
    ("$request.body.a[1].b", #"{"a":[0,{"b":"second"}]}"#, "second"),
    ("$request.body.a[9]", #"{"a":[0]}"#, ""),
    ("${request.body.service}/${request.body.action}", #"{"service":"s","action":"a"}"#, "s/a"),
    ("${request.body.service}/x", #"{}"#, "/x"),
    (#"\$default"#, "{}", "$default"),
    ("always", "{}", "always"),
    ("$request.header.action", "{}", ""),
    ("$request.body.action", #"{"action":"a","action":"b"}"#, "b"),
    ("$request.body.action", #"{"action":"\ud800"}"#, "\u{FFFD}"),
  ])
  func `finds the key`(expression: String, message: String, key: String) {
    #expect(RouteSelection(expression).key(of: message) == key)
  }

  @Test(arguments: ["", "hello", "[1]", "5", #"{"action""#, "\"chat\""])
  func `finds none in what is no JSON object`(message: String) {
    #expect(RouteSelection("$request.body.action").key(of: message) == nil)
  }
}

@Suite struct HTTPRoutesTests {
  static let routes = HTTPRoutes(
    [
      "GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", "ANY /both",
      "GET /both", "POST /x/{a}/y", "GET /", "GET /pets/{kind}/list",
    ].map { HTTPRoute($0) } + [HTTPRoute("$default")])

  @Test(arguments: [
    // The table of the developer guide, "Create routes for HTTP APIs".
    ("GET", "/pets/dog/1", "GET /pets/dog/1"),
    ("GET", "/pets/dog/2", "GET /pets/dog/{id}"),
    ("GET", "/pets/cat/1", "GET /pets/{proxy+}"),
    ("POST", "/test/5", "ANY /{proxy+}"),
    ("GET", "/both", "GET /both"),
    ("PUT", "/both", "ANY /both"),
    ("POST", "/x/1/y", "POST /x/{a}/y"),
    ("POST", "/x//y", "ANY /{proxy+}"),
    ("GET", "/", "GET /"),
    ("POST", "/", "$default"),
    ("GET", "/pets/cat/list", "GET /pets/{kind}/list"),
    ("GET", "/pets%2Fdog/1", "ANY /{proxy+}"),
    ("GET", "/p%65ts/dog/1", "GET /pets/dog/1"),
  ])
  func `chooses`(method: String, path: String, key: String) {
    #expect(HTTPRoutesTests.routes.match(method: method, path: path)?.route.key == key)
  }

  @Test func `decodes parameters`() {
    let match = HTTPRoutesTests.routes.match(method: "GET", path: "/pets/a%20b/c%2Fd/")
    #expect(match?.parameters.map { "\($0.name)=\($0.value)" } == ["proxy=a b/c/d/"])
  }

  @Test func `finds nothing without a default`() {
    let routes = HTTPRoutes([HTTPRoute("GET /a"), HTTPRoute("GET /a/{proxy+}")])
    #expect(routes.match(method: "GET", path: "/b") == nil)
    #expect(routes.match(method: "POST", path: "/a") == nil)
    #expect(routes.match(method: "GET", path: "/a/") == nil)
    #expect(routes.match(method: "GET", path: "*") == nil)
  }
}

@Suite struct FunctionAnswerTests {
  func http(_ text: String) -> FunctionAnswer? { FunctionAnswer.http(Array(text.utf8)) }

  @Test func `takes any JSON without a status as the body`() throws {
    for text in [#"{"a": 1}"#, "[1]", "\"text\"", "5", "null"] {
      let answer = try #require(http(text))
      #expect(answer.status == 200)
      #expect(answer.body == Array(text.utf8))
      #expect(answer.headers.map(\.name) == ["content-type"])
    }
  }

  @Test func `takes status, headers, cookies and body`() throws {
    let answer = try #require(
      http(
        #"{"statusCode":201,"headers":{"X-A":"1","X-B":2,"X-C":true},"cookies":["a=1","b=2"],"body":"YQ==","isBase64Encoded":true}"#
      ))
    #expect(answer.status == 201)
    #expect(answer.headers.map { "\($0.name)=\($0.value)" } == ["X-A=1", "X-B=2", "X-C=true"])
    #expect(answer.cookies == ["a=1", "b=2"])
    #expect(answer.body == [0x61])
    let response = HTTPResponse(answer)
    #expect(response.headers.values(of: "Set-Cookie") == ["a=1", "b=2"])
    #expect(response.headers["Content-Type"] == "text/plain;charset=UTF-8")
  }

  @Test(arguments: [
    "", "{", #"{"statusCode":"x"}"#, #"{"statusCode":99}"#, #"{"statusCode":1000}"#,
    #"{"statusCode":101}"#, #"{"statusCode":200,"body":{}}"#,
    #"{"statusCode":200,"headers":{"a":[]}}"#,
    #"{"statusCode":200,"body":"*","isBase64Encoded":true}"#,
    #"{"statusCode":200,"cookies":[1]}"#,
  ])
  func `refuses`(text: String) {
    #expect(http(text) == nil)
  }

  @Test func `wants a status of a WebSocket route`() {
    #expect(FunctionAnswer.proxy(Array("{}".utf8)) == nil)
    #expect(FunctionAnswer.proxy(Array("null".utf8)) == nil)
    #expect(FunctionAnswer.proxy(Array(#"{"statusCode":200}"#.utf8))?.status == 200)
  }
}

@Suite struct AccessPolicyTests {
  func policy(_ statements: String) throws -> AccessPolicy? {
    AccessPolicy(try JSONValue(parsing: #"{"Version":"2012-10-17","Statement":\#(statements)}"#))
  }

  static let arn = "arn:aws:execute-api:us-east-1:000000000000:api/prod/$connect"

  @Test func `lets a denial win`() throws {
    let allow = #"{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*"}"#
    let deny = #"{"Effect":"Deny","Action":["execute-api:*"],"Resource":["*/prod/*"]}"#
    #expect(try policy(allow)?.allows("execute-api:Invoke", on: AccessPolicyTests.arn) == true)
    #expect(
      try policy("[\(allow),\(deny)]")?.allows("execute-api:Invoke", on: AccessPolicyTests.arn)
        == false)
    #expect(try policy("[]")?.allows("execute-api:Invoke", on: AccessPolicyTests.arn) == false)
  }

  @Test func `is no policy without its parts`() throws {
    #expect(AccessPolicy(nil) == nil)
    #expect(try policy(#"{"Effect":"Maybe","Action":"a","Resource":"*"}"#) == nil)
    #expect(try policy(#"{"Effect":"Allow","Action":"a"}"#) == nil)
    #expect(try policy(#"{"Effect":"Allow","Action":[1],"Resource":"*"}"#) == nil)
  }

  @Test(arguments: [
    ("*", "anything", true), ("a*c", "abbc", true), ("a*c", "abbd", false), ("a?c", "abc", true),
    ("a?c", "ac", false), ("", "", true), ("", "a", false), ("*a*b*", "xxaxxbxx", true),
    ("**", "", true), ("a", "ab", false),
  ])
  func `matches wildcards`(pattern: String, text: String, expected: Bool) {
    #expect(AccessPolicy.matches(pattern, text) == expected)
  }

  @Test func `does not blow up on many stars`() {
    let pattern = String(repeating: "*a", count: 500) + "b"
    let start = ContinuousClock.now
    #expect(!AccessPolicy.matches(pattern, String(repeating: "a", count: 5000)))
    #expect(ContinuousClock.now - start < .seconds(5))
  }
}

@Suite struct HostRulesTests {
  @Test(
    arguments: [
      ("127.0.0.1:3000", nil, true), ("localhost:3000", nil, true), ("LOCALHOST", nil, true),
      ("martletws1.localhost:3000", nil, true), ("[::1]:3000", nil, true), ("127.9.9.9", nil, true),
      ("evil.example:3000", nil, false), ("127.0.0.1.evil.example", nil, false),
      ("localhost.evil.example", nil, false), ("192.168.0.1", nil, false), ("", nil, false),
      ("127.0.0.1:3000", "http://127.0.0.1:3000", true),
      ("127.0.0.1:3000", "http://evil.example", false), ("127.0.0.1:3000", "null", false),
      ("127.0.0.1:3000", "http://127.0.0.1:8080", false),
    ] as [(String, String?, Bool)])
  func `knows who asks`(host: String, origin: String?, expected: Bool) {
    var headers: HTTPHeaders = ["Host": host]
    if let origin { headers.append("Origin", origin) }
    let request = HTTPRequest(method: "GET", target: "/_martlet/", headers: headers)
    #expect(HostRules.allows(request, trusted: []) == expected)
  }

  @Test func `trusts names it is told`() {
    let request = HTTPRequest(method: "GET", target: "/", headers: ["Host": "my.test:1"])
    #expect(HostRules.allows(request, trusted: ["my.test"]))
  }
}

@Suite struct CORSRulesTests {
  static func rules(_ edit: (inout CORS) -> Void = { _ in }) -> CORSRules {
    var cors = CORS()
    cors.origins = ["https://a.example", "https://*.b.example"]
    cors.methods = ["GET", "POST"]
    cors.headers = ["authorization"]
    cors.exposedHeaders = ["x-id"]
    cors.allowsCredentials = true
    cors.maxAge = 60
    edit(&cors)
    return CORSRules(cors)
  }

  func preflight(_ origin: String, _ method: String) -> HTTPResponse? {
    CORSRulesTests.rules().preflight(
      HTTPRequest(
        method: "OPTIONS", target: "/",
        headers: ["Origin": origin, "Access-Control-Request-Method": method]))
  }

  @Test func `answers a preflight`() throws {
    let answer = try #require(preflight("https://a.example", "POST"))
    #expect(answer.status == 204)
    #expect(answer.headers["Access-Control-Allow-Origin"] == "https://a.example")
    #expect(answer.headers["Access-Control-Allow-Methods"] == "GET,POST")
    #expect(answer.headers["Access-Control-Allow-Headers"] == "authorization")
    #expect(answer.headers["Access-Control-Max-Age"] == "60")
    #expect(answer.headers["Access-Control-Allow-Credentials"] == "true")
    #expect(answer.headers["Vary"] == "origin")
  }

  @Test func `says nothing to others`() throws {
    for (origin, method) in [
      ("https://evil.example", "GET"), ("https://a.example", "DELETE"),
      ("https://a.example.evil", "GET"), ("https://b.example", "GET"),
    ] {
      let answer = try #require(preflight(origin, method))
      #expect(answer.headers.isEmpty)
    }
    #expect(preflight("https://x.b.example", "GET")?.headers.isEmpty == false)
    #expect(
      CORSRulesTests.rules().preflight(HTTPRequest(method: "OPTIONS", target: "/")) == nil)
  }

  @Test func `replaces what the function says`() {
    var response = HTTPResponse(
      status: 200, headers: ["Access-Control-Allow-Origin": "*", "X-Id": "1"])
    let request = HTTPRequest(
      method: "GET", target: "/", headers: ["Origin": "https://a.example"])
    CORSRulesTests.rules().apply(to: &response, for: request)
    #expect(response.headers.values(of: "Access-Control-Allow-Origin") == ["https://a.example"])
    #expect(response.headers["Access-Control-Expose-Headers"] == "x-id")
    #expect(response.headers["X-Id"] == "1")
    let open = CORSRulesTests.rules {
      $0.origins = ["*"]
      $0.allowsCredentials = false
    }
    open.apply(to: &response, for: request)
    #expect(response.headers.values(of: "Access-Control-Allow-Origin") == ["*"])
  }
}
