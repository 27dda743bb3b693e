import Server

/// The service that a request was signed for (Signature Version 4, "credential scope"). Read byte by
/// byte: this runs for every request.
enum SignatureScope {
  static func service(of request: HTTPRequest) -> String? { part(1, of: request) }

  static func region(of request: HTTPRequest) -> String? { part(2, of: request) }

  private static func part(_ place: Int, of request: HTTPRequest) -> String? {
    if var header = request.headers["Authorization"] {
      return header.withUTF8 { bytes in
        bytes.starts(with: "AWS4-".utf8) ? part(place, in: bytes, behind: "Credential=") : nil
      }
    }
    guard var query = request.query else { return nil }
    return query.withUTF8 { part(place, in: $0, behind: "X-Amz-Credential=") }
  }

  /// A part of `key/date/region/service/aws4_request`, whose slashes may be encoded. Keys may hold
  /// slashes, so the parts are counted from the end, where 0 is the last.
  private static func part(
    _ place: Int, in bytes: UnsafeBufferPointer<UInt8>, behind marker: StaticString
  ) -> String? {
    guard var position = end(of: marker, in: bytes) else { return nil }
    // The places of the last slashes, each with the length of what stands for it.
    var slashes: [(start: Int, length: Int)] = []
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: ",") || byte == UInt8(ascii: "&") || byte == 0x20 { break }
      let isEncoded =
        byte == UInt8(ascii: "%") && position + 2 < bytes.count
        && bytes[position + 1] == UInt8(ascii: "2") && bytes[position + 2] | 0x20 == 0x66
      let length = isEncoded ? 3 : 1
      if isEncoded || byte == UInt8(ascii: "/") { slashes.append((position, length)) }
      position += length
    }
    guard slashes.count >= 4 else { return nil }
    let (first, last) = (slashes[slashes.count - 1 - place], slashes[slashes.count - place])
    let name = bytes[(first.start + first.length)..<last.start]
    return String(decoding: name, as: UTF8.self).lowercased()
  }

  /// Whether a request has a signature of any kind.
  static func isSigned(_ request: HTTPRequest) -> Bool {
    if let header = request.headers["Authorization"] { return header.hasPrefix("AWS4-") }
    return request.query?.contains("X-Amz-Signature=") ?? false
  }

  static func contains(_ marker: StaticString, in header: String) -> Bool {
    var header = header
    return header.withUTF8 { end(of: marker, in: $0) != nil }
  }

  private static func end(
    of marker: StaticString, in bytes: UnsafeBufferPointer<UInt8>
  ) -> Int? {
    let wanted = UnsafeBufferPointer(start: marker.utf8Start, count: marker.utf8CodeUnitCount)
    guard bytes.count >= wanted.count else { return nil }
    for start in 0...(bytes.count - wanted.count)
    where bytes[start] == wanted[0]
      && bytes[start..<(start + wanted.count)].elementsEqual(wanted)
    {
      return start + wanted.count
    }
    return nil
  }
}
