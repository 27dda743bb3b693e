import CLoop
import Glibc

/// One client: reads requests, has them handled one after the other, sends the answers; after an
/// upgrade it is a WebSocket. Lives on the event loop, which calls it without a hop.
actor Connection: ReadinessTarget, TimerTarget {
  enum Phase {
    case http
    case webSocket
    /// All is sent and said; waits for the peer to close, so that no reset overtakes the answer.
    case lingering
    case closed
  }

  nonisolated let loop: EventLoop
  nonisolated let server: HTTPServer
  nonisolated let peer: Peer
  let descriptor: Int32
  let tls: TLSSession?
  private var token: UInt64 = 0
  private var timer: UInt64 = 0
  private var armed = Int64.max
  private var interest = UInt32(LOOP_READ | LOOP_ENDED)

  var phase = Phase.http
  var deadlines = Deadlines() { didSet { arm() } }
  var parser: HTTPParser?
  var exchange: Exchange?
  var lastExchange: UInt64 = 0
  var task: Task<Void, Never>?
  /// Bytes behind the request that is being handled.
  private var leftover: [UInt8] = []
  private var leftoverStart = 0
  var output = Output()
  private var waiters: [UInt64: CheckedContinuation<Void, any Error>] = [:]
  private var lastWaiter: UInt64 = 0
  private var peerHasEnded = false
  var isStopping = false
  /// Tasks of handlers that still run, also after their client has gone.
  private var running = 0
  var webSocket: WebSocketState?

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  /// nil when OpenSSL has no session to give.
  init?(_ descriptor: Int32, peer: Peer, server: HTTPServer, tls: TLSContext?) {
    self.descriptor = descriptor
    self.peer = peer
    self.server = server
    self.loop = server.loop
    self.tls = tls.flatMap { TLSSession($0) }
    parser = HTTPParser(server.configuration.limits)
    if tls != nil, self.tls == nil { return nil }
  }

  /// Starts to read; false when the loop cannot watch the descriptor.
  func begin() -> Bool {
    guard let token = loop.watch(descriptor, for: interest, self) else { return false }
    self.token = token
    timer = loop.timer(for: self)
    deadlines.read = loop.now + timeouts.headers
    return true
  }

  var timeouts: HTTPTimeouts { server.configuration.timeouts }
  var limits: HTTPLimits { server.configuration.limits }

  nonisolated func ready(_ events: UInt32) {
    assumeIsolated { $0.handle(events) }
  }

  nonisolated func timerFired() {
    assumeIsolated { $0.checkDeadlines() }
  }

  private func handle(_ events: UInt32) {
    if events & UInt32(LOOP_ERROR | LOOP_HANGUP) != 0 {
      close()
      return
    }
    if events & UInt32(LOOP_READ) != 0 { read() }
    if events & UInt32(LOOP_ENDED) != 0, phase != .closed { noticeEnd() }
    if events & UInt32(LOOP_WRITE) != 0, phase != .closed { pump() }
  }

  func setInterest(_ bit: Int, _ wanted: Bool) {
    let new = wanted ? interest | UInt32(bit) : interest & ~UInt32(bit)
    guard new != interest, phase != .closed else { return }
    interest = new
    loop.change(descriptor, to: new, token)
  }

  /// Ends the connection at once and tells everybody who waits for it.
  func close() {
    guard phase != .closed else { return }
    phase = .closed
    loop.unwatch(descriptor, token)
    loop.forget(timer)
    Glibc.close(descriptor)
    output = Output()
    leftover = []
    exchange?.reader?.resume(throwing: ServerError.disconnected)
    exchange?.reader = nil
    if webSocket == nil { task?.cancel() }
    endWebSocket(.lost)
    let waiting = waiters
    waiters = [:]
    for waiter in waiting.values { waiter.resume(throwing: ServerError.disconnected) }
    exchange = nil
    parser = nil
    if running == 0 { server.left(self) }
  }

  /// Ends the connection with a reset: the peer must not take the answer for complete.
  func abort() {
    guard phase != .closed else { return }
    loop_reset_on_close(descriptor)
    close()
  }

  /// Says that nothing more will come and waits a little for the peer to close.
  func linger() {
    guard phase != .closed, phase != .lingering else { return }
    if peerHasEnded {
      close()
      return
    }
    phase = .lingering
    exchange = nil
    parser = nil
    leftover = []
    if let tls {
      tls.close(into: &output.bytes)
      _ = output.send(to: descriptor, through: nil)
    }
    loop_end_sending(descriptor)
    deadlines = Deadlines()
    deadlines.close = loop.now + timeouts.linger
    setInterest(LOOP_WRITE, false)
    setInterest(LOOP_READ, true)
  }

  func taskBegan() {
    running += 1
  }

  func taskEnded() {
    running -= 1
    task = nil
    if phase == .closed, running == 0 { server.left(self) }
  }

  /// Ends what is idle now and the rest after its request.
  func stop() {
    isStopping = true
    switch phase {
    case .http:
      if exchange == nil, parser?.hasBegun != true { close() }
      exchange?.keepsAlive = false
    case .webSocket: closeWebSocket(code: 1_001, reason: "Going away")
    case .lingering, .closed: break
    }
  }

  func cancelTask() {
    task?.cancel()
  }
}

