import Crypto
import Server

/// A request with its bucket, key and parameters found: from the path, or from the host for
/// virtual-host style.
struct S3Request: Sendable {
  let http: HTTPRequest
  let bucket: String?
  let key: String?
  /// Decoded, in their order; the value of one without `=` is "".
  let parameters: [(name: String, value: String)]
  /// The bucket stands in the host, not in the path.
  let isHostStyle: Bool
  /// Who sent it.
  var caller = S3.Caller.owner

  var method: String { http.method }
  var headers: HTTPHeaders { http.headers }
  var path: String { http.path }

  init(_ http: HTTPRequest) throws(S3Error) {
    self.http = http
    parameters = Self.parameters(http.query ?? "")
    var path = http.path.utf8.dropFirst()
    if let bucket = Self.hostBucket(http.headers["Host"] ?? "") {
      self.bucket = bucket
      isHostStyle = true
    } else {
      isHostStyle = false
      let name = path.prefix { $0 != UInt8(ascii: "/") }
      path = path.dropFirst(name.count + 1)
      bucket = name.isEmpty ? nil : try Self.text(name)
    }
    key = path.isEmpty ? nil : try Self.text(path)
    if let key { try Self.check(key: key) }
  }

  static func check(key: String) throws(S3Error) {
    guard key.utf8.count <= 1_024 else {
      throw S3Error(
        "KeyTooLongError", 400, "Your key is too long",
        [("Size", "\(key.utf8.count)"), ("MaxSizeAllowed", "1024")])
    }
  }

  /// The value of a parameter; "" when it is only named.
  subscript(name: String) -> String? { parameters.first { $0.name == name }?.value }

  func has(_ name: String) -> Bool { parameters.contains { $0.name == name } }

  /// A parameter that is a number within a range.
  func number(
    _ name: String, _ range: ClosedRange<Int>, default usual: Int
  ) throws(S3Error) -> Int {
    guard let text = self[name], !text.isEmpty else { return usual }
    guard let number = Int(text), number >= 0 else {
      throw .invalidArgument("Provided \(name) not an integer or within integer range", name, text)
    }
    guard number >= range.lowerBound else {
      throw .invalidArgument("Argument \(name) must be at least \(range.lowerBound)", name, text)
    }
    return min(number, range.upperBound)
  }

  func requireBucket() throws(S3Error) -> String {
    guard let bucket else { throw .methodNotAllowed }
    return bucket
  }

  func requireKey() throws(S3Error) -> String {
    guard let key else { throw .methodNotAllowed }
    return key
  }

  private static func text(_ encoded: some Collection<UInt8>) throws(S3Error) -> String {
    let bytes = PercentEncoding.decode(encoded)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw S3Error("InvalidURI", 400, "Couldn't parse the specified URI.")
    }
    return text
  }

  private static func parameters(_ query: String) -> [(name: String, value: String)] {
    query.utf8.split(separator: UInt8(ascii: "&")).map { part in
      let name = part.prefix { $0 != UInt8(ascii: "=") }
      return (decoded(name), decoded(part.dropFirst(name.count + 1)))
    }
  }

  /// In a query a plus is a space.
  private static func decoded(_ part: Substring.UTF8View) -> String {
    let spaced = part.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }
    return String(decoding: PercentEncoding.decode(spaced), as: UTF8.self)
  }

  /// `photos` of `photos.s3.localhost:4566`, `photos.s3.eu-west-1.localhost`, `photos.localhost` and
  /// of the service's own names.
  private static func hostBucket(_ host: String) -> String? {
    let name = host.prefix { $0 != ":" }.lowercased()
    for suffix in [".localhost", ".amazonaws.com"] where name.hasSuffix(suffix) {
      let rest = name.dropLast(suffix.count)
      if rest == "s3" || rest.hasPrefix("s3.") { return nil }
      if rest.hasSuffix(".s3") { return String(rest.dropLast(3)) }
      if let place = rest.ranges(of: ".s3.").last { return String(rest[..<place.lowerBound]) }
      return suffix == ".localhost" ? String(rest) : nil
    }
    return nil
  }
}
