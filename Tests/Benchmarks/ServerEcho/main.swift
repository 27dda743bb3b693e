import Server

// The floor under every service of the emulator: a request answered by the server with nothing
// behind it. `wrk` and a WebSocket client are the load; arguments: port, `loop` or `pool`.
let arguments = CommandLine.arguments.dropFirst()
let port = arguments.first.flatMap { UInt16($0) } ?? 0
try await ServerEcho.run(port, arguments.contains("pool") ? .pool : .loop)
