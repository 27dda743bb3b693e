import JSON

/// What Lambda says in a function's place when the function could not speak for itself.
enum FunctionFailure: Equatable {
  /// The process ended by itself or was ended.
  case exited(ProcessExit)
  /// Ended because it held more memory than it may.
  case outOfMemory(ProcessExit)
  /// The time of the invocation, or of the initialisation, was over.
  case timedOut(after: Duration)
  /// The executable could not be started; the text says why.
  case notStarted(String)
  case responseTooLarge(size: Int, limit: Int)
  /// `/init/error` or `/error`: the function's own words.
  case reported(type: String, body: [UInt8])

  /// The type in the caller's error.
  var errorType: String {
    switch self {
    case .exited, .outOfMemory: "Runtime.ExitError"
    case .timedOut: "Sandbox.Timedout"
    case .notStarted: "Runtime.InvalidEntrypoint"
    case .responseTooLarge: "Function.ResponseSizeTooLarge"
    case .reported(let type, _): type
    }
  }

  /// The type in the report, which is more exact about memory.
  var reportedType: String {
    if case .outOfMemory = self { return "Runtime.OutOfMemory" }
    return errorType
  }

  var status: Report.Status {
    if case .timedOut = self { return .timeout }
    return .failure(errorType: reportedType)
  }

  var outcome: InvocationResult.Outcome {
    if case .timedOut = self { return .timedOut }
    return .failed(errorType: reportedType)
  }

  /// The error's JSON for the caller.
  func body(for id: InvocationID) -> [UInt8] {
    if case .reported(_, let body) = self { return body }
    let body: JSONValue = [
      "errorType": .string(errorType), "errorMessage": .string(message(for: id)),
    ]
    return body.encoded()
  }

  func message(for id: InvocationID) -> String {
    switch self {
    case .exited(let exit), .outOfMemory(let exit): "RequestId: \(id) Error: \(exit.text)"
    case .timedOut(let limit):
      "RequestId: \(id) Error: Task timed out after \(limit.secondsText) seconds"
    case .notStarted(let reason): "RequestId: \(id) Error: \(reason)"
    case .responseTooLarge(let size, let limit):
      "Response payload size (\(size) bytes) exceeded maximum allowed payload size (\(limit) bytes)."
    case .reported(let type, _): type
    }
  }
}

/// How a process ended.
struct ProcessExit: Sendable, Equatable {
  enum Cause: Sendable, Equatable {
    case status(Int32)
    case signal(Int32)
  }

  var cause: Cause
  /// Its largest resident size, in KB.
  var peakMemory: Int64

  /// Lambda's words for it; the names of the signals are Go's.
  var text: String {
    switch cause {
    case .status(0): "Runtime exited without providing a reason"
    case .status(let status): "Runtime exited with error: exit status \(status)"
    case .signal(let signal): "Runtime exited with error: signal: \(Self.name(of: signal))"
    }
  }

  private static func name(of signal: Int32) -> String {
    let names: [Int32: String] = [
      1: "hangup", 2: "interrupt", 3: "quit", 4: "illegal instruction",
      5: "trace/breakpoint trap", 6: "aborted", 7: "bus error", 8: "floating point exception",
      9: "killed", 11: "segmentation fault", 13: "broken pipe", 14: "alarm clock",
      15: "terminated",
    ]
    return names[signal] ?? "signal \(signal)"
  }
}
