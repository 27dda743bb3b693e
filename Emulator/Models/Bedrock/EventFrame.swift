import Crypto
import JSON

/// Writes the frames of an AWS event stream.
///
/// Big-endian: total length, length of the headers, CRC-32 of these eight bytes, headers, payload, CRC-32
/// of everything before. Source: AWS SDK reference, "Event stream encoding".
enum EventFrame {
  static let type = "application/vnd.amazon.eventstream"

  static func event(_ name: String, _ payload: JSONValue) -> [UInt8] {
    frame(
      [(":event-type", name), (":content-type", "application/json"), (":message-type", "event")],
      payload)
  }

  static func exception(_ name: String, _ message: String) -> [UInt8] {
    frame(
      [
        (":exception-type", name), (":content-type", "application/json"),
        (":message-type", "exception"),
      ],
      ["message": .string(message)])
  }

  private static func frame(_ headers: [(String, String)], _ payload: JSONValue) -> [UInt8] {
    var head: [UInt8] = []
    for (name, value) in headers {
      head.append(UInt8(name.utf8.count))
      head += Array(name.utf8)
      head.append(7)  // a string
      head += [UInt8(value.utf8.count >> 8), UInt8(value.utf8.count & 255)]
      head += Array(value.utf8)
    }
    let body = payload.encoded()
    var frame = bytes(UInt32(16 + head.count + body.count)) + bytes(UInt32(head.count))
    frame += bytes(CRC32.checksum(frame))
    frame += head + body
    return frame + bytes(CRC32.checksum(frame))
  }

  private static func bytes(_ value: UInt32) -> [UInt8] {
    [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
  }

  /// The same parts with the errors of an event stream: an exception, and a frame with a wrong checksum.
  static func damaged(_ parts: EventSteps.Parts) -> EventSteps.Parts {
    var parts = parts
    parts.error = exception("modelStreamErrorException", "The model had an error while streaming.")
    parts.malformed = event("chunk", [:]).dropLast() + [0]
    return parts
  }
}
