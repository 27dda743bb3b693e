import JSON
import Server
import Support
import Synchronization
import Template
import Testing

@testable import Gateway

@Suite(.serialized) struct FunctionURLTests {
  static let head = #"{"statusCode":201,"headers":{"X-A":"1"},"cookies":["a=1"]}"#

  /// A gateway with a buffered and a streamed URL; the streamed function does what `script` says.
  func withURLs(
    _ script: @escaping InvokeStreaming = { _, _, _ in .unavailable },
    _ body: (Emulated) async throws -> Void
  ) async throws {
    let edit = { (configuration: inout GatewayConfiguration) in
      configuration.functionURLs = [
        "Plain": FunctionURLDefinition(requiresSignature: false),
        "Signed": FunctionURLDefinition(requiresSignature: true),
        "Live": FunctionURLDefinition(requiresSignature: false, streams: true),
      ]
      configuration.invokeStreaming = script
    }
    try await withGateway(edit: edit, body)
  }

  @Test func `is reached by host and by path`() async throws {
    try await withURLs { emulated in
      emulated.functions.set("Plain", #"{"statusCode":200,"body":"hi"}"#)
      let client = try emulated.client()
      let byHost = try await client.request("GET /a?b=1", host: "plain.lambda-url.localhost:1")
      #expect(byHost.body == "hi")
      let byPath = try await client.request("GET /_martlet/functions/Plain/a?b=1")
      #expect(byPath.body == "hi")
      #expect(byPath.header("x-amzn-RequestId")?.utf8.count == 36)
      for event in emulated.functions.calls(of: "Plain") {
        #expect(event["rawPath"] == "/a")
        #expect(event["rawQueryString"] == "b=1")
        #expect(event["routeKey"] == "$default")
        #expect(event["requestContext"]?["accountId"] == "anonymous")
      }
      #expect(try await client.request("GET /_martlet/functions/Plainer").body == "console")
    }
  }

  @Test func `answers failures as the service does`() async throws {
    try await withURLs { emulated in
      let client = try emulated.client()
      let path = "GET /_martlet/functions/Plain"
      for (outcome, status) in [
        (InvocationOutcome.functionError([]), 502), (.throttled, 429), (.eventTooLarge, 413),
        (.unavailable, 503),
      ] {
        emulated.functions.set("Plain") { _ in outcome }
        #expect(try await client.request(path).status == status)
      }
      let signed = "GET /_martlet/functions/Signed"
      #expect(try await client.request(signed).status == 403)
      let header = ["Authorization: AWS4-HMAC-SHA256 Credential=x"]
      #expect(try await client.request(signed, header).status == 200)
    }
  }

  @Test func `streams a response with its head, piece by piece`() async throws {
    let gate = Mutex<Bool>.Box(false)
    try await withURLs { _, _, consume in
      do {
        try await consume(.begins(contentType: PreludeParser.contentType))
        let head = Array(FunctionURLTests.head.utf8)
        try await consume(.bytes(Array(head.prefix(10))))
        try await consume(.bytes(head.dropFirst(10) + [0, 0, 0]))
        try await consume(.bytes([0, 0, 0, 0, 0] + Array("one".utf8)))
        try await eventually { gate.value }
        try await consume(.bytes(Array("two".utf8)))
      } catch {
        return .unavailable
      }
      return .success([])
    } _: { emulated in
      let client = try emulated.client()
      let answer = try await client.request("GET /_martlet/functions/Live/")
      #expect(answer.status == 201)
      #expect(answer.header("X-A") == "1")
      #expect(answer.header("Set-Cookie") == "a=1")
      #expect(answer.header("Transfer-Encoding") == "chunked")
      // The first piece is here while the function still works.
      #expect(try await client.read(8) == "3\r\none\r\n")
      gate.mutex.withLock { $0 = true }
      #expect(try await client.read(13) == "3\r\ntwo\r\n0\r\n\r\n")
    }
  }

  @Test func `ends the connection when the function fails in the middle`() async throws {
    try await withURLs { _, _, consume in
      try? await consume(.begins(contentType: "text/plain"))
      try? await consume(.bytes(Array("half".utf8)))
      return .functionError([])
    } _: { emulated in
      let client = try emulated.client()
      let answer = try await client.request("GET /_martlet/functions/Live/")
      #expect(answer.header("Content-Type") == "text/plain")
      #expect(try await client.read(9) == "4\r\nhalf\r\n")
      await #expect(throws: ClientError.self) { try await client.read(1) }
    }
  }

  @Test func `tells the function when its client has left`() async throws {
    let left = Mutex<Bool>.Box(false)
    try await withURLs { _, _, consume in
      try? await consume(.begins(contentType: "text/plain"))
      while (try? await consume(.bytes([UInt8](repeating: 0x61, count: 65_536)))) != nil {}
      left.mutex.withLock { $0 = true }
      return .success([])
    } _: { emulated in
      let client = try emulated.client()
      _ = try await client.request("GET /_martlet/functions/Live/")
      client.end()
      try await eventually { left.value }
    }
  }

  @Test func `answers what comes without a stream`() async throws {
    try await withURLs { _, _, _ in
      .success(Array(#"{"statusCode":202}"#.utf8))
    } _: { emulated in
      let answer = try await emulated.client().request("GET /_martlet/functions/Live/")
      #expect(answer.status == 202)
    }
  }
}

@Suite struct PreludeParserTests {
  static let text = Array(FunctionURLTests.head.utf8) + [UInt8](repeating: 0, count: 8) + [0, 1, 2]

  @Test func `finds the end however the bytes are cut`() throws {
    for cut in 0...PreludeParserTests.text.count {
      var parser = PreludeParser()
      var progress = parser.append(Array(PreludeParserTests.text[..<cut]))
      var rest = Array(PreludeParserTests.text[cut...])
      if progress == .incomplete {
        progress = parser.append(rest)
        rest = []
      }
      guard case .complete(let head, let body) = progress else {
        Issue.record("cut at \(cut): \(progress)")
        continue
      }
      #expect(head.status == 201)
      #expect(body + rest == [0, 1, 2])
    }
  }

  @Test func `refuses what is no head`() {
    for text in ["[]", "{", #"{"statusCode":"x"}"#, ""] {
      var parser = PreludeParser()
      #expect(parser.append(Array(text.utf8) + [UInt8](repeating: 0, count: 8)) == .malformed)
    }
    var parser = PreludeParser()
    #expect(parser.append([UInt8](repeating: 0x20, count: 16_385)) == .malformed)
  }
}
