import CLoop
import Glibc

/// Answers HTTP/1.1 and WebSocket connections on one port.
///
/// Several servers can share a loop. A server accepts from `start` to `stop`.
package actor HTTPServer: ReadinessTarget {
  package typealias Handler = @Sendable (HTTPRequest) async -> HTTPAnswer

  package nonisolated let loop: EventLoop
  package nonisolated let configuration: ServerConfiguration
  /// The port it listens on; the chosen one when the configuration says 0.
  package nonisolated let port: UInt16
  nonisolated let handler: Handler
  // Only touched on the loop's thread, by connections, which live there.
  nonisolated(unsafe) let dateLine = DateLine()
  private let tls: TLSContext?
  private let descriptor: Int32
  private var token: UInt64?
  private var isListening = false
  private var connections: [ObjectIdentifier: Connection] = [:]
  private var waiters: [CheckedContinuation<Void, Never>] = []

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    loop.asUnownedSerialExecutor()
  }

  /// Opens the port and begins to accept. The handler's task is cancelled when its client leaves.
  package static func start(
    _ configuration: ServerConfiguration = ServerConfiguration(), on loop: EventLoop,
    handler: @escaping Handler
  ) async throws -> HTTPServer {
    let server = try HTTPServer(configuration, loop, handler)
    await server.listen()
    return server
  }

  /// Like `start`, for callers that are on the loop's thread.
  package static func open(
    _ configuration: ServerConfiguration, on loop: EventLoop, handler: @escaping Handler
  ) throws(ServerError) -> HTTPServer {
    let server = try HTTPServer(configuration, loop, handler)
    server.assumeIsolated { $0.listen() }
    return server
  }

  private init(
    _ configuration: ServerConfiguration, _ loop: EventLoop, _ handler: @escaping Handler
  ) throws(ServerError) {
    self.configuration = configuration
    self.loop = loop
    self.handler = handler
    if let files = configuration.tls { tls = try TLSContext(files) } else { tls = nil }
    let descriptor = loop_listen(
      configuration.address, configuration.port, configuration.backlog)
    guard descriptor >= 0 else {
      throw .cannotListen(
        address: configuration.address, port: configuration.port, code: -descriptor)
    }
    self.descriptor = descriptor
    port = loop_local_port(descriptor)
  }

  /// How many clients are connected.
  package var connectionCount: Int { connections.count }

  /// Stops accepting, lets running requests end, closes the rest after `limit`.
  package func stop(within limit: Duration = .seconds(5)) async {
    closeListener()
    stopConnections()
    guard !connections.isEmpty else { return }
    let parts = limit.components
    let milliseconds = parts.seconds * 1_000 + parts.attoseconds / 1_000_000_000_000_000
    loop.after(milliseconds) { self.assumeIsolated { $0.closeAll() } }
    await withCheckedContinuation { waiters.append($0) }
  }

  /// Stops at once, for callers on the loop's thread that expect nothing from the clients any more.
  package nonisolated func abandon() {
    assumeIsolated {
      $0.closeListener()
      $0.closeAll()
    }
  }

  /// A connection has ended, and its handlers with it. Called on the loop's thread.
  nonisolated func left(_ connection: Connection) {
    assumeIsolated { $0.remove(connection) }
  }

  package nonisolated func ready(_ events: UInt32) {
    assumeIsolated { $0.accept() }
  }
}

extension HTTPServer {
  private func listen() {
    isListening = true
    token = loop.watch(descriptor, for: UInt32(LOOP_READ), self)
  }

  private func closeListener() {
    guard isListening else { return }
    isListening = false
    if let token { loop.unwatch(descriptor, token) }
    token = nil
    close(descriptor)
  }

  private func stopConnections() {
    for connection in connections.values { connection.assumeIsolated { $0.stop() } }
  }

  private func accept() {
    var address = [CChar](repeating: 0, count: 64)
    var port: UInt16 = 0
    for _ in 0..<64 {
      let client = loop_accept(descriptor, &address, address.count, &port)
      if client == -2 { pauseAccepting() }
      guard client >= 0 else { return }
      let text = String(
        decoding: address.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      add(client, Peer(address: text, port: port))
    }
  }

  private func add(_ client: Int32, _ peer: Peer) {
    // A few more than allowed are taken in to be told so.
    guard connections.count < configuration.maximumConnections + 64 else {
      close(client)
      return
    }
    let isRefused = connections.count >= configuration.maximumConnections
    guard let connection = Connection(client, peer: peer, server: self, tls: tls),
      connection.assumeIsolated({ $0.begin() })
    else {
      close(client)
      return
    }
    connections[ObjectIdentifier(connection)] = connection
    if isRefused { connection.assumeIsolated { $0.refuse(.tooManyConnections) } }
  }

  /// Out of descriptors: looks again in a moment instead of spinning.
  private func pauseAccepting() {
    guard let token else { return }
    loop.change(descriptor, to: 0, token)
    loop.after(100) { self.assumeIsolated { $0.resumeAccepting() } }
  }

  private func resumeAccepting() {
    guard let token else { return }
    loop.change(descriptor, to: UInt32(LOOP_READ), token)
  }

  private func remove(_ connection: Connection) {
    connections[ObjectIdentifier(connection)] = nil
    guard connections.isEmpty else { return }
    for waiter in waiters { waiter.resume() }
    waiters = []
  }

  private func closeAll() {
    for connection in connections.values {
      connection.assumeIsolated {
        $0.cancelTask()
        $0.close()
      }
    }
    // A handler that ignores its cancellation is not waited for.
    for waiter in waiters { waiter.resume() }
    waiters = []
  }
}
