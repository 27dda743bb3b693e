/// An event of API Gateway or a function URL: it may have a body, as text or as base64.
public protocol EventBody {
  /// The body as the event holds it; nil when there is none.
  var body: String? { get }
  /// Whether `body` is base64 of the bytes that the client sent.
  var hasBase64Body: Bool { get }
}

extension EventBody {
  /// The bytes that the client sent; empty without a body, nil when the base64 is broken.
  public var bodyBytes: [UInt8]? {
    guard let body else { return [] }
    return hasBase64Body ? Base64Bytes(text: body)?.bytes : Array(body.utf8)
  }

  /// The body as text; empty without a body, nil when the bytes are not UTF-8.
  public var bodyText: String? {
    guard hasBase64Body else { return body ?? "" }
    return bodyBytes.flatMap { String(validating: $0, as: UTF8.self) }
  }
}

extension Dictionary where Key == String, Value == String {
  /// The value of an HTTP header, whatever its case (RFC 9110 §5.1).
  public func header(_ name: String) -> String? {
    if let value = self[name] { return value }
    let wanted = name.utf8.map(lowercase)
    return first { wanted.elementsEqual($0.key.utf8.lazy.map(lowercase)) }?.value
  }
}

private func lowercase(_ byte: UInt8) -> UInt8 {
  (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
}
