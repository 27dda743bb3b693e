import Events
import Foundation
import Testing

@testable import LambdaRuntime

@Suite struct StreamTests {
  private struct Pages: StreamingHandler {
    let pieces: [String]
    var prelude: ResponsePrelude?
    var failure: (any Error & Sendable)?

    func handle(
      _ event: [String: String], _ response: ResponseStream, _ invocation: Invocation
    ) async throws {
      if let prelude { try await response.start(prelude) }
      for piece in pieces { try await response.write(piece) }
      if let failure { throw failure }
    }
  }

  @Test func `prelude, eight NULs, then the pieces`() async throws {
    let api = FakeRuntimeAPI(events: [event("{}")])
    defer { api.stop() }
    let prelude = ResponsePrelude(
      statusCode: 201, headers: ["x": "y"], cookies: ["a=b; Path=/"])
    _ = await drive(
      Pages(pieces: ["<p>", "", "食べる"], prelude: prelude).raw, at: api.endpointText)
    let answer = try #require(api.requests(to: "/response").first)
    #expect(
      answer.fields["content-type"] == "application/vnd.awslambda.http-integration-response")
    #expect(answer.fields["lambda-runtime-function-response-mode"] == "streaming")
    #expect(answer.fields["transfer-encoding"] == "chunked")
    #expect(
      answer.fields["trailer"]
        == "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body")
    let end = try #require(answer.body.firstIndex(of: 0))
    #expect(answer.body[end..<end + 8].allSatisfy { $0 == 0 })
    #expect(String(decoding: answer.body[(end + 8)...], as: UTF8.self) == "<p>食べる")
    let head = try JSONDecoder().decode(ResponsePrelude.self, from: Data(answer.body[..<end]))
    #expect(head == prelude)
    #expect(answer.trailers.isEmpty)
    #expect(api.requests.count == 3)
  }

  @Test func `an error in the middle goes into trailers with a base64 body`() async throws {
    enum Failure: Error { case modelGone }
    let api = FakeRuntimeAPI(events: [event("{}")])
    defer { api.stop() }
    _ = await drive(
      Pages(pieces: ["half"], prelude: nil, failure: Failure.modelGone).raw, at: api.endpointText)
    let answer = try #require(api.requests(to: "/response").first)
    #expect(answer.text == "half")
    #expect(answer.trailers["lambda-runtime-function-error-type"] == "Function.ModelGone")
    let body = try #require(answer.trailers["lambda-runtime-function-error-body"])
    let decoded = try #require(Data(base64Encoded: body))
    let text = String(decoding: decoded, as: UTF8.self)
    #expect(try object(text)["errorType"] as? String == "Function.ModelGone")
    #expect(api.requests(to: "/error").isEmpty)
  }

  @Test func `an error before the first piece is an ordinary one`() async {
    enum Failure: Error { case modelGone }
    let api = FakeRuntimeAPI(events: [event("{}")])
    defer { api.stop() }
    _ = await drive(
      Pages(pieces: [], prelude: nil, failure: Failure.modelGone).raw, at: api.endpointText)
    #expect(api.requests(to: "/error").count == 1)
    #expect(api.requests(to: "/response").isEmpty)
  }

  @Test func `a large stream arrives whole and in order`() async throws {
    let api = FakeRuntimeAPI(events: [event("{}")])
    defer { api.stop() }
    let pieces = (0..<2000).map { String(repeating: "\($0 % 10)", count: 5000) }
    _ = await drive(
      Pages(pieces: pieces).raw, at: api.endpointText, patience: RuntimeClient.Patience())
    let answer = try #require(api.requests(to: "/response").first)
    #expect(answer.text == pieces.joined())
  }

  @Test func `a client that hangs up is an error to the writer, and the next event is taken`() async
  {
    let lost = Mutexed(false)
    let handler = Closure { _, response, _ in
      do {
        while true { try await response.write(String(repeating: "x", count: 100_000)) }
      } catch ResponseError.connectionLost {
        lost.set(true)
      }
    }
    let outcome = await drive(handler, at: "127.0.0.1:\(OneEvent().port)")
    #expect(lost.value)
    #expect(outcome.end == .failed)
  }

  @Test func `a reader may pause for longer than a server may be silent`() async {
    // More than the kernel keeps for both ends.
    let size = 16_000_000
    let brief = RuntimeClient.Patience(stall: .milliseconds(200))
    let read = Mutexed(0)
    let server = OneEvent { client in
      Pause.sleep(brief.stall * 2)
      var end: [UInt8] = []
      while !end.elementsEqual("\r\n0\r\n\r\n".utf8) {
        let bytes = OneEvent.receive(client)
        guard !bytes.isEmpty else { return }
        read.set(read.value + bytes.count)
        end = (end + bytes).suffix(7)
      }
      Pause.sleep(brief.stall * 2)
      OneEvent.send(accepted, to: client)
    }
    let handler = Closure { _, response, _ in
      for _ in 0..<size / 100_000 {
        try await response.write([UInt8](repeating: 120, count: 100_000))
      }
    }
    let outcome = await drive(
      handler, at: "127.0.0.1:\(server.port)", patience: brief)
    // What came before the pause is not counted.
    #expect(read.value > size - 65_536)
    // The connection ends behind the answer: that there is no further event is the only line.
    #expect(outcome.lines.count == 1, "\(outcome.lines)")
  }

  @Test func `nobody waits for a reader beyond the deadline`() async {
    let soon = Int(WallClock.system.milliseconds()) + 100
    let isLost = Mutexed(false)
    let stayed = Mutexed(false)
    // Reads nothing and stays, until the writer has given up.
    let server = OneEvent(event("{}", deadline: soon)) { _ in
      for _ in 0..<6000 where !isLost.value { Pause.sleep(.milliseconds(10)) }
      stayed.set(!isLost.value)
    }
    let handler = Closure { _, response, _ in
      do {
        while true { try await response.write(String(repeating: "x", count: 100_000)) }
      } catch ResponseError.connectionLost {
        isLost.set(true)
      }
    }
    _ = await drive(handler, at: "127.0.0.1:\(server.port)")
    #expect(isLost.value)
    #expect(!stayed.value)
  }
}

/// A server that gives one event and then, on the same connection, does what a test says with it.
private final class OneEvent: Sendable {
  let port: Int

  /// `serve` gets the connection when the answer has begun to come; it is closed behind it.
  init(_ text: String = event("{}"), serve: @escaping @Sendable (Int32) -> Void = { _ in }) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        _ = bind(listener, generic, size)
        _ = listen(listener, 8)
        getsockname(listener, generic, &size)
      }
    }
    port = Int(UInt16(bigEndian: address.sin_port))
    Foundation.Thread.detachNewThread {
      let client = accept(listener, nil, nil)
      _ = Self.receive(client)
      Self.send(text, to: client)
      _ = Self.receive(client)
      serve(client)
      close(client)
      close(listener)
    }
  }

  static func send(_ text: String, to client: Int32) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes {
      Foundation.send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
  }

  static func receive(_ client: Int32) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(client, &buffer, buffer.count, 0)
    return Array(buffer[..<max(0, count)])
  }
}
