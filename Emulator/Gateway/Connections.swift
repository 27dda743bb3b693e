import Server

/// The open connections by their ids.
actor Connections {
  struct Open: Sendable {
    let context: ConnectionContext
    let socket: WebSocketConnection
    var lastActiveAt: GatewayTime
  }

  private var open: [String: Open] = [:]

  func add(_ context: ConnectionContext, _ socket: WebSocketConnection) {
    open[context.connectionID] = Open(
      context: context, socket: socket, lastActiveAt: context.connectedAt)
  }

  func remove(_ id: String) {
    open[id] = nil
  }

  func touch(_ id: String, at time: GatewayTime) {
    open[id]?.lastActiveAt = time
  }

  subscript(id: String) -> Open? { open[id] }

  var all: [Open] { Array(open.values) }
}
