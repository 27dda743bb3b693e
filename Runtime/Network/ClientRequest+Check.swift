extension ClientRequest {
  /// Refuses what would be another request on the wire than it looks here.
  func check() throws(NetworkError) {
    guard !method.isEmpty, method.utf8.allSatisfy(ClientRequest.isTokenByte) else {
      throw .invalidRequest("method")
    }
    guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
      throw .invalidRequest("url: not http or https")
    }
    guard Self.holds(url, { $0 > 0x20 && $0 < 0x7F }) else {
      throw .invalidRequest("url: not percent-encoded")
    }
    for (name, value) in headers.fields {
      guard !name.isEmpty, Self.holds(name, ClientRequest.isTokenByte) else {
        throw .invalidRequest("name of a header")
      }
      guard Self.holds(value, { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
        throw .invalidRequest("header \(name): control character")
      }
    }
    for name in ["Content-Length", "Transfer-Encoding"] where headers[name] != nil {
      throw .invalidRequest("header \(name): follows from the body")
    }
  }

  /// Whether each byte passes. Headers are long, and every request is looked at.
  @inline(__always)
  private static func holds(_ text: String, _ test: (UInt8) -> Bool) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      for byte in bytes where !test(byte) { return false }
      return true
    }
  }

  /// RFC 9110, 5.6.2.
  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
    default: false
    }
  }
}
