import Events
import Foundation
import Support
import Synchronization
import Testing

@testable import LambdaRuntime

/// The run loop against a Runtime API that behaves as each test says (`Lambda developer guide`,
/// "Using the Lambda runtime API", and what the official emulator does).
@Suite struct ProtocolTests {
  @Test func `asks, handles, answers, asks again`() async {
    let api = FakeRuntimeAPI(events: [event("one", id: "id-1"), event("two", id: "id-2")])
    defer { api.stop() }
    let outcome = await drive(Closure.echo, at: api.endpointText)
    #expect(outcome.end == .failed)
    #expect(
      api.requests.map(\.line) == [
        "GET /2018-06-01/runtime/invocation/next HTTP/1.1",
        "POST /2018-06-01/runtime/invocation/id-1/response HTTP/1.1",
        "GET /2018-06-01/runtime/invocation/next HTTP/1.1",
        "POST /2018-06-01/runtime/invocation/id-2/response HTTP/1.1",
        "GET /2018-06-01/runtime/invocation/next HTTP/1.1",
      ])
    #expect(api.requests[1].text == "one")
    #expect(api.requests[1].fields["content-type"] == "application/json")
    #expect(api.requests[1].fields["host"] == api.endpointText)
    #expect(api.connections == 1)
  }

  @Test func `reads chunked events, in small pieces`() async {
    let text = event("", fields: "").replacing(
      "Content-Length: 0\r\n\r\n",
      with: "Transfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n6\r\n bytes\r\n0\r\n\r\n")
    let api = FakeRuntimeAPI { request, number in
      guard request.path.hasSuffix("/next") else { return .text(accepted) }
      return number == 0 ? .bytes(Array(text.utf8), pieces: 3) : .text(broken)
    }
    defer { api.stop() }
    _ = await drive(Closure.echo, at: api.endpointText)
    #expect(api.requests(to: "/response").map(\.text) == ["some bytes"])
  }

  @Test func `puts every header into the invocation`() async throws {
    let now = Int(WallClock.system.milliseconds())
    let fields = """
      Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700\r
      Lambda-Runtime-Client-Context: {"client":{"app_title":"x"}}\r
      Lambda-Runtime-Cognito-Identity: {"cognitoIdentityId":"i"}\r
      Lambda-Runtime-Aws-Tenant-Id: tenant-7\r
      Lambda-Runtime-Invocation-Id: inv-9\r
      Content-Type: application/json\r

      """
    let seen = Mutex<[Invocation]>([])
    let api = FakeRuntimeAPI(events: [
      event("{}", deadline: now + 5000, fields: fields), event("{}", deadline: now - 5000),
    ])
    defer { api.stop() }
    let handler = Closure { _, response, invocation in
      seen.withLock { $0.append(invocation) }
      try await response.send([])
    }
    _ = await drive(handler, at: api.endpointText)
    let invocations = seen.withLock { $0 }
    let first = try #require(invocations.first)
    #expect(first.requestID == "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
    #expect(first.functionName == "my-function")
    #expect(first.traceID == "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700")
    #expect(first.clientContext == #"{"client":{"app_title":"x"}}"#)
    #expect(first.cognitoIdentity == #"{"cognitoIdentityId":"i"}"#)
    #expect(first.tenantID == "tenant-7")
    #expect(first.isFirst)
    let left = ContinuousClock.now.duration(to: first.deadline)
    #expect(left <= .seconds(5))
    #expect(left > .seconds(-15))
    let answers = api.requests(to: "/response")
    #expect(answers.map { $0.fields["lambda-runtime-invocation-id"] } == ["inv-9", nil])
    #expect(invocations.count == 2)
    #expect(invocations[1].traceID == nil)
    #expect(invocations[1].remaining == .zero)
    #expect(!invocations[1].isFirst)
  }

  @Test func `sets the trace variable for its invocation only`() async {
    let fields = "Lambda-Runtime-Trace-Id: Root=1-2-3\r\n"
    let seen = Mutex<[String?]>([])
    let api = FakeRuntimeAPI(events: [
      event("{}"), event("{}", fields: fields), event("{}"), event("{}", fields: fields),
    ])
    defer { api.stop() }
    let handler = Closure { _, response, _ in
      let value = getenv("_X_AMZN_TRACE_ID").map { String(cString: $0) }
      seen.withLock { $0.append(value) }
      try await response.send([])
    }
    _ = await drive(handler, at: api.endpointText, traceVariable: TraceVariable())
    #expect(seen.withLock { $0 } == [nil, "Root=1-2-3", nil, "Root=1-2-3"])
  }

  @Test func `reports errors as valid JSON with a type that Lambda keeps`() async throws {
    enum Failure: Error {
      case outOfPaper(String)
    }
    let text = "line\nbreak \"quoted\" \\ \u{1}\u{7F}\u{85}\u{2028} 食べる \u{1F600}"
    let api = FakeRuntimeAPI(events: [event("{}", fields: "Lambda-Runtime-Trace-Id: Root=1\r\n")])
    defer { api.stop() }
    let outcome = await drive(
      Closure { _, _, _ in throw Failure.outOfPaper(text) }, at: api.endpointText)
    let report = try #require(api.requests(to: "/error").first)
    #expect(report.fields["lambda-runtime-function-error-type"] == "Function.OutOfPaper")
    let body = try object(report.text)
    #expect(body["errorType"] as? String == "Function.OutOfPaper")
    #expect(body["errorMessage"] as? String == String(describing: Failure.outOfPaper(text)))
    #expect((body["stackTrace"] as? [Any])?.isEmpty == true)
    let causeText = try #require(report.fields["lambda-runtime-function-xray-error-cause"])
    let cause = try object(causeText)
    #expect((cause["exceptions"] as? [Any])?.count == 1)
    #expect(outcome.lines.contains { $0.contains("8476a536-e9f4-11e8-9739-2dfe598c3fcd") })
  }

  @Test func `an event that does not fit is an unmarshal error that names the place`() async throws
  {
    struct Greeting: Handler {
      struct Name: Decodable { let name: String }
      func handle(_ event: Name, _ invocation: Invocation) -> String { event.name }
    }
    let api = FakeRuntimeAPI(events: [
      event("{}"), event("{"), event(#"{"name":1}"#), event(#"{"name":"a/b"}"#),
    ])
    defer { api.stop() }
    _ = await drive(Greeting().raw, at: api.endpointText)
    let errors = api.requests(to: "/error")
    #expect(
      errors.map { $0.fields["lambda-runtime-function-error-type"] }
        == Array(repeating: "Runtime.UnmarshalError", count: 3))
    #expect(errors[0].text.contains("$.name is missing"))
    #expect(errors[2].text.contains("$.name is not of type String"))
    #expect(api.requests(to: "/response").map(\.text) == [#""a/b""#])
  }

  @Test func `a refused answer is logged and the next event is taken`() async {
    for status in [400, 403, 410, 500] {
      let next = Mutex(0)
      let api = FakeRuntimeAPI { request, _ in
        guard request.path.hasSuffix("/next") else { return .text(refusal(status, "Nope")) }
        let index = next.withLock { index in
          defer { index += 1 }
          return index
        }
        return .text(index < 2 ? event("{}", id: "id-\(index)") : broken)
      }
      let outcome = await drive(Closure.echo, at: api.endpointText)
      api.stop()
      #expect(api.requests(to: "/response").count == 2)
      #expect(outcome.lines.count == 3, "\(outcome.lines)")
      #expect(outcome.lines[0].contains("\"status\":\(status)"))
    }
  }

  @Test func `413 is reported as an error of our own`() async throws {
    let next = Mutex(0)
    let api = FakeRuntimeAPI { request, _ in
      if request.path.hasSuffix("/response") { return .text(refusal(413, "RequestEntityTooLarge")) }
      if request.path.hasSuffix("/error") { return .text(accepted) }
      let isFirst = next.withLock { index in
        defer { index += 1 }
        return index == 0
      }
      return .text(isFirst ? event("{}") : broken)
    }
    defer { api.stop() }
    _ = await drive(Closure.echo, at: api.endpointText)
    let report = try #require(api.requests(to: "/error").first)
    #expect(report.fields["lambda-runtime-function-error-type"] == "Function.ResponseSizeTooLarge")
  }

  @Test func `a response over 6 MiB is the error AWS gives; an event over it is read`() async throws
  {
    let large = String(repeating: "x", count: ResponseStream.bodyLimit + 1)
    let api = FakeRuntimeAPI(events: [
      event(large, id: "too-large"), event(String(large.dropLast()), id: "fits"),
    ])
    defer { api.stop() }
    _ = await drive(Closure.echo, at: api.endpointText)
    let report = try #require(api.requests(to: "too-large/error").first)
    #expect(
      try object(report.text)["errorMessage"] as? String
        == "Response payload size (6291557 bytes) exceeded maximum allowed payload size "
        + "(6291556 bytes).")
    #expect(api.requests(to: "/response").map(\.body.count) == [ResponseStream.bodyLimit])
  }

  @Test func `an event may come twice, as from the official emulator`() async {
    let api = FakeRuntimeAPI(events: [event("{}", id: "same"), event("{}", id: "same")])
    defer { api.stop() }
    _ = await drive(Closure.echo, at: api.endpointText)
    #expect(api.requests(to: "same/response").count == 2)
  }

  @Test func `a handler that answers nothing is an error`() async {
    let api = FakeRuntimeAPI(events: [event("{}")])
    defer { api.stop() }
    _ = await drive(Closure { _, _, _ in }, at: api.endpointText)
    #expect(
      api.requests(to: "/error").map { $0.fields["lambda-runtime-function-error-type"] }
        == ["Runtime.NoResponse"])
  }

  @Test func `a second answer is refused`() async {
    let api = FakeRuntimeAPI(events: [event("{}")])
    defer { api.stop() }
    let handler = Closure { event, response, _ in
      try await response.send(event)
      await #expect(throws: ResponseError.alreadyAnswered) { try await response.send(event) }
      await #expect(throws: ResponseError.alreadyAnswered) { try await response.write("x") }
    }
    _ = await drive(handler, at: api.endpointText)
    #expect(api.requests(to: "/response").count == 1)
    #expect(api.requests(to: "/error").isEmpty)
  }

  @Test func `a background handler works on after its answer`() async {
    struct Late: BackgroundHandler {
      let api: FakeRuntimeAPI
      let hadAnswer: Mutexed<Bool>

      func handle(_ event: String, _ answer: Answer<String>, _ invocation: Invocation) async throws
      {
        try await answer("done: \(event)")
        hadAnswer.set(!api.requests(to: "/response").isEmpty)
        throw CancellationError()
      }
    }
    let api = FakeRuntimeAPI(events: [event("\"x\"")])
    defer { api.stop() }
    let hadAnswer = Mutexed(false)
    let outcome = await drive(Late(api: api, hadAnswer: hadAnswer).raw, at: api.endpointText)
    #expect(hadAnswer.value)
    #expect(api.requests(to: "/response").map(\.text) == ["\"done: x\""])
    #expect(api.requests(to: "/error").isEmpty)
    #expect(outcome.lines.first?.contains("CancellationError") == true)
  }

  @Test func `a host name is looked up`() async {
    let api = FakeRuntimeAPI(events: [event("{}")])
    defer { api.stop() }
    _ = await drive(Closure.echo, at: "localhost:\(api.port)")
    #expect(api.requests(to: "/response").count == 1)
  }
}

/// A value that tasks share.
final class Mutexed<Value: Sendable>: Sendable {
  private let state: Mutex<Value>

  init(_ value: Value) { state = Mutex(value) }

  var value: Value { state.withLock { $0 } }

  func set(_ value: Value) { state.withLock { $0 = value } }
}
