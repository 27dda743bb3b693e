import CCurl
import Synchronization

/// One request on its way: what the driver's thread has received, and who waits for it.
final class Transfer: Sendable {
  struct Head: Sendable {
    var status = 0
    var headers = HeaderFields()
    /// Only of a transfer that is not streamed.
    var body: [UInt8] = []
  }

  /// What the driver tells libcurl about bytes it hands over.
  enum Verdict {
    case taken
    case pause
    case refuse
  }

  enum End: Equatable {
    case complete
    case failed(NetworkError)
  }

  private enum Wanted {
    case head
    case piece
    case end
  }

  private struct Waiter {
    let wanted: Wanted
    let continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    var head = Head()
    var isHeadComplete = false
    /// Received and not yet read.
    var buffer: [UInt8] = []
    var received = 0
    var headBytes = 0
    var isPaused = false
    var lastArrival: ContinuousClock.Instant
    /// Why the driver was told to refuse bytes.
    var refusal: NetworkError?
    var end: End?
    var waiter: Waiter?

    mutating func ready() -> CheckedContinuation<Void, Never>? {
      guard let waiter else { return nil }
      let isReady =
        switch waiter.wanted {
        case _ where end != nil: true
        case .head: isHeadComplete
        case .piece: !buffer.isEmpty
        case .end: false
        }
      guard isReady else { return nil }
      self.waiter = nil
      return waiter.continuation
    }
  }

  let request: ClientRequest
  let deadline: ContinuousClock.Instant
  let isStreamed: Bool
  let upload = UploadBuffer()
  private let driver: TransferDriver
  private let state: Mutex<State>

  /// A head of more bytes is no answer of an honest server.
  private static let headLimit = 256 << 10

  init(
    _ request: ClientRequest, deadline: ContinuousClock.Instant, driver: TransferDriver,
    isStreamed: Bool
  ) throws(NetworkError) {
    try request.check()
    let now = ContinuousClock.now
    guard now < deadline else { throw .deadlineExceeded(received: 0) }
    self.request = request
    self.deadline = deadline
    self.driver = driver
    self.isStreamed = isStreamed
    state = Mutex(State(lastArrival: now))
  }

  // MARK: - The caller's side

  /// The status and headers, as soon as they are there.
  func head() async throws(NetworkError) -> Head {
    await wait(for: .head)
    let answer = state.withLock { state -> Result<Head, NetworkError> in
      if case .failed(let error)? = state.end, !state.isHeadComplete || error == .cancelled {
        return .failure(error)
      }
      return .success(state.head)
    }
    return try answer.get()
  }

  /// Everything, at the end.
  func whole() async throws(NetworkError) -> Head {
    await wait(for: .end)
    let answer = state.withLock { state -> Result<Head, NetworkError> in
      if case .failed(let error)? = state.end { return .failure(error) }
      var head = state.head
      swap(&head.body, &state.buffer)
      return .success(head)
    }
    return try answer.get()
  }

  /// The next bytes of a streamed answer; nil at its end.
  func nextPiece() async throws(NetworkError) -> [UInt8]? {
    while true {
      let (piece, wasPaused, end) = state.withLock { state in
        var piece: [UInt8] = []
        swap(&piece, &state.buffer)
        let wasPaused = state.isPaused
        state.isPaused = false
        if wasPaused { state.lastArrival = .now }
        return (piece, wasPaused, state.end)
      }
      if wasPaused { driver.resume(self) }
      if !piece.isEmpty, end != .failed(.cancelled) { return piece }
      switch end {
      case .complete: return nil
      case .failed(let error): throw error
      case nil: await wait(for: .piece)
      }
    }
  }

  /// Ends the transfer now; who waits gets ``NetworkError/cancelled``. Nothing when it has ended.
  func cancel() {
    if finish(.failed(.cancelled)) { driver.cancel(self) }
  }

