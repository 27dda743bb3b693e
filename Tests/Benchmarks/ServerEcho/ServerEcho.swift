import Server

enum ServerEcho {
  static func run(_ port: UInt16, _ place: HandlerPlace) async throws {
    let loop = try EventLoop()
    var configuration = ServerConfiguration(port: port)
    configuration.handlers = place
    configuration.limits.body = 2 << 30
    let server = try await HTTPServer.start(configuration, on: loop) { await answer($0) }
    print("http://127.0.0.1:\(server.port)")
    while !Task.isCancelled { try await Task.sleep(for: .seconds(3_600)) }
  }

  private static let small = [UInt8](repeating: UInt8(ascii: "x"), count: 200)

  /// `POST /` answers 200 bytes, `POST /count` the length of the body, `GET /stream` 256 MiB.
  private static func answer(_ request: HTTPRequest) async -> HTTPAnswer {
    if request.headers.contains("Upgrade"), request.wantsWebSocket { return .webSocket(echo) }
    switch request.target {
    case "/stream":
      return .response(
        HTTPResponse(
          status: 200,
          body: .stream(length: nil) { writer in
            let part = [UInt8](repeating: 0, count: 65_536)
            for _ in 0..<4_096 { try await writer.write(part) }
          }))
    case "/count":
      var count = 0
      do {
        for try await chunk in request.body { count += chunk.count }
      } catch {
        return .response(HTTPResponse(status: 400, text: "\(error)"))
      }
      return .response(HTTPResponse(status: 200, text: "\(count)"))
    default:
      return .response(
        HTTPResponse(
          status: 200, headers: ["Content-Type": "application/json"], body: .bytes(small)))
    }
  }

  private static let echo = WebSocketUpgrade { socket in
    for await message in socket.messages {
      do {
        switch message {
        case .text(let text): try await socket.send(text: text)
        case .binary(let bytes): try await socket.send(binary: bytes)
        }
      } catch {
        return
      }
    }
  }
}
