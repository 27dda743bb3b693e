/// One event being handled: who asks, until when, and where to log.
public struct Invocation: Sendable {
  public let requestID: String
  /// When Lambda gives up on this invocation.
  public let deadline: ContinuousClock.Instant
  /// The ARN as it was invoked: with the alias or version, if one was named.
  public let functionARN: String
  /// The X-Ray header; nil when nothing traces.
  public let traceID: String?
  /// What a mobile client sent about itself, as JSON text.
  public let clientContext: String?
  /// Who called through a Cognito identity pool, as JSON text.
  public let cognitoIdentity: String?
  /// The tenant of a function with tenant isolation.
  public let tenantID: String?
  public let contentType: String
  /// Whether this is the sandbox's first invocation.
  public let isFirst: Bool
  public let log: Log

  let invocationID: String?

  /// An invocation for a handler's test.
  public init(
    requestID: String = "00000000-0000-0000-0000-000000000000",
    deadline: ContinuousClock.Instant = .now + .seconds(30),
    functionARN: String = "arn:aws:lambda:us-east-1:000000000000:function:test",
    traceID: String? = nil, clientContext: String? = nil, cognitoIdentity: String? = nil,
    tenantID: String? = nil, isFirst: Bool = false, log: Log = .silent
  ) {
    self.requestID = requestID
    self.deadline = deadline
    self.functionARN = functionARN
    self.traceID = traceID
    self.clientContext = clientContext
    self.cognitoIdentity = cognitoIdentity
    self.tenantID = tenantID
    self.contentType = "application/json"
    self.isFirst = isFirst
    self.log = log
    self.invocationID = nil
  }

  /// How long the handler still has; never negative.
  public var remaining: Duration {
    max(.zero, ContinuousClock.now.duration(to: deadline))
  }

  /// The function's name, out of its ARN (`arn:aws:lambda:region:account:function:NAME[:alias]`).
  public var functionName: String {
    let parts = functionARN.split(separator: ":", omittingEmptySubsequences: false)
    return parts.count > 6 ? String(parts[6]) : functionARN
  }
}

extension Invocation {
  /// Longest an invocation may last: what counts when the deadline is missing.
  static let longest = Duration.seconds(15 * 60)

  /// Reads the fields of an answer to `/next` (Lambda developer guide, "Runtime API").
  init(
    head: ResponseHead, isFirst: Bool, log: Log, clock: WallClock = .system
  ) throws(RuntimeFailure) {
    guard let id = head.value(of: "lambda-runtime-aws-request-id"), Self.isPlain(id) else {
      throw .malformed("an event without a usable request id")
    }
    requestID = id
    deadline = try Self.deadline(head.value(of: "lambda-runtime-deadline-ms"), clock: clock)
    functionARN = head.value(of: "lambda-runtime-invoked-function-arn") ?? ""
    traceID = head.value(of: "lambda-runtime-trace-id").flatMap { $0.isEmpty ? nil : $0 }
    clientContext = head.value(of: "lambda-runtime-client-context")
    cognitoIdentity = head.value(of: "lambda-runtime-cognito-identity")
    tenantID = head.value(of: "lambda-runtime-aws-tenant-id")
    contentType = head.value(of: "content-type") ?? "application/json"
    invocationID = head.value(of: "lambda-runtime-invocation-id")
    self.isFirst = isFirst
    self.log = log.with(requestID: id, tenantID: tenantID)
  }

  /// The id becomes a part of paths: nothing in it may end one.
  private static func isPlain(_ id: String) -> Bool {
    var id = id
    return id.withUTF8 { bytes in
      for place in bytes.indices {
        switch bytes[place] {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: continue
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): continue
        default: return false
        }
      }
      return (1...128).contains(bytes.count)
    }
  }

  /// Unix milliseconds, as an instant of the clock that never jumps.
  private static func deadline(
    _ text: String?, clock: WallClock
  ) throws(RuntimeFailure) -> ContinuousClock.Instant {
    guard let text else { return .now + longest }
    guard let milliseconds = Int64(text), milliseconds >= 0 else {
      throw .malformed("a broken deadline")
    }
    let left = milliseconds - clock.milliseconds()
    return .now + .milliseconds(min(max(left, 0), 24 * 3600 * 1000))
  }
}
