/// Names of single requests, in the shapes that AWS gives them.
package enum RequestID {
  /// A random UUID in lower case (RFC 9562, version 4): Lambda and most other services.
  package static func uuid() -> String {
    var bytes = Random.bytes(16)
    bytes[6] = bytes[6] & 0x0F | 0x40
    bytes[8] = bytes[8] & 0x3F | 0x80
    return String(unsafeUninitializedCapacity: 36) { text in
      var position = 0
      for (index, byte) in bytes.enumerated() {
        if index == 4 || index == 6 || index == 8 || index == 10 {
          text[position] = 0x2D
          position += 1
        }
        text[position] = Hex.digit(byte >> 4)
        text[position + 1] = Hex.digit(byte & 15)
        position += 2
      }
      return position
    }
  }

  /// 52 letters and digits: DynamoDB's `x-amzn-RequestId`.
  package static func dynamoDB() -> String {
    Random.text(52, from: "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
  }

  /// 16 characters, the last one `=`: API Gateway's request, connection and message ids.
  package static func gateway() -> String {
    Base64.standard.encode(Random.bytes(11))
  }
}
