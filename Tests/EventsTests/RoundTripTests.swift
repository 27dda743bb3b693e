import Events
import Foundation
import Support
import Testing

/// Decodes a fixture, encodes it again, and finds nothing lost and nothing made up.
private func roundTrip<Event: Codable>(
  _ type: Event.Type, _ name: String, without extra: Set<String> = [],
  replacing texts: [String: String] = [:]
) throws {
  var text = try Project.text("Tests/EventsTests/Fixtures/\(name).json")
  for (old, new) in texts { text = text.replacing(old, with: new) }
  let event = try JSONDecoder().decode(type, from: Data(text.utf8))
  let again = try JSONEncoder().encode(event)
  var expected = try tree(Data(text.utf8))
  if case .object(var members) = expected {
    for name in extra { members[name] = nil }
    expected = .object(members)
  }
  #expect(try tree(again) == expected, "\(name)")
  let twice = try JSONEncoder().encode(try JSONDecoder().decode(type, from: again))
  #expect(try tree(twice) == expected, "\(name), a second time")
}

/// The JSON as a value in which a null member and an absent one are the same.
private func tree(_ data: Data) throws -> EventValue {
  withoutNulls(try JSONDecoder().decode(EventValue.self, from: data))
}

private func withoutNulls(_ value: EventValue) -> EventValue {
  switch value {
  case .object(let members):
    .object(members.filter { $0.value != .null }.mapValues(withoutNulls))
  case .array(let elements): .array(elements.map(withoutNulls))
  default: value
  }
}

@Suite struct RoundTripTests {
  @Test func `WebSocket events`() throws {
    for name in [
      "apigw-websocket-request-disconnect", "apigw-websocket-request-disconnect-route",
      "apigw-websocket-request-send-message", "apigw-websocket-request-without-method",
    ] {
      try roundTrip(WebSocketEvent.self, name)
    }
  }

  @Test func `HTTP API events`() throws {
    for name in [
      "apigw-v2-request-no-authorizer", "apigw-v2-request-jwt-authorizer",
      "apigw-v2-request-lambda-authorizer", "apigw-v2-request-iam", "apigw-sam-http-request",
    ] {
      try roundTrip(HTTPEvent.self, name)
    }
  }

  @Test func `REST API, function URL and their responses`() throws {
    try roundTrip(RESTEvent.self, "apigw-request")
    try roundTrip(FunctionURLEvent.self, "lambda-urls-request")
    try roundTrip(GatewayResponse.self, "lambda-urls-response")
  }

  @Test func `authorizer events and responses`() throws {
    try roundTrip(TokenAuthorizerEvent.self, "guide-token-authorizer")
    try roundTrip(RequestAuthorizerEvent.self, "guide-request-authorizer")
    try roundTrip(HTTPAuthorizerEvent.self, "apigw-v2-custom-authorizer-v2-request")
    // The rest of this capture is its program's, not API Gateway's (Fixtures/README.md).
    try roundTrip(
      WebSocketAuthorizerEvent.self, "apigw-v2-custom-authorizer-websocket-request",
      without: [
        "version", "context", "deadline", "invoked_function_arn", "xray_trace_id", "env_config",
        "memory", "log_stream", "log_group",
      ])
    try roundTrip(SimpleAuthorizerResponse.self, "guide-simple-authorizer-response")
    // The example writes both effects into one word.
    try roundTrip(
      PolicyAuthorizerResponse.self, "apigw-custom-auth-response",
      replacing: ["Allow|Deny": "Deny"])
  }

  @Test func `streams, queues, topics, buckets and buses`() throws {
    try roundTrip(StreamEvent.self, "guide-stream")
    try roundTrip(StreamEvent.self, "guide-stream-window")
    try roundTrip(BatchResponse.self, "guide-batch-response")
    try roundTrip(QueueEvent.self, "sqs-event")
    try roundTrip(TopicEvent.self, "guide-topic")
    try roundTrip(BucketEvent.self, "guide-bucket")
    try roundTrip(ScheduledEvent.self, "guide-scheduled")
    try roundTrip(BusEvent<[String: EventValue]>.self, "guide-bus")
  }

  @Test func `Cognito triggers`() throws {
    try roundTrip(Cognito.PreSignUp.self, "guide-cognito-pre-sign-up")
    try roundTrip(Cognito.PostConfirmation.self, "guide-cognito-post-confirmation")
    try roundTrip(Cognito.PreAuthentication.self, "guide-cognito-pre-authentication")
    try roundTrip(Cognito.PostAuthentication.self, "guide-cognito-post-authentication")
    try roundTrip(Cognito.CustomMessage.self, "guide-cognito-custom-message")
    try roundTrip(Cognito.PreTokenGeneration.self, "guide-cognito-tokens-v1")
    try roundTrip(Cognito.PreTokenGeneration.self, "guide-cognito-tokens-v2")
    try roundTrip(Cognito.DefineChallenge.self, "guide-cognito-define-challenge")
    try roundTrip(Cognito.CreateChallenge.self, "guide-cognito-create-challenge")
    try roundTrip(Cognito.VerifyChallenge.self, "guide-cognito-verify-challenge")
    try roundTrip(Cognito.MigrateUser.self, "guide-cognito-migrate-user")
  }

  @Test func `every fixture is used`() throws {
    let used = try Project.text("Tests/EventsTests/RoundTripTests.swift")
    for path in Project.files(below: "Tests/EventsTests/Fixtures", ending: ".json") {
      let name = try #require(path.split(separator: "/").last?.dropLast(5))
      #expect(used.contains("\"\(name)\""), "\(path) is in no round trip")
    }
  }
}
