/// One request and its answer on a connection.
struct Exchange {
  /// How far the answer is.
  enum Answer: Equatable {
    case awaited
    /// The handler writes it; `remaining` is nil in chunks.
    case streaming(remaining: Int?, isChunked: Bool)
    /// Nothing more comes from the handler; the rest is on its way out.
    case sending
  }

  let id: UInt64
  let isHead: Bool
  let version: HTTPVersion
  var keepsAlive: Bool
  var webSocketKey: String?
  /// The client waits for `100 Continue`.
  var expectsContinue = false
  var inputIsComplete: Bool
  var inputFailure: ServerError?
  var reader: CheckedContinuation<[UInt8]?, any Error>?
  var answer = Answer.awaited
  var trailers = HTTPHeaders()
}

/// When a connection's patience ends, in monotonic milliseconds; `.max` means never.
struct Deadlines {
  /// The next bytes of the request, or the next request.
  var read: Int64 = .max
  /// The peer takes some of what we send.
  var write: Int64 = .max
  /// The handler is cancelled because its client has left.
  var gone: Int64 = .max
  /// A frame that has begun is complete.
  var frame: Int64 = .max
  /// The WebSocket's whole life.
  var life: Int64 = .max
  /// The peer answers our close.
  var close: Int64 = .max

  var next: Int64 { min(min(min(read, write), min(gone, frame)), min(life, close)) }
}