  private func wait(for wanted: Wanted) async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let ready = state.withLock { state in
          precondition(state.waiter == nil, "one answer is read by two tasks at once")
          state.waiter = Waiter(wanted: wanted, continuation: continuation)
          return state.ready()
        }
        ready?.resume()
      }
    } onCancel: {
      cancel()
    }
  }

  // MARK: - The driver's side

  /// Takes a line of the head, with its line end. Who waits hears of it by ``wake()``.
  func receive(line: UnsafeRawBufferPointer) -> Verdict {
    state.withLock { state in
      state.lastArrival = .now
      state.headBytes += line.count
      guard state.headBytes <= Transfer.headLimit else {
        state.refusal = .malformedResponse("a head of more than \(Transfer.headLimit) bytes")
        return .refuse
      }
      guard !state.isHeadComplete else { return .taken }  // trailers
      if line.starts(with: "HTTP/".utf8) {
        // Another status line follows 1xx.
        state.head = Head(status: Transfer.status(of: line))
      } else if line.count <= 2 {
        state.isHeadComplete = state.head.status >= 200
      } else if let field = Transfer.field(of: line) {
        state.head.headers.add(field.name, field.value)
      }
      return .taken
    }
  }

  /// Takes bytes of the body, all or none. Who waits hears of it by ``wake()``.
  func receive(body: UnsafeRawBufferPointer, bufferLimit: Int) -> Verdict {
    state.withLock { state in
      guard state.end == nil else { return .refuse }
      state.lastArrival = .now
      if isStreamed, !state.buffer.isEmpty, state.buffer.count + body.count > bufferLimit {
        state.isPaused = true
        return .pause
      }
      guard state.received + body.count <= request.responseLimit else {
        state.refusal = .responseTooLarge(limit: request.responseLimit)
        return .refuse
      }
      state.received += body.count
      state.buffer.append(contentsOf: body)
      return .taken
    }
  }

  /// Lets who waits go on, if what has come is enough.
  func wake() {
    state.withLock { $0.ready() }?.resume()
  }

  /// Records the end; false when it had ended before.
  @discardableResult
  func finish(_ end: End) -> Bool {
    let (isFirst, ready) = state.withLock { state in
      guard state.end == nil else { return (false, nil as CheckedContinuation<Void, Never>?) }
      state.end = end
      if end == .failed(.cancelled) { state.buffer = [] }
      return (true, state.ready())
    }
    ready?.resume()
    if isFirst { upload.close() }
    return isFirst
  }

  /// How it ended; nil while it runs.
  var end: End? { state.withLock { $0.end } }

  /// Bytes of head and body so far.
  var received: Int { state.withLock { $0.received + $0.headBytes } }

  /// Why bytes were refused, if they were.
  var refusal: NetworkError? { upload.failure ?? state.withLock { $0.refusal } }

  /// When the server will have been silent too long; nil while we do not read.
  var silentFrom: ContinuousClock.Instant? {
    state.withLock { state in
      guard !state.isPaused else { return nil }
      let limit =
        state.headBytes == 0 ? request.timeouts.firstByte : request.timeouts.idle
      return state.lastArrival + limit
    }
  }

  /// The peer took bytes of our body.
  func noteUpload() {
    state.withLock { $0.lastArrival = .now }
  }

  private static func status(of line: UnsafeRawBufferPointer) -> Int {
    guard let blank = line.firstIndex(of: 0x20), line.count >= blank + 4 else { return 0 }
    return line[blank + 1..<blank + 4].reduce(0) { $0 * 10 + Int($1 &- 0x30) }
  }

  private static func field(of line: UnsafeRawBufferPointer) -> HeaderFields.Field? {
    guard let colon = line.firstIndex(of: 0x3A), colon > 0 else { return nil }
    var value = UnsafeRawBufferPointer(rebasing: line[(colon + 1)...])[...]
    while let last = value.last, last <= 0x20 { value.removeLast() }
    while let first = value.first, first <= 0x20 { value.removeFirst() }
    return (
      String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self)
    )
  }
}

// MARK: - Streamed request bodies

extension Transfer {
  /// Feeds the body until its end, or until nobody takes it any more.
  func upload(_ next: @Sendable () async throws -> [UInt8]?) async {
    do {
      while let piece = try await next() {
        guard await upload.add(piece, wake: { driver.resume(self) }) else { return }
      }
      upload.complete { driver.resume(self) }
    } catch is CancellationError {
      cancel()
    } catch {
      upload.fail(.requestBodyFailed(String(describing: error))) { driver.resume(self) }
    }
  }
}
