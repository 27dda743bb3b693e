import Events
import Foundation
import Support
import Testing

private func fixture<Event: Decodable>(_ type: Event.Type, _ name: String) throws -> Event {
  try JSONDecoder().decode(
    type, from: Data(try Project.bytes("Tests/EventsTests/Fixtures/\(name).json")))
}

private func decode<Event: Decodable>(_ type: Event.Type, _ text: String) throws -> Event {
  try JSONDecoder().decode(type, from: Data(text.utf8))
}

@Suite struct EventTests {
  @Test func `a message carries connection, body and no headers`() throws {
    let event = try fixture(WebSocketEvent.self, "apigw-websocket-request-send-message")
    #expect(event.requestContext.eventType == .message)
    #expect(event.connectionID == "R1kmxc2VNjMCFIA=")
    #expect(event.headers == nil)
    #expect(event.bodyText == "{\r\n\t\"a\": 1\r\n}")
  }

  @Test func `a disconnect tells code and reason`() throws {
    let event = try fixture(WebSocketEvent.self, "apigw-websocket-request-disconnect-route")
    #expect(event.requestContext.disconnectStatusCode == 1005)
    #expect(event.requestContext.disconnectReason == "Client-side close frame status not set")
    #expect(event.bodyBytes == [])
  }

  @Test func `headers are found whatever their case`() {
    let headers = ["Authorization": "Bearer x", "origin": "https://a"]
    #expect(headers.header("authorization") == "Bearer x")
    #expect(headers.header("Origin") == "https://a")
    #expect(headers.header("cookie") == nil)
  }

  @Test func `a base64 body becomes its bytes`() throws {
    let context = try fixture(HTTPEvent.self, "apigw-v2-request-no-authorizer").requestContext
    func event(_ body: String) -> HTTPEvent {
      HTTPEvent(
        routeKey: "POST /", rawPath: "/", requestContext: context, body: body,
        isBase64Encoded: true)
    }
    #expect(event("aGVsbG8=").bodyText == "hello")
    #expect(event("AP8=").bodyBytes == [0, 255])
    #expect(event("AP8=").bodyText == nil)
    #expect(event("a").bodyBytes == nil)
    #expect(event("aGVs*G8=").bodyBytes == nil)
    #expect(event("====").bodyBytes == nil)
  }

  @Test func `bytes in a response are base64 of RFC 4648`() {
    // RFC 4648 §10.
    for (text, encoded) in [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
      ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ] {
      let response = GatewayResponse(statusCode: 200, bytes: Array(text.utf8))
      #expect(response.body == encoded)
      #expect(response.isBase64Encoded == true)
    }
  }

  @Test func `claims and contexts are read`() throws {
    let jwt = try fixture(HTTPEvent.self, "apigw-v2-request-jwt-authorizer")
    #expect(jwt.requestContext.authorizer?.jwt?.claims["claim1"] == "value1")
    #expect(jwt.requestContext.authorizer?.jwt?.scopes == ["scope1", "scope2"])
    let rest = try fixture(RESTEvent.self, "apigw-request")
    #expect(rest.requestContext.authorizer?["clientId"] == 1)
  }

  @Test func `a required field that is missing is named`() throws {
    #expect {
      try decode(
        WebSocketEvent.self,
        #"{"requestContext":{"routeKey":"chat","eventType":"MESSAGE"},"isBase64Encoded":false}"#)
    } throws: { error in
      guard case DecodingError.keyNotFound(let key, _) = error else { return false }
      return key.stringValue == "connectionId"
    }
  }

  @Test func `a policy's action may stand alone`() throws {
    let text = #"""
      {"principalId":"me","policyDocument":{"Version":"2012-10-17","Statement":
      [{"Action":"execute-api:Invoke","Effect":"Allow","Resource":"*"}]}}
      """#
    let response = try decode(PolicyAuthorizerResponse.self, text)
    #expect(response.policyDocument.statements.first?.actions == ["execute-api:Invoke"])
    #expect(response.policyDocument.statements.first?.resources == ["*"])
  }

  @Test func `both spellings of a topic's addresses are read`() throws {
    let text = try Project.text("Tests/EventsTests/Fixtures/guide-topic.json")
    let other = text.replacing("CertUrl", with: "CertURL").replacing(
      "UnsubscribeUrl", with: "UnsubscribeURL")
    #expect(try decode(TopicEvent.self, other) == decode(TopicEvent.self, text))
  }
}

@Suite struct AttributeValueTests {
  @Test func `literals make the types they look like`() {
    let item: Item = ["name": "Ana", "age": 35, "on": true, "list": ["a", 1], "map": ["k": "v"]]
    #expect(item["name"] == .string("Ana"))
    #expect(item["age"] == .number("35"))
    #expect(item["on"] == .boolean(true))
    #expect(item["list"] == .list([.string("a"), .number("1")]))
    #expect(item["map"]?["k"]?.string == "v")
  }

  @Test func `a number of 38 digits is kept`() throws {
    let digits = "12345678901234567890123456789012345678"
    let value = try decode(AttributeValue.self, #"{"N":"\#(digits)"}"#)
    #expect(value.number == digits)
    #expect(value.int == nil)
    let text = String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    #expect(text == #"{"N":"\#(digits)"}"#)
  }

  @Test func `sets are encoded sorted`() throws {
    let value = AttributeValue.stringSet(["b", "a", "c"])
    let text = String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    #expect(text == #"{"SS":["a","b","c"]}"#)
    let bytes = AttributeValue.binarySet([[2], [1, 0]])
    #expect(
      String(decoding: try JSONEncoder().encode(bytes), as: UTF8.self)
        == #"{"BS":["AQA=","Ag=="]}"#)
  }

  @Test(arguments: [
    "{}", #"{"S":"a","N":"1"}"#, #"{"X":"a"}"#, #"{"S":1}"#, #"{"NULL":false}"#, #"{"B":"a"}"#,
    #"{"BOOL":"true"}"#, #"{"L":{}}"#, #"{"M":[]}"#, #"{"SS":[1]}"#, #"{"S":null}"#, "[]", "null",
  ]) func `refuses what is no attribute value`(_ text: String) {
    #expect(throws: DecodingError.self) { try decode(AttributeValue.self, text) }
  }

  @Test func `members that are null do not count`() throws {
    let value = try decode(AttributeValue.self, #"{"B":null,"NULL":null,"S":"x","SS":null}"#)
    #expect(value == "x")
  }

  @Test func `infinities and NaN are no numbers`() {
    #expect(AttributeValue(Double.infinity) == nil)
    #expect(AttributeValue(Double.nan) == nil)
    #expect(AttributeValue(1.5) == .number("1.5"))
    #expect(AttributeValue(UInt64.max) == .number("18446744073709551615"))
  }
}
