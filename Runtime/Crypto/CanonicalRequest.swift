/// What of a request is signed.
package struct SignableRequest: Sendable {
  package typealias Header = (name: String, value: String)

  package var method: String
  /// As it is sent: percent-encoded, from the first `/` on, without the query.
  package var path: String
  /// As it is sent, without the `?`.
  package var query: String
  /// In their order; names in any case.
  package var headers: [Header]

  package init(method: String, path: String, query: String = "", headers: [Header]) {
    self.method = method
    self.path = path.isEmpty ? "/" : path
    self.query = query
    self.headers = headers
  }

  /// The first value of a header; `name` is in lower case.
  package func header(_ name: String) -> String? {
    headers.first { CanonicalRequest.isName($0.name, name) }?.value
  }
}

/// The text of a request that its signature is made over.
///
/// Source: "Create a signed AWS API request" (AWS General Reference, Signature Version 4), step 1.
enum CanonicalRequest {
  /// How the path of a service is written.
  enum PathRule {
    /// Dot segments and double slashes are resolved, then what is sent is encoded again.
    case normalized
    /// What is sent is encoded again.
    case asSent
    /// Amazon S3: keys are data. What the path stands for is encoded once.
    case encodedOnce

    init(service: String) {
      self = service == "s3" || service == "s3-object-lambda" ? .encodedOnce : .normalized
    }
  }

  static func text(
    _ request: SignableRequest, signedHeaders: [String], excluding excluded: String? = nil,
    payloadHash: String, pathRule: PathRule
  ) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(512)
    text.append(contentsOf: request.method.utf8)
    text.append(0x0A)
    append(path: request.path, pathRule, to: &text)
    text.append(0x0A)
    append(query: request.query, excluding: excluded, to: &text)
    text.append(0x0A)
    for name in signedHeaders {
      text.append(contentsOf: name.utf8)
      text.append(0x3A)
      append(headers: name, of: request, to: &text)
      text.append(0x0A)
    }
    text.append(0x0A)
    text.append(contentsOf: signedHeaders.joined(separator: ";").utf8)
    text.append(0x0A)
    text.append(contentsOf: payloadHash.utf8)
    return text
  }

  static func lowercase(_ name: String) -> String {
    guard name.utf8.contains(where: { (0x41...0x5A).contains($0) }) else { return name }
    return String(
      decoding: name.utf8.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }, as: UTF8.self)
  }

  /// Whether a header's name is `lowercase`, in any case.
  static func isName(_ name: String, _ lowercase: String) -> Bool {
    guard name.utf8.count == lowercase.utf8.count else { return false }
    var bytes = lowercase.utf8.makeIterator()
    for byte in name.utf8 {
      let lower = (0x41...0x5A).contains(byte) ? byte + 0x20 : byte
      guard bytes.next() == lower else { return false }
    }
    return true
  }

  private static func append(path: String, _ rule: PathRule, to text: inout [UInt8]) {
    switch rule {
    case .encodedOnce:
      PercentEncoding.append(PercentEncoding.decode(path.utf8), to: &text, keepsSlash: true)
    case .asSent:
      PercentEncoding.append(path.utf8, to: &text, keepsSlash: true)
    case .normalized:
      PercentEncoding.append(normalize(path).utf8, to: &text, keepsSlash: true)
    }
  }

  private static func normalize(_ path: String) -> String {
    guard hasSpecialSegments(path.utf8) else { return path }
    var segments: [Substring] = []
    for segment in path.split(separator: "/") where segment != "." {
      if segment == ".." {
        _ = segments.popLast()
      } else {
        segments.append(segment)
      }
    }
    guard !segments.isEmpty else { return "/" }
    let isFolder = path.hasSuffix("/") || path.hasSuffix("/.") || path.hasSuffix("/..")
    return "/" + segments.joined(separator: "/") + (isFolder ? "/" : "")
  }

  /// Whether there is a `//` or `/.` in it.
  private static func hasSpecialSegments(_ path: String.UTF8View) -> Bool {
    var isBehindSlash = false
    for byte in path {
      if isBehindSlash, byte == 0x2F || byte == 0x2E { return true }
      isBehindSlash = byte == 0x2F
    }
    return false
  }

  private static func append(query: String, excluding excluded: String?, to text: inout [UInt8]) {
    guard !query.isEmpty else { return }
    var pairs: [(name: [UInt8], value: [UInt8])] = []
    for part in query.utf8.split(separator: 0x26) {
      let name = part.prefix { $0 != 0x3D }
      var pair: (name: [UInt8], value: [UInt8]) = ([], [])
      PercentEncoding.append(PercentEncoding.decode(name), to: &pair.name)
      PercentEncoding.append(
        PercentEncoding.decode(part.dropFirst(name.count + 1)), to: &pair.value)
      if let excluded, pair.name.elementsEqual(excluded.utf8) { continue }
      pairs.append(pair)
    }
    pairs.sort { one, other in
      one.name == other.name
        ? one.value.lexicographicallyPrecedes(other.value)
        : one.name.lexicographicallyPrecedes(other.name)
    }
    for (index, pair) in pairs.enumerated() {
      if index > 0 { text.append(0x26) }
      text.append(contentsOf: pair.name)
      text.append(0x3D)
      text.append(contentsOf: pair.value)
    }
  }

  /// All values of a header, trimmed, runs of white space as one space, joined by commas.
  private static func append(
    headers name: String, of request: SignableRequest, to text: inout [UInt8]
  ) {
    var isFirst = true
    for header in request.headers where isName(header.name, name) {
      if !isFirst { text.append(0x2C) }
      isFirst = false
      var hasWord = false
      var isSpace = false
      for byte in header.value.utf8 {
        guard byte != 0x20, byte != 0x09, byte != 0x0A, byte != 0x0D else {
          isSpace = true
          continue
        }
        if isSpace, hasWord { text.append(0x20) }
        text.append(byte)
        hasWord = true
        isSpace = false
      }
    }
  }
}
