import Foundation
import Server
import Support
import Testing

private struct Case: Decodable, Sendable, CustomTestStringConvertible {
  var name: String
  var requestText: String
  var expect: String

  var testDescription: String { name }
  var bytes: [UInt8] { requestText.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }
}

private struct File: Decodable {
  var cases: [Case]

  static let all: [Case] = {
    let path = "Tests/ServerTests/Fixtures/http-requests.json"
    guard let bytes = try? Project.bytes(path) else { return [] }
    return (try? JSONDecoder().decode(File.self, from: Data(bytes)))?.cases ?? []
  }()
}

@Suite struct HostileRequestTests {
  @Test func `has its cases`() {
    #expect(File.all.count > 40)
  }

  @Test(arguments: File.all, [false, true])
  private func `answers as the case expects`(_ test: Case, inSingleBytes: Bool) async throws {
    try await TestServer(
      {
        $0.limits.body = 1_000_000
        $0.timeouts.idle = 20_000
      }, handler: sample
    ).run { port async throws in
      let client = try Client(port: port)
      if inSingleBytes {
        for byte in test.bytes {
          guard try await client.send([byte]) else { break }
        }
      } else {
        try await client.send(test.bytes)
      }
      client.endSending()
      let received = String(decoding: try await client.receiveAll(), as: UTF8.self)
      let statuses = received.matches(of: #/HTTP/1\.1 (\d\d\d) /#).compactMap { Int($0.1) }
      switch test.expect {
      case "400+close":
        #expect(statuses.count <= 1)
        #expect(statuses.allSatisfy { (400..<500).contains($0) || [501, 505].contains($0) })
      case "one": #expect(statuses.count == 1)
      case "two": #expect(statuses.count == 2)
      case "200+": #expect(statuses == [200])
      default: Issue.record("unknown expectation \(test.expect)")
      }
    }
  }

  @Test(arguments: 0..<40)
  func `survives a request with one byte changed`(seed: Int) async throws {
    try await TestServer({ $0.timeouts.idle = 100 }, handler: sample).run { port async throws in
      let original = Array(
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
          .utf8)
      var random = SeededRandom(seed: UInt64(seed))
      for _ in 0..<5 {
        var bytes = original
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
          in: 0...255, using: &random)
        let client = try Client(port: port)
        try await client.send(bytes)
        client.endSending()
        _ = try await client.receiveAll()
      }
      let client = try Client(port: port)
      try await client.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try await client.receiveAnswer().status == 200)
    }
  }
}

struct SeededRandom: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) {
    state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
  }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
