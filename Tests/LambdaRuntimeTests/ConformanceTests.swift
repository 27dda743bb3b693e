import Foundation
import Support
import Synchronization
import Testing

@testable import LambdaRuntime

/// What other runtimes were found to leave out or to get wrong, beyond what the other suites try.
@Suite struct ConformanceTests {
  private struct Lost: FunctionError {
    let errorType = "Function.Lost"
    let errorMessage = "no way \"home\"\n"
    let stackTrace = [
      StackFrame(path: "Shop/Order\u{7}.swift", line: 12, label: "find(_:)"),
      StackFrame(path: "Shop/main.swift", line: 3, label: "食べる"),
    ]
  }

  @Test func `frames that an error knows are reported, to the invoker and to X-Ray`() async throws {
    let api = FakeRuntimeAPI(events: [event("{}", fields: "Lambda-Runtime-Trace-Id: Root=1\r\n")])
    defer { api.stop() }
    _ = await drive(Closure { _, _, _ in throw Lost() }, at: api.endpointText)
    let report = try #require(api.requests(to: "/error").first)
    let body = try object(report.text)
    let frames = try #require(body["stackTrace"] as? [[String: Any]])
    #expect(frames.map { $0["path"] as? String } == ["Shop/Order\u{7}.swift", "Shop/main.swift"])
    #expect(frames.map { $0["line"] as? Int } == [12, 3])
    #expect(frames.map { $0["label"] as? String } == ["find(_:)", "食べる"])
    let field = try #require(report.fields["lambda-runtime-function-xray-error-cause"])
    #expect(field.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F })
    let cause = try object(field)
    #expect(cause["paths"] as? [String] == ["Shop/Order\u{7}.swift"])
    let exceptions = try #require(cause["exceptions"] as? [[String: Any]])
    #expect(exceptions.first?["message"] as? String == "no way \"home\"\n")
    let stack = try #require(exceptions.first?["stack"] as? [[String: Any]])
    #expect(stack.map { $0["label"] as? String } == ["find(_:)", "食べる"])
  }

  @Test func `a frame is the place that asks for it`() {
    let frame = StackFrame()
    #expect(frame.path.hasSuffix("/ConformanceTests.swift"))
    #expect(frame.line > 1)
    #expect(frame.label.contains("asks for it"))
    let many = Array(repeating: frame, count: 500)
    #expect(ErrorReport(type: "Function.Deep", message: "", frames: many).frames.count == 50)
  }

  @Test func `the error answer carries the invocation's id, too`() async throws {
    let fields = "Lambda-Runtime-Invocation-Id: inv-1\r\n"
    let api = FakeRuntimeAPI(events: [event("{}", fields: fields)])
    defer { api.stop() }
    _ = await drive(Closure { _, _, _ in throw Lost() }, at: api.endpointText)
    let report = try #require(api.requests(to: "/error").first)
    #expect(report.fields["lambda-runtime-invocation-id"] == "inv-1")
  }

  @Test func `a large response has a length, and is no stream`() async throws {
    let large = String(repeating: "x", count: 6_200_000)
    let api = FakeRuntimeAPI(events: [event(large)])
    defer { api.stop() }
    _ = await drive(Closure.echo, at: api.endpointText)
    let answer = try #require(api.requests(to: "/response").first)
    #expect(answer.fields["content-length"] == "6200000")
    #expect(answer.fields["transfer-encoding"] == nil)
    #expect(answer.fields["lambda-runtime-function-response-mode"] == nil)
    #expect(answer.fields["content-type"] == "application/json")
  }

  @Test func `lines of an invocation carry its id and tenant`() async throws {
    let api = FakeRuntimeAPI(events: [
      event("{}", id: "id-7", fields: "Lambda-Runtime-Aws-Tenant-Id: tenant-7\r\n")
    ])
    defer { api.stop() }
    let handler = Closure { event, response, invocation in
      invocation.log.info("here")
      try await response.send(event)
    }
    let outcome = await drive(handler.logged(), at: api.endpointText)
    for line in outcome.lines.prefix(2) {
      let members = try object(line)
      #expect(members["requestId"] as? String == "id-7")
      #expect(members["tenantId"] as? String == "tenant-7")
    }
    #expect(outcome.lines.count == 3)
  }

  @Test func `cold starts, durations and errors become metrics`() async throws {
    let api = FakeRuntimeAPI(events: [event("1"), event("2")])
    defer { api.stop() }
    let handler = Closure { event, response, _ in
      guard event == Array("1".utf8) else { throw Lost() }
      try await response.send(event)
    }
    let outcome = await drive(handler.measured(namespace: "Shop"), at: api.endpointText)
    let lines = try outcome.metrics.map(object)
    #expect(lines.count == 2)
    #expect(lines.first?["ColdStart"] as? [Double] == [1])
    #expect(lines.first?["Errors"] == nil)
    #expect(lines.first?["FunctionName"] as? String == "my-function")
    #expect(lines.last?["ColdStart"] == nil)
    #expect(lines.last?["Errors"] as? [Double] == [1])
    #expect((lines.last?["Duration"] as? [Double])?.count == 1)
    #expect(api.requests(to: "/error").count == 1)
  }

  /// Four loops in this process, as on Managed Instances; they wait on when the test is over, as they
  /// would until their process ends.
  @Test
  func
    `several invocations at a time, none with the trace variable`()
    async throws
  {
    let count = 4
    let given = Mutex(0)
    let api = FakeRuntimeAPI { request, _ in
      guard request.path.hasSuffix("/next") else { return .text(accepted) }
      let number = given.withLock { number in
        defer { number += 1 }
        return number
      }
      guard number < count else { return .silence }
      return .text(
        event("{}", id: "id-\(number)", fields: "Lambda-Runtime-Trace-Id: Root=shared\r\n"))
    }
    let logs = LogLines()
    let log = logs.log()
    let together = Mutex(0)
    let handler = Closure { event, response, invocation in
      together.withLock { $0 += 1 }
      // Nobody goes on before all are there.
      while together.withLock({ $0 }) < count { try await Task.sleep(for: .milliseconds(1)) }
      // Another suite sets the variable to other values meanwhile.
      #expect(getenv("_X_AMZN_TRACE_ID").map { String(cString: $0) } != "Root=shared")
      #expect(invocation.traceID == "Root=shared")
      invocation.log.info("here")
      try await response.send(event)
    }
    let endpoint = try #require(Endpoint(api.endpointText))
    let worker = Worker(
      endpoint: endpoint, function: Function(handler: handler), log: log,
      environment: RuntimeEnvironment { _ in nil }, concurrency: count)
    Thread.start { _ = worker.run(first: RuntimeClient(endpoint: endpoint)) }
    try await eventually { api.requests(to: "/response").count == count }
    try await eventually { api.requests(to: "/next").count == 2 * count }
    #expect(api.connections == count)
    let ids = try logs.all.map { try object($0)["requestId"] as? String }
    #expect(Set(ids) == ["id-0", "id-1", "id-2", "id-3"])
  }

  @Test func `settings: a number of loops`() throws {
    for (text, count) in [(nil, 1), ("", 1), ("1", 1), ("64", 64)] as [(String?, Int)] {
      #expect(try RuntimeEnvironment { _ in text }.concurrency() == count)
    }
    for text in ["0", "-1", "x", "1001", "1.5"] {
      #expect(throws: InitFailure.self) { try RuntimeEnvironment { _ in text }.concurrency() }
    }
  }
}
