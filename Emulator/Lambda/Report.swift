import JSON

/// The lines that Lambda itself writes about an invocation, as text or as JSON.
///
/// Source: Lambda developer guide, "Viewing CloudWatch logs" (text) and "Telemetry API event
/// schema reference" (JSON).
struct Report: Equatable {
  enum Status: Equatable {
    case success
    case failure(errorType: String)
    case timeout
  }

  var requestID: InvocationID
  var duration: Duration
  /// MB.
  var memorySize: Int
  var maxMemoryUsed: Int
  /// Present for the first invocation of a sandbox.
  var initDuration: Duration?
  var status: Status

  static let version = "$LATEST"

  static func start(_ id: InvocationID, json: Bool, at time: Timestamp) -> String {
    guard json else { return "START RequestId: \(id) Version: \(version)" }
    return event(
      "platform.start", at: time, ["requestId": .string(id.text), "version": .string(version)])
  }

  /// `END` and `REPORT`.
  func lines(json: Bool, at time: Timestamp) -> [String] {
    json
      ? [
        Self.event("platform.runtimeDone", at: time, runtimeDone),
        Self.event("platform.report", at: time, record),
      ] : ["END RequestId: \(requestID)", text]
  }

  private var text: String {
    var line =
      "REPORT RequestId: \(requestID)\tDuration: \(duration.millisecondsText) ms"
      + "\tBilled Duration: \(billed) ms\tMemory Size: \(memorySize) MB"
      + "\tMax Memory Used: \(maxMemoryUsed) MB"
    if let initDuration { line += "\tInit Duration: \(initDuration.millisecondsText) ms" }
    switch status {
    case .success: break
    case .failure(let type): line += "\tStatus: error\tError Type: \(type)"
    case .timeout: line += "\tStatus: timeout"
    }
    return line + "\t"
  }

  /// OS-only runtimes are billed for their initialisation as well.
  private var billed: Int64 { (duration + (initDuration ?? .zero)).billedMilliseconds }

  private var statusName: JSONValue {
    switch status {
    case .success: "success"
    case .failure: "error"
    case .timeout: "timeout"
    }
  }

  private var runtimeDone: JSONObject {
    var record: JSONObject = [
      "requestId": .string(requestID.text), "status": statusName,
      "metrics": ["durationMs": .double(duration.milliseconds)],
    ]
    if case .failure(let type) = status { record["errorType"] = .string(type) }
    return record
  }

  private var record: JSONObject {
    var metrics: JSONValue = [
      "durationMs": .double(duration.milliseconds), "billedDurationMs": .int(billed),
      "memorySizeMB": .int(memorySize), "maxMemoryUsedMB": .int(maxMemoryUsed),
    ]
    if let initDuration { metrics["initDurationMs"] = .double(initDuration.milliseconds) }
    var record: JSONObject = [
      "requestId": .string(requestID.text), "metrics": metrics, "status": statusName,
    ]
    if case .failure(let type) = status { record["errorType"] = .string(type) }
    return record
  }

  /// The line about an initialisation that failed.
  static func initFailure(
    _ duration: Duration, _ status: Status, json: Bool, at time: Timestamp
  ) -> String {
    var type: String?
    if case .failure(let name) = status { type = name }
    let word = type == nil ? "timeout" : "error"
    guard json else {
      let suffix = type.map { "\tError Type: \($0)" } ?? ""
      return "INIT_REPORT Init Duration: \(duration.millisecondsText) ms\tPhase: init"
        + "\tStatus: \(word)\(suffix)"
    }
    var record: JSONObject = [
      "initializationType": "on-demand", "phase": "init", "status": .string(word),
      "metrics": ["durationMs": .double(duration.milliseconds)],
    ]
    if let type { record["errorType"] = .string(type) }
    return event("platform.initReport", at: time, record)
  }

  private static func event(_ type: String, at time: Timestamp, _ record: JSONObject) -> String {
    let event: JSONValue = [
      "time": .string(time.text), "type": .string(type), "record": .object(record),
    ]
    return event.description
  }
}

extension Duration {
  /// Milliseconds, rounded to a thousandth.
  fileprivate var milliseconds: Double {
    let parts = components
    let microseconds = parts.seconds * 1_000_000 + parts.attoseconds / 1_000_000_000_000
    return Double(microseconds) / 1000
  }
}
