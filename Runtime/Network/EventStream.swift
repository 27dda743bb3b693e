import Crypto

/// The value of a header in an AWS event stream.
package enum EventStreamValue: Sendable, Equatable {
  case bool(Bool)
  case byte(Int8)
  case short(Int16)
  case int(Int32)
  case long(Int64)
  case bytes([UInt8])
  case string(String)
  /// Unix milliseconds.
  case timestamp(Int64)
  /// 16 bytes.
  case uuid([UInt8])
}

/// A message of an AWS event stream (`application/vnd.amazon.eventstream`).
package struct EventStreamMessage: Sendable, Equatable {
  package struct Header: Sendable, Equatable {
    package let name: String
    package let value: EventStreamValue

    package init(_ name: String, _ value: EventStreamValue) {
      self.name = name
      self.value = value
    }
  }

  package var headers: [Header]
  package var payload: [UInt8]

  package init(headers: [Header] = [], payload: [UInt8] = []) {
    self.headers = headers
    self.payload = payload
  }

  /// The text of a header; nil when it is absent or of another type.
  package subscript(name: String) -> String? {
    guard case .string(let text)? = headers.first(where: { $0.name == name })?.value else {
      return nil
    }
    return text
  }

  /// `event`, `exception` or `error`.
  package var messageType: String? { self[":message-type"] }
  package var eventType: String? { self[":event-type"] }
  package var exceptionType: String? { self[":exception-type"] }
}

/// Why bytes are no event stream. The stream cannot go on behind it.
package enum EventStreamError: Error, Equatable {
  case wrongChecksum
  case tooLong(Int, limit: Int)
  case malformed(String)
}

/// Reads the messages of an AWS event stream from bytes in pieces of any size.
///
/// Source: "Event stream encoding" (Amazon Transcribe and Bedrock guides; smithy's event stream
/// specification). Numbers are big-endian; two CRC-32s guard the prelude and the whole.
package struct EventStreamDecoder: Sendable {
  private static let preludeCount = 12
  private let limit: Int
  private var buffer: [UInt8] = []

  /// - Parameter limit: Bytes of a message at the most; more are refused before they arrive.
  package init(limit: Int = 16 << 20) {
    self.limit = limit
  }

  /// Whether a message has begun that is not complete: at the stream's end a failure.
  package var isInsideMessage: Bool { !buffer.isEmpty }

  /// Takes more bytes; the messages they complete.
  package mutating func receive(
    _ bytes: some Sequence<UInt8>
  ) throws(EventStreamError) -> [EventStreamMessage] {
    buffer.append(contentsOf: bytes)
    var messages: [EventStreamMessage] = []
    var start = 0
    while buffer.count - start >= Self.preludeCount {
      var prelude = ByteReader(buffer[start..<start + Self.preludeCount])
      let (total, headers) = (Int(try prelude.uint32()), Int(try prelude.uint32()))
      guard try prelude.uint32() == CRC32.checksum(Array(buffer[start..<start + 8])) else {
        throw .wrongChecksum
      }
      guard total <= limit else { throw .tooLong(total, limit: limit) }
      guard total >= Self.preludeCount + headers + 4 else { throw .malformed("length") }
      guard buffer.count - start >= total else { break }
      messages.append(
        try message(buffer[start..<start + total], headers: headers))
      start += total
    }
    buffer.removeFirst(start)
    return messages
  }

  private func message(
    _ bytes: ArraySlice<UInt8>, headers: Int
  ) throws(EventStreamError) -> EventStreamMessage {
    var sum = ByteReader(bytes.suffix(4))
    guard try sum.uint32() == CRC32.checksum(Array(bytes.dropLast(4))) else {
      throw .wrongChecksum
    }
    let start = bytes.startIndex + Self.preludeCount
    var reader = ByteReader(bytes[start..<start + headers])
    var message = EventStreamMessage(payload: Array(bytes[(start + headers)...].dropLast(4)))
    while !reader.isAtEnd {
      let name = try reader.text(Int(reader.uint8()))
      message.headers.append(.init(name, try value(&reader)))
    }
    return message
  }

  private func value(_ reader: inout ByteReader) throws(EventStreamError) -> EventStreamValue {
    switch try reader.uint8() {
    case 0: .bool(true)
    case 1: .bool(false)
    case 2: .byte(Int8(bitPattern: try reader.uint8()))
    case 3: .short(Int16(bitPattern: try reader.uint16()))
    case 4: .int(Int32(bitPattern: try reader.uint32()))
    case 5: .long(Int64(bitPattern: try reader.uint64()))
    case 6: .bytes(try reader.bytes(Int(reader.uint16())))
    case 7: .string(try reader.text(Int(reader.uint16())))
    case 8: .timestamp(Int64(bitPattern: try reader.uint64()))
    case 9: .uuid(try reader.bytes(16))
    default: throw .malformed("type of a header")
    }
  }
}

