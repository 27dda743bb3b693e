import Testing

@testable import Network

@Suite struct WebSocketFramesTests {
  /// RFC 6455 §5.7, and what may stand between fragments.
  private static let examples: [(bytes: [UInt8], messages: [WebSocketFrames.Message])] = [
    ([0x81, 0x05] + Array("Hello".utf8), [.text("Hello")]),
    ([0x01, 0x03] + Array("Hel".utf8) + [0x80, 0x02] + Array("lo".utf8), [.text("Hello")]),
    (
      [0x01, 0x03] + Array("Hel".utf8) + [0x89, 0x01, 0x78, 0x80, 0x02] + Array("lo".utf8),
      [.ping([0x78]), .text("Hello")]
    ),
    ([0x8A, 0x00, 0x82, 0x01, 0x07], [.pong, .binary([7])]),
    (
      [0x82, 0x7E, 0x01, 0x00] + [UInt8](repeating: 9, count: 256),
      [.binary(Array(repeating: 9, count: 256))]
    ),
    ([0x88, 0x02, 0x03, 0xE8], [.close(1000)]),
    ([0x88, 0x00], [.close(1005)]),
  ]

  @Test func `reads whole messages, however the bytes come`() throws {
    for (bytes, messages) in Self.examples {
      for size in [1, 2, 3, bytes.count] {
        var frames = WebSocketFrames()
        var got: [WebSocketFrames.Message] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
          frames.take(bytes[start..<min(start + size, bytes.count)])
          while let message = try frames.next() { got.append(message) }
        }
        #expect(got == messages)
      }
    }
  }

  @Test(
    arguments: [
      ([0x81, 0x85, 0, 0, 0, 0], .masked), ([0xC1, 0x00], .reserved), ([0x83, 0x00], .reserved),
      ([0x80, 0x00], .fragmentation), ([0x01, 0x00, 0x01, 0x00], .fragmentation),
      ([0x09, 0x00], .reserved), ([0x89, 0x7E, 0x00, 0x80], .reserved),
      ([0x81, 0x01, 0xFF], .notText), ([0x81, 0x7E, 0x01, 0x01], .tooLong),
      ([0x81, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0], .tooLong),
    ] as [([UInt8], WebSocketFrames.Violation)])
  func `refuses what breaks the protocol`(_ bytes: [UInt8], _ violation: WebSocketFrames.Violation)
  {
    var frames = WebSocketFrames(limit: 256)
    frames.take(bytes)
    #expect(throws: violation) {
      while try frames.next() != nil {}
    }
  }

  @Test func `writes masked frames of every length`() throws {
    for count in [0, 5, 125, 126, 65_535, 65_536] {
      let text = String(repeating: "x", count: count)
      let frame = WebSocketFrames.text(text)
      #expect(frame[0] == 0x81)
      #expect(frame[1] & 0x80 != 0)
      let digits = count < 126 ? 0 : count < 65_536 ? 2 : 8
      let mask = frame[(2 + digits)..<(6 + digits)]
      let payload = frame[(6 + digits)...].enumerated().map { $1 ^ mask[mask.startIndex + $0 % 4] }
      #expect(payload == Array(text.utf8))
      if digits > 0 { #expect(frame[2..<(2 + digits)].reduce(0) { $0 << 8 | Int($1) } == count) }
    }
  }
}