// MARK: - Reading

extension Connection {
  private var wantsInput: Bool {
    switch phase {
    case .http:
      guard let exchange, let parser else { return true }
      if exchange.inputFailure != nil { return false }
      return !exchange.inputIsComplete && parser.body.count < limits.bodyBuffer
    case .webSocket: return webSocketWantsInput
    case .lingering: return true
    case .closed: return false
    }
  }

  private func read() {
    guard wantsInput else {
      setInterest(LOOP_READ, false)
      return
    }
    let count = loop_receive(descriptor, loop.scratch.baseAddress, loop.scratch.count)
    switch count {
    case 0: inputEnded()
    case -1: break
    case ..<0: close()
    default: received(UnsafeRawBufferPointer(rebasing: loop.scratch[..<count]))
    }
  }

  private func received(_ bytes: UnsafeRawBufferPointer) {
    guard let tls else {
      take(bytes)
      return
    }
    tls.feed(bytes)
    while phase != .closed {
      let result = tls.decrypt(into: loop.scratch, output: &output.bytes)
      switch result {
      case .plain(let count): take(UnsafeRawBufferPointer(rebasing: loop.scratch[..<count]))
      case .needsMore:
        if output.count > 0 { pump() }
        return
      case .ended:
        inputEnded()
        return
      case .failed:
        _ = output.send(to: descriptor, through: nil)
        close()
        return
      }
    }
  }

  private func take(_ bytes: UnsafeRawBufferPointer) {
    switch phase {
    case .http: parse(bytes)
    case .webSocket: receiveFrames(bytes)
    case .lingering, .closed: break
    }
  }

  private func parse(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes
    while !rest.isEmpty, phase == .http, let parser {
      if exchange?.inputIsComplete == true || exchange?.inputFailure != nil {
        leftover.append(contentsOf: rest)
        return
      }
      let hadBegun = parser.hasBegun
      let used = parser.parse(rest)
      rest = UnsafeRawBufferPointer(rebasing: rest[used...])
      if !hadBegun, parser.hasBegun, lastExchange > 0 {
        deadlines.read = loop.now + timeouts.headers
      }
      parsed(used)
    }
  }

  /// Goes on with the bytes that came behind the last request.
  func resumeInput() {
    setInterest(LOOP_READ, true)
    guard leftoverStart < leftover.count else { return }
    var bytes: [UInt8] = []
    swap(&bytes, &leftover)
    let start = leftoverStart
    leftoverStart = 0
    if phase == .webSocket {
      bytes.withUnsafeBytes { take(UnsafeRawBufferPointer(rebasing: $0[start...])) }
      return
    }
    var used = start
    bytes.withUnsafeBytes { all in
      while used < all.count, phase == .http, exchange == nil, let parser {
        let count = parser.parse(UnsafeRawBufferPointer(rebasing: all[used...]))
        used += count
        parsed(count)
      }
    }
    guard used < bytes.count, phase == .http else { return }
    leftover = bytes
    leftoverStart = used
  }

