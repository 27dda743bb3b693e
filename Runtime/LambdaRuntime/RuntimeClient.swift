/// Asks the Runtime API over one keep-alive connection (HTTP/1.1, no TLS: it is on the loopback).
///
/// Belongs to one run loop. `@unchecked Sendable` holds because the loop's thread alone uses it,
/// and while an invocation runs only `ResponseStream` does, under its lock.
final class RuntimeClient: @unchecked Sendable {
  /// How long a read or write may stay without progress, `/next` excepted.
  struct Patience: Sendable {
    var stall = Duration.seconds(10)
    /// Pauses between attempts while nobody listens yet; together a little over a second.
    var pauses: [Duration] = [5, 10, 20, 40, 80, 160, 320, 640].map { .milliseconds($0) }
  }

  /// How long an answer is waited for.
  fileprivate enum Wait {
    case forever
    case whileMoving
    /// As long as something moves, and without that until then.
    case until(ContinuousClock.Instant)
  }

  private let endpoint: Endpoint
  private let patience: Patience
  private var connection: Connection?
  private var reader = ResponseReader()
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
  private var output: [UInt8] = []
  private let nextRequest: [UInt8]
  /// When the caller of a streamed response may be given up.
  private var streamEnd = ContinuousClock.now

  init(endpoint: Endpoint, patience: Patience = Patience()) {
    self.endpoint = endpoint
    self.patience = patience
    nextRequest =
      RequestText(.get, "/2018-06-01/runtime/invocation/next", host: endpoint.text).bytes()
  }

  deinit {
    buffer.deallocate()
  }

  /// Waits for the next event, for as long as it takes: the sandbox may be frozen meanwhile.
  ///
  /// `asked` is called once, when the question is out and the wait begins.
  func next(asked: () -> Void = {}) throws(RuntimeFailure) -> Response {
    try exchange(nextRequest, .forever, asked: asked)
  }

  /// Asks something else, with a body; the answer must come without a long pause.
  func post(_ text: RequestText, body: [UInt8]) throws(RuntimeFailure) -> Response {
    text.write(body: body, into: &output)
    defer { forgetLargeOutput() }
    return try exchange(output, .whileMoving)
  }

  /// Sends a request and leaves the answer to whoever comes: for the parked `event/next`.
  func park(_ request: [UInt8]) throws(RuntimeFailure) {
    try connect()
    try connection?.send(request)
  }

  /// Begins a request whose body comes in chunks. Whoever reads them may pause until `end`.
  func beginChunks(
    _ text: RequestText, until end: ContinuousClock.Instant
  ) throws(RuntimeFailure) {
    streamEnd = end
    try connect()
    try sendOrHangUp(text.bytes())
  }

  /// Sends one chunk; waits while the receiver is slow.
  func sendChunk(_ bytes: [UInt8]) throws(RuntimeFailure) {
    guard !bytes.isEmpty else { return }  // an empty chunk would end the body
    output.removeAll(keepingCapacity: true)
    output += String(bytes.count, radix: 16).utf8
    output += "\r\n".utf8
    output += bytes
    output += "\r\n".utf8
    defer { forgetLargeOutput() }
    try sendOrHangUp(output, until: streamEnd)
  }

  /// Ends the body, with these trailer fields, and waits for the answer.
  func endChunks(trailers: [UInt8] = []) throws(RuntimeFailure) -> Response {
    try sendOrHangUp(Array("0\r\n".utf8) + trailers + Array("\r\n".utf8), until: streamEnd)
    return try receiveOrHangUp(.until(streamEnd))
  }

  /// Opens the connection if there is none, with short pauses while it is refused.
  func connect() throws(RuntimeFailure) {
    guard connection == nil else { return }
    for pause in patience.pauses {
      do throws(RuntimeFailure) {
        try open()
        return
      } catch {
        Pause.sleep(pause)
      }
    }
    try open()
  }

  private func open() throws(RuntimeFailure) {
    connection = try Connection(to: endpoint, patience: patience.stall)
    reader = ResponseReader()
  }

  /// A kept connection may have ended since the last answer: then, and only then, a second try.
  private func exchange(
    _ request: [UInt8], _ wait: Wait, asked: () -> Void = {}
  ) throws(RuntimeFailure) -> Response {
    var hasAsked = false
    if connection != nil {
      do throws(RuntimeFailure) {
        try sendOrHangUp(request)
        asked()
        hasAsked = true
        return try receiveOrHangUp(wait)
      } catch .closed {
        try open()
      }
    } else {
      try connect()
    }
    try sendOrHangUp(request)
    if !hasAsked { asked() }
    return try receiveOrHangUp(wait)
  }

  private func sendOrHangUp(
    _ bytes: [UInt8], until end: ContinuousClock.Instant? = nil
  ) throws(RuntimeFailure) {
    guard connection != nil else { throw .closed }
    do throws(RuntimeFailure) {
      try connection?.send(bytes, until: end)
    } catch {
      connection = nil
      throw error
    }
  }

  private func receiveOrHangUp(_ wait: Wait) throws(RuntimeFailure) -> Response {
    do throws(RuntimeFailure) {
      let response = try receive(wait)
      if !response.keepsAlive { connection = nil }
      return response
    } catch {
      connection = nil
      throw error
    }
  }

  private func receive(_ wait: Wait) throws(RuntimeFailure) -> Response {
    while true {
      let count: Int
      do throws(RuntimeFailure) {
        guard let received = try connection?.receive(into: buffer) else { throw .closed }
        count = received
      } catch .timedOut where !reader.hasBegun && wait.goesOn {
        continue
      }
      do throws(ResponseFault) {
        if count == 0 { return try reader.end() }
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        if let response = try reader.read(bytes) { return response }
      } catch {
        throw RuntimeFailure(error)
      }
    }
  }

  private func forgetLargeOutput() {
    if output.capacity > 1024 * 1024 { output = [] }
  }
}

extension RuntimeClient.Wait {
  /// Whether to wait on when nothing has come for a while.
  fileprivate var goesOn: Bool {
    switch self {
    case .forever: true
    case .whileMoving: false
    case .until(let end): ContinuousClock.now < end
    }
  }
}

extension RuntimeFailure {
  fileprivate init(_ fault: ResponseFault) {
    self =
      switch fault {
      case .closed: .closed
      case .truncated: .malformed("it ends in the middle")
      case .malformed(let what): .malformed(what)
      case .tooLarge(let limit): .malformed("it is longer than \(limit) bytes")
      }
  }
}
