import Crypto
import JSON

extension EventFrame {
  static func event(_ name: String, _ payload: JSONValue) -> [UInt8] {
    event(name, type: "application/json", payload.encoded())
  }

  static func exception(_ name: String, _ message: String) -> [UInt8] {
    let payload: JSONValue = ["message": .string(message)]
    return self.message(
      [
        (":exception-type", name), (":content-type", "application/json"),
        (":message-type", "exception"),
      ], payload.encoded())
  }

  /// The same parts with the errors of an event stream: an exception, and a frame with a wrong checksum.
  static func damaged(_ parts: EventSteps.Parts) -> EventSteps.Parts {
    var parts = parts
    parts.error = exception("modelStreamErrorException", "The model had an error while streaming.")
    parts.malformed = event("chunk", [:]).dropLast() + [0]
    return parts
  }
}