  private func noticeEnd() {
    setInterest(LOOP_ENDED, false)
    // Unread bytes may lie before the end: whoever still reads will meet it.
    if phase == .http, let exchange, exchange.inputIsComplete {
      deadlines.gone = min(deadlines.gone, loop.now + timeouts.halfClosed)
    }
  }

  private func inputEnded() {
    peerHasEnded = true
    setInterest(LOOP_READ | LOOP_ENDED, false)
    switch phase {
    case .http:
      guard let exchange else {
        close()
        return
      }
      if exchange.inputIsComplete {
        deadlines.gone = min(deadlines.gone, loop.now + timeouts.halfClosed)
      } else {
        failInput(.disconnected)
        task?.cancel()
      }
    case .webSocket, .lingering: close()
    case .closed: break
    }
  }
}

// MARK: - Writing

extension Connection {
  /// Appends to what is sent, encrypted when the connection is.
  func append(_ bytes: [UInt8]) {
    guard let tls else {
      output.bytes.append(contentsOf: bytes)
      return
    }
    if !tls.encrypt(bytes[...], into: &output.bytes) { abort() }
  }

  /// Sends what the peer takes now and goes on when it takes more.
  func pump() {
    guard phase == .http || phase == .webSocket else { return }
    let before = output.total
    switch output.send(to: descriptor, through: tls) {
    case .failed:
      close()
      return
    case .empty:
      setInterest(LOOP_WRITE, false)
      if deadlines.write != .max { deadlines.write = .max }
    case .yielded, .peerIsFull:
      setInterest(LOOP_WRITE, true)
      if output.total > before || deadlines.write == .max {
        deadlines.write = loop.now + timeouts.write
      }
    }
    if !waiters.isEmpty, output.count <= outputLimit / 2 { resumeWaiters() }
    if output.isEmpty { drained() }
  }

  var outputLimit: Int {
    phase == .webSocket ? server.configuration.webSocket.outbound : limits.outputBuffer
  }

  private func drained() {
    output.shrink(to: phase == .webSocket ? 0 : 16_384)
    switch phase {
    case .http: if exchange?.answer == .sending { endExchange() }
    case .webSocket: webSocketDrained()
    case .lingering, .closed: break
    }
  }

  /// Waits until the peer has taken enough of what was appended.
  func waitForOutput() async throws {
    guard phase != .closed, phase != .lingering else { throw ServerError.disconnected }
    guard output.count > outputLimit else { return }
    lastWaiter += 1
    let id = lastWaiter
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { waiters[id] = $0 }
    } onCancel: {
      loop.execute { self.assumeIsolated { $0.cancelWaiter(id) } }
    }
  }

  private func cancelWaiter(_ id: UInt64) {
    waiters.removeValue(forKey: id)?.resume(throwing: CancellationError())
  }

  private func resumeWaiters() {
    let waiting = waiters.sorted { $0.key < $1.key }
    waiters = [:]
    for waiter in waiting { waiter.value.resume() }
  }
}

// MARK: - Time

extension Connection {
  private func arm() {
    let next = deadlines.next
    guard next < armed, phase != .closed else { return }
    armed = next
    loop.fire(timer, at: next)
  }

  private func checkDeadlines() {
    guard loop.now >= armed else { return }
    armed = .max
    let now = loop.now
    if now >= deadlines.write {
      abort()
    } else if now >= deadlines.close {
      close()
    } else if now >= deadlines.gone {
      deadlines.gone = .max
      task?.cancel()
    } else if phase == .webSocket {
      checkWebSocketDeadlines(now)
    } else if now >= deadlines.read {
      readTimedOut()
    }
    arm()
  }

  private func readTimedOut() {
    deadlines.read = .max
    guard let parser, parser.hasBegun else {
      close()
      return
    }
    if exchange == nil {
      refuse(.timedOut)
    } else {
      failInput(.timedOut)
    }
  }
}
