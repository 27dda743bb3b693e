import Network
import Support
import Testing

@Suite(.timeLimit(.minutes(3))) struct HTTPClientTests {
  private let client = HTTPClient()

  private var soon: ContinuousClock.Instant { .now + .seconds(60) }

  private func url(_ server: SocketServer, _ path: String = "/") -> String {
    "http://127.0.0.1:\(server.port)\(path)"
  }

  @Test func `sends what it is told and nothing else`() async throws {
    let server = try SocketServer { connection in
      while let request = connection.request() {
        let names = request.headers.map { $0.name.lowercased() }.sorted().joined(separator: ",")
        connection.respond(
          201, headers: ["X-Two": "a  b"],
          "\(request.method) \(request.target) [\(names)] \(request.text)")
      }
    }
    defer { server.stop() }
    var request = ClientRequest(
      "POST", url(server, "/a/../b%20c?x=1"), headers: ["X-Empty": "", "x-one": "1"],
      body: .bytes(Array("食べる".utf8)))
    var response = try await client.send(request, deadline: soon)
    #expect(response.status == 201)
    #expect(response.headers["x-two"] == "a  b")
    #expect(
      String(decoding: response.body, as: UTF8.self)
        == "POST /a/../b%20c?x=1 [content-length,host,x-empty,x-one] 食べる")

    for (method, lengths) in [
      ("GET", ""), ("DELETE", ""), ("POST", "content-length,"), ("PUT", "content-length,"),
    ] {
      request = ClientRequest(method, url(server))
      response = try await client.send(request, deadline: soon)
      #expect(
        String(decoding: response.body, as: UTF8.self) == "\(method) / [\(lengths)host] ")
    }
  }

  @Test func `keeps the connection for the next request`() async throws {
    let server = try SocketServer { connection in
      while connection.request() != nil { connection.respond(200, "ok") }
    }
    defer { server.stop() }
    for _ in 0..<20 {
      #expect(
        try await client.send(ClientRequest("GET", url(server)), deadline: soon).status == 200)
    }
    #expect(server.accepted == 1)
  }

  @Test func `a HEAD has no body, a 204 neither`() async throws {
    let server = try SocketServer { connection in
      while let request = connection.request() {
        connection.write(
          request.method == "HEAD"
            ? "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" : "HTTP/1.1 204 No\r\n\r\n")
      }
    }
    defer { server.stop() }
    for method in ["HEAD", "DELETE", "HEAD"] {
      let response = try await client.send(ClientRequest(method, url(server)), deadline: soon)
      #expect(response.body.isEmpty)
    }
  }

  @Test func `skips 1xx and keeps trailers out of the head`() async throws {
    let server = try SocketServer { connection in
      _ = connection.request()
      connection.write(
        "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
          + "3\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n")
      connection.awaitClose()
    }
    defer { server.stop() }
    let response = try await client.send(ClientRequest("GET", url(server)), deadline: soon)
    #expect(response.status == 200 && response.body == Array("abc".utf8))
    #expect(response.headers["Link"] == nil && response.headers["X-Trailer"] == nil)
  }

  @Test func `does not follow redirects`() async throws {
    let server = try SocketServer { connection in
      while connection.request() != nil {
        connection.respond(302, headers: ["Location": "http://127.0.0.1:9/"])
      }
    }
    defer { server.stop() }
    let response = try await client.send(ClientRequest("GET", url(server)), deadline: soon)
    #expect(response.status == 302 && response.headers["location"] == "http://127.0.0.1:9/")
  }

  @Test func `refuses requests that would be others on the wire`() async throws {
    let client = client
    let deadline = soon
    for request in [
      ClientRequest("GET X", "http://127.0.0.1:1/"), ClientRequest("", "http://127.0.0.1:1/"),
      ClientRequest("GET", "file:///etc/passwd"), ClientRequest("GET", "http://127.0.0.1:1/a b"),
      ClientRequest("GET", "http://127.0.0.1:1/\r\nX: y"),
      ClientRequest("GET", "http://127.0.0.1:1/é"),
      ClientRequest("GET", "http://127.0.0.1:1/", headers: ["A": "b\r\nC: d"]),
      ClientRequest("GET", "http://127.0.0.1:1/", headers: ["A:": "b"]),
      ClientRequest("GET", "http://127.0.0.1:1/", headers: ["content-length": "3"]),
      ClientRequest("GET", "http://[::1/"), ClientRequest("GET", "http://:80/"),
    ] {
      let error = await #expect(throws: NetworkError.self) {
        try await client.send(request, deadline: deadline)
      }
      guard case .invalidRequest? = error else {
        Issue.record("\(request.url): \(String(describing: error))")
        continue
      }
    }
  }

  @Test func `many requests at once`() async throws {
    let server = try SocketServer { connection in
      while let request = connection.request() { connection.respond(200, request.target) }
    }
    defer { server.stop() }
    let client = client
    let base = url(server)
    let deadline = soon
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<300 {
        group.addTask {
          let response = try await client.send(
            ClientRequest("GET", base + "\(number)"), deadline: deadline)
          #expect(response.body == Array("/\(number)".utf8))
        }
      }
      try await group.waitForAll()
    }
    #expect(server.accepted <= 64)
  }

  @Test func `runs on an executor of one thread`() async throws {
    let server = try SocketServer { connection in
      while connection.request() != nil { connection.respond(200, "ok") }
    }
    defer { server.stop() }
    let client = client
    let base = url(server)
    let deadline = soon
    try await withTaskExecutorPreference(OneThread()) {
      for _ in 0..<10 {
        #expect(try await client.send(ClientRequest("GET", base), deadline: deadline).status == 200)
        let stream = try await client.stream(ClientRequest("GET", base), deadline: deadline)
        #expect(try await stream.body.collect(upTo: 10) == Array("ok".utf8))
      }
    }
  }
}
