/// Writes the messages of an AWS event stream (`application/vnd.amazon.eventstream`).
///
/// Big-endian: total length, length of the headers, CRC-32 of these eight bytes, headers, payload, CRC-32
/// of everything before. Source: AWS SDK reference, "Event stream encoding".
package enum EventFrame {
  package static let type = "application/vnd.amazon.eventstream"

  /// A message with headers whose values are texts of at most 65,535 bytes.
  package static func message(
    _ headers: [(name: String, value: String)], _ payload: [UInt8]
  ) -> [UInt8] {
    var head: [UInt8] = []
    for (name, value) in headers {
      head.append(UInt8(truncatingIfNeeded: name.utf8.count))
      head += Array(name.utf8)
      head.append(7)  // a string
      head += [UInt8(value.utf8.count >> 8 & 255), UInt8(value.utf8.count & 255)]
      head += Array(value.utf8)
    }
    var frame = bytes(UInt32(16 + head.count + payload.count)) + bytes(UInt32(head.count))
    frame += bytes(CRC32.checksum(frame))
    frame += head + payload
    return frame + bytes(CRC32.checksum(frame))
  }

  package static func event(_ name: String, type: String, _ payload: [UInt8]) -> [UInt8] {
    message(
      [(":event-type", name), (":content-type", type), (":message-type", "event")], payload)
  }

  private static func bytes(_ value: UInt32) -> [UInt8] {
    [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
  }
}
