/// The id of one invocation: a UUID, as the function sees it.
package struct InvocationID: Sendable, Hashable, CustomStringConvertible {
  package let text: String

  package init(_ text: String) { self.text = text }

  package var description: String { text }
}

/// How an invocation is to be made.
package struct InvocationOptions: Sendable {
  /// `X-Amzn-Trace-Id`, passed on to the runtime.
  package var traceID: String?
  /// JSON text for `Lambda-Runtime-Client-Context`.
  package var clientContext: String?
  /// JSON text for `Lambda-Runtime-Cognito-Identity`.
  package var cognitoIdentity: String?
  package var tenantID: String?
  /// Answer when `REPORT` is written, with the log's tail, instead of when the function answers.
  package var waitsForReport: Bool
  /// The id to use; a fresh one by default. Retries of an asynchronous event keep theirs.
  package var requestID: InvocationID?

  package init(
    traceID: String? = nil, clientContext: String? = nil, cognitoIdentity: String? = nil,
    tenantID: String? = nil, waitsForReport: Bool = false, requestID: InvocationID? = nil
  ) {
    self.traceID = traceID
    self.clientContext = clientContext
    self.cognitoIdentity = cognitoIdentity
    self.tenantID = tenantID
    self.waitsForReport = waitsForReport
    self.requestID = requestID
  }
}

/// What the function answered, or what Lambda says in its place.
package struct InvocationResult: Sendable, Equatable {
  /// How the invocation ended.
  package enum Outcome: Sendable, Equatable {
    case succeeded
    /// The function said so, crashed, or answered too much. The type is the one of the report.
    case failed(errorType: String)
    case timedOut
  }

  package var requestID: InvocationID
  package var outcome: Outcome
  /// The response, or the error's JSON.
  package var payload: [UInt8]
  /// As the runtime named it; absent for errors that Lambda words itself.
  package var contentType: String?
  /// The last 4 KB of the log, when `waitsForReport` was asked for.
  package var logTail: String?

  package var isFunctionError: Bool { outcome != .succeeded }
}

/// Why there was no invocation.
package enum InvokeError: Error, Sendable, Equatable {
  case unknownFunction(String)
  case eventTooLarge(size: Int, limit: Int)
  /// Too many at once.
  case throttled
  /// The emulator is ending.
  case stopping
  /// The caller went away; a running function goes on, as in the service.
  case cancelled
}
