import Server

/// The open connections by their ids.
actor Connections {
  /// The client's end: a socket, or a closure that stands in for one.
  enum Client: Sendable {
    case socket(WebSocketConnection)
    case attached(@Sendable (String) -> Void)
  }

  struct Open: Sendable {
    let context: ConnectionContext
    let client: Client
    var lastActiveAt: GatewayTime

    func send(_ text: String) async throws {
      switch client {
      case .socket(let socket): try await socket.send(text: text)
      case .attached(let receive): receive(text)
      }
    }
  }

  private var open: [String: Open] = [:]
  /// Sockets whose `$disconnect` is not over yet.
  private var serving = 0
  private var waiters: [CheckedContinuation<Void, Never>] = []

  func beginServing() { serving += 1 }

  func endServing() {
    serving -= 1
    if serving == 0 { release() }
  }

  /// Waits until every socket's `$disconnect` is over, or the time is.
  func waitUntilServed(within limit: Duration) async {
    guard serving > 0 else { return }
    let timer = Task {
      if (try? await Task.sleep(for: limit)) != nil { release() }
    }
    await withCheckedContinuation { waiters.append($0) }
    timer.cancel()
  }

  private func release() {
    for waiter in waiters { waiter.resume() }
    waiters = []
  }

  func add(_ context: ConnectionContext, _ client: Client) {
    open[context.connectionID] = Open(
      context: context, client: client, lastActiveAt: context.connectedAt)
  }

  func remove(_ id: String) {
    open[id] = nil
  }

  func touch(_ id: String, at time: GatewayTime) {
    open[id]?.lastActiveAt = time
  }

  /// Closes a connection. One with a socket is there until its client has heard of it.
  func close(_ id: String, code: Int, reason: String) async {
    switch open[id]?.client {
    case .socket(let socket): await socket.close(code: code, reason: reason)
    case .attached: open[id] = nil
    case nil: break
    }
  }

  subscript(id: String) -> Open? { open[id] }

  var ids: [String] { Array(open.keys) }
}
