public import Events
import Synchronization

/// Where an invocation's response goes: whole with `send`, or piece by piece with `write`.
///
/// A response is given once. Writing waits while the receiver is slow. Nothing more to write is
/// said by returning from `handle`.
public final class ResponseStream: Sendable {
  /// Longest whole response: 6 MiB and a little (Lambda quotas).
  public static let bodyLimit = 6_291_556
  /// Longest streamed response (Lambda quotas).
  public static let streamLimit = 200 * 1024 * 1024

  private let exchange: Mutex<AnswerExchange>

  init(client: RuntimeClient, invocation: Invocation, host: String) {
    exchange = Mutex(AnswerExchange(client: client, invocation: invocation, host: host))
  }

  /// Gives the whole response at once; returns when Lambda has it.
  public func send(_ body: [UInt8], contentType: String = "application/json") async throws {
    try exchange.withLock { try $0.send(body, contentType: contentType) }
  }

  /// Begins a streamed answer to an HTTP request: status, headers and cookies come first.
  public func start(_ prelude: ResponsePrelude) async throws {
    let head = try Coding.encode(prelude)
    try exchange.withLock { try $0.start(prelude: head) }
  }

  /// Sends a piece. Without `start` before it the stream is bytes alone.
  public func write(_ bytes: [UInt8]) async throws {
    try exchange.withLock { try $0.write(bytes) }
  }

  /// Sends a piece of text.
  public func write(_ text: String) async throws {
    try await write(Array(text.utf8))
  }

  /// The handler has returned: ends a stream; reports when there was no response at all.
  func finish() {
    exchange.withLock { $0.finish() }
  }

  /// The handler has thrown.
  func fail(_ error: any Error) {
    exchange.withLock { $0.fail(ErrorReport(error)) }
  }
}

/// Why a response was not taken.
public enum ResponseError: FunctionError, Equatable {
  case alreadyAnswered
  case tooLarge(bytes: Int)
  case streamTooLong
  /// The Runtime API is gone or refuses; the invocation is lost.
  case connectionLost

  public var errorType: String {
    switch self {
    case .alreadyAnswered: "Runtime.AlreadyAnswered"
    case .tooLarge, .streamTooLong: "Function.ResponseSizeTooLarge"
    case .connectionLost: "Runtime.ConnectionLost"
    }
  }

  public var errorMessage: String {
    switch self {
    case .alreadyAnswered:
      "the invocation has its response already"
    case .tooLarge(let bytes):
      "Response payload size (\(bytes) bytes) exceeded maximum allowed payload size "
        + "(\(ResponseStream.bodyLimit) bytes)."
    case .streamTooLong:
      "Response payload size exceeded maximum allowed payload size "
        + "(\(ResponseStream.streamLimit) bytes)."
    case .connectionLost:
      "the Runtime API is gone"
    }
  }
}
