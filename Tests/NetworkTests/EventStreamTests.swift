import Network
import Testing

@Suite struct EventStreamTests {
  /// Frames made with botocore's own parser as the referee: `:event-type` = `chunk`, payload `{}`.
  private let message = EventStreamMessage(
    headers: [
      .init(":message-type", .string("event")), .init(":event-type", .string("chunk")),
      .init("yes", .bool(true)), .init("no", .bool(false)), .init("byte", .byte(-1)),
      .init("short", .short(-2)), .init("int", .int(-3)), .init("long", .long(.min)),
      .init("bytes", .bytes([1, 2])), .init("time", .timestamp(1_767_323_045_000)),
      .init("uuid", .uuid([UInt8](0..<16))), .init("empty", .string("")),
    ], payload: Array(#"{"bytes":"e30="}"#.utf8))

  /// smithy-lang and aws-c-event-stream test data: an empty message, one with a payload, one header.
  private static let known: [(hex: String, message: EventStreamMessage)] = [
    ("000000100000000005c248eb7d98c8ff", EventStreamMessage()),
    (
      "0000001d00000000fd528c5a7b27666f6f273a27626172277dc3653936",
      EventStreamMessage(payload: Array("{'foo':'bar'}".utf8))
    ),
    (
      """
      0000003d0000002007fd83960c636f6e74656e742d747970650700106170706c\
      69636174696f6e2f6a736f6e7b27666f6f273a27626172277d8d9c08b1
      """,
      EventStreamMessage(
        headers: [.init("content-type", .string("application/json"))],
        payload: Array("{'foo':'bar'}".utf8))
    ),
  ]

  private func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex)
    return stride(from: 0, to: digits.count, by: 2).compactMap {
      UInt8(String(digits[$0...$0 + 1]), radix: 16)
    }
  }

  private func read(_ pieces: [[UInt8]]) throws -> [EventStreamMessage] {
    var decoder = EventStreamDecoder()
    return try pieces.flatMap { try decoder.receive($0) }
  }

  @Test func `reads and writes the published frames`() throws {
    for (hex, message) in Self.known {
      #expect(try read([bytes(hex)]) == [message], "\(hex)")
      #expect(try message.encoded() == bytes(hex), "\(hex)")
    }
  }

  @Test func `does not care how the bytes are cut`() throws {
    let frames = try message.encoded() + bytes(Self.known[2].hex) + message.encoded()
    let messages = [message, Self.known[2].message, message]
    #expect(try read([frames]) == messages)
    #expect(try read(frames.map { [$0] }) == messages)
    for cut in 0...frames.count {
      #expect(
        try read([Array(frames[..<cut]), Array(frames[cut...])]) == messages, "cut at \(cut)")
    }
    #expect(message.messageType == "event" && message.eventType == "chunk")
    #expect(message.exceptionType == nil && message["yes"] == nil)
  }

  @Test func `notices every changed byte`() throws {
    let frame = try message.encoded()
    for place in frame.indices {
      var changed = frame
      changed[place] ^= 1
      var decoder = EventStreamDecoder()
      // A longer length may only make it wait for more; it never makes a message.
      let messages = (try? decoder.receive(changed)) ?? []
      #expect(messages.isEmpty, "byte \(place)")
    }
  }

  @Test func `refuses a length over the limit before it arrives`() throws {
    let frame = try EventStreamMessage(payload: [UInt8](repeating: 0, count: 1_000)).encoded()
    var decoder = EventStreamDecoder(limit: 1_000)
    #expect(throws: EventStreamError.tooLong(1_016, limit: 1_000)) {
      try decoder.receive(frame.prefix(12))
    }
  }

  @Test func `knows when a message is cut off`() throws {
    var decoder = EventStreamDecoder()
    _ = try decoder.receive(try message.encoded().dropLast())
    #expect(decoder.isInsideMessage)
    _ = try decoder.receive(try message.encoded().suffix(1))
    #expect(!decoder.isInsideMessage)
  }

  @Test func `refuses to write what nobody could read`() {
    let long = String(repeating: "a", count: 256)
    for header in [
      EventStreamMessage.Header(long, .bool(true)), .init("", .bool(true)),
      .init("a", .uuid([1])), .init("a", .bytes([UInt8](repeating: 0, count: 32_768))),
    ] {
      #expect(throws: EventStreamError.self) {
        try EventStreamMessage(headers: [header]).encoded()
      }
    }
  }
}
