import Foundation
import Synchronization

@testable import LambdaRuntime

// Foundation has types of these names, too.
typealias RunLoop = LambdaRuntime.RunLoop
typealias Thread = LambdaRuntime.Thread

/// A handler made of a closure.
struct Closure: RawHandler {
  let body: @Sendable ([UInt8], ResponseStream, Invocation) async throws -> Void

  func handle(
    _ event: [UInt8], _ response: ResponseStream, _ invocation: Invocation
  ) async throws {
    try await body(event, response, invocation)
  }

  static let echo = Closure { event, response, _ in try await response.send(event) }
}

/// Log lines, kept.
final class LogLines: Sendable {
  private let lines = Mutex<[String]>([])
  private let metricsLines = Mutex<[String]>([])

  var all: [String] { lines.withLock { $0 } }

  /// Lines of metrics.
  var metrics: [String] { metricsLines.withLock { $0 } }

  func log(_ format: LogWriter.Format = .json, minimum: Log.Level = .info) -> Log {
    let writer = LogWriter(
      format: format, minimum: minimum,
      sink: { line in self.lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } },
      metricsSink: { line in
        self.metricsLines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
      })
    return Log(writer: writer, requestID: nil, tenantID: nil)
  }
}

/// How a run loop ended, and what it logged.
struct Outcome: Sendable {
  let end: RunLoop.End?
  let lines: [String]
  var metrics: [String] = []
}

/// Impatient enough for tests.
let hasty = RuntimeClient.Patience(
  stall: .seconds(1), pauses: [5, 10, 20].map { .milliseconds($0) })

/// Runs a loop on a thread of its own until it ends; nil when it did not within the limit.
func drive(
  _ handler: any RawHandler, at endpoint: String, patience: RuntimeClient.Patience = hasty,
  traceVariable: TraceVariable? = nil, within limit: Duration = .seconds(120)
) async -> Outcome {
  let logs = LogLines()
  guard let endpoint = Endpoint(endpoint) else { return Outcome(end: nil, lines: []) }
  let loop = RunLoop(
    client: RuntimeClient(endpoint: endpoint, patience: patience), handler: handler,
    lifecycle: Lifecycle(), log: logs.log(), host: endpoint.text, traceVariable: traceVariable,
    isReady: {})
  let end = await withCheckedContinuation { continuation in
    let once = Mutex(false)
    let answer = { @Sendable (end: RunLoop.End?) in
      let isFirst = once.withLock { done in
        defer { done = true }
        return !done
      }
      if isFirst { continuation.resume(returning: end) }
    }
    Thread.start { answer(LoopExecutor().run(loop, started: { _ in })) }
    Thread.start {
      Pause.sleep(limit)
      answer(nil)
    }
  }
  return Outcome(end: end, lines: logs.all, metrics: logs.metrics)
}

/// An answer to `/next`.
func event(
  _ body: String, id: String = "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
  deadline: Int = 4_102_444_800_000, fields: String = ""
) -> String {
  """
  HTTP/1.1 200 OK\r
  Lambda-Runtime-Aws-Request-Id: \(id)\r
  Lambda-Runtime-Deadline-Ms: \(deadline)\r
  Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:my-function\r
  \(fields)Content-Length: \(body.utf8.count)\r
  \r
  \(body)
  """
}

let accepted = "HTTP/1.1 202 Accepted\r\nContent-Length: 16\r\n\r\n{\"status\":\"OK\"}\n"
let broken = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"

func refusal(_ status: Int, _ type: String) -> String {
  let body = #"{"errorMessage":"no","errorType":"\#(type)"}"#
  return "HTTP/1.1 \(status) No\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

extension FakeRuntimeAPI {
  /// Gives these events, one each, then ends the connection; accepts every answer.
  convenience init(events: [String]) {
    let next = Mutex(0)
    self.init { request, _ in
      guard request.path.hasSuffix("/next") else { return .text(accepted) }
      let index = next.withLock { index in
        defer { index += 1 }
        return index
      }
      return index < events.count ? .text(events[index]) : .text(broken)
    }
  }
}

/// The members of a JSON object.
func object(_ text: String) throws -> [String: Any] {
  let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
  guard let object = value as? [String: Any] else { throw NotAnObject(text: text) }
  return object
}

struct NotAnObject: Error {
  let text: String
}