/// Takes big-endian numbers and runs of bytes off the front.
private struct ByteReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func bytes(_ count: Int) throws(EventStreamError) -> [UInt8] {
    guard rest.count >= count else { throw .malformed("a header is cut off") }
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  mutating func text(_ count: Int) throws(EventStreamError) -> String {
    guard let text = String(validating: try bytes(count), as: UTF8.self) else {
      throw .malformed("a header is no UTF-8")
    }
    return text
  }

  mutating func uint8() throws(EventStreamError) -> UInt8 { UInt8(try number(1)) }
  mutating func uint16() throws(EventStreamError) -> UInt16 { UInt16(try number(2)) }
  mutating func uint32() throws(EventStreamError) -> UInt32 { UInt32(try number(4)) }
  mutating func uint64() throws(EventStreamError) -> UInt64 { try number(8) }

  private mutating func number(_ count: Int) throws(EventStreamError) -> UInt64 {
    try bytes(count).reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension EventStreamMessage {
  /// The message as bytes. Names have at the most 255 bytes, texts and byte values 32,767.
  package func encoded() throws(EventStreamError) -> [UInt8] {
    var head: [UInt8] = []
    for header in headers {
      guard (1...255).contains(header.name.utf8.count) else { throw .malformed("name of a header") }
      head.append(UInt8(header.name.utf8.count))
      head.append(contentsOf: header.name.utf8)
      try head.append(header.value)
    }
    var bytes: [UInt8] = []
    bytes.append(bigEndian: UInt32(truncatingIfNeeded: 16 + head.count + payload.count))
    bytes.append(bigEndian: UInt32(truncatingIfNeeded: head.count))
    bytes.append(bigEndian: CRC32.checksum(bytes))
    bytes += head
    bytes += payload
    bytes.append(bigEndian: CRC32.checksum(bytes))
    return bytes
  }
}

extension [UInt8] {
  fileprivate mutating func append(bigEndian number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
  }

  fileprivate mutating func append(_ value: EventStreamValue) throws(EventStreamError) {
    switch value {
    case .bool(let value): append(value ? 0 : 1)
    case .byte(let value): self += [2, UInt8(bitPattern: value)]
    case .short(let value): append(tag: 3, value)
    case .int(let value): append(tag: 4, value)
    case .long(let value): append(tag: 5, value)
    case .timestamp(let value): append(tag: 8, value)
    case .bytes(let value): try append(tag: 6, counted: value)
    case .string(let value): try append(tag: 7, counted: Array(value.utf8))
    case .uuid(let value):
      guard value.count == 16 else { throw .malformed("a UUID has 16 bytes") }
      self += [9] + value
    }
  }

  private mutating func append(tag: UInt8, _ number: some FixedWidthInteger) {
    append(tag)
    append(bigEndian: number)
  }

  private mutating func append(
    tag: UInt8, counted bytes: [UInt8]
  ) throws(EventStreamError) {
    guard bytes.count <= 32_767 else { throw .malformed("a header is too long") }
    append(tag: tag, UInt16(bytes.count))
    self += bytes
  }
}
