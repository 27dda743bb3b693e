import Crypto
import Network

extension Objects {
  /// A part of the keys of a bucket.
  package struct Keys: Sendable, Equatable {
    package let keys: [String]
    /// Asks for the next part; nil at the end.
    package let next: String?
  }

  /// Keys that begin with a prefix, in order: at most 1,000 at once (S3 API reference,
  /// "ListObjectsV2"). `after` is where the part before ended.
  package func keys(
    beginningWith prefix: String, in bucket: String, after: String? = nil
  ) async throws(ObjectsError) -> Keys {
    // Encoded keys hold nothing that XML would write in another way.
    var query = [("encoding-type", "url"), ("list-type", "2"), ("prefix", prefix)]
    if let after { query.insert(("continuation-token", after), at: 0) }
    let text = query.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
    let response = try await list(bucket, query: text)
    let body = String(decoding: response.body, as: UTF8.self)
    let keys = Self.elements("Key", of: body).map { key in
      // S3 writes a blank as "+" here.
      String(
        decoding: PercentEncoding.decode(key.replacing("+", with: " ").utf8[...]), as: UTF8.self)
    }
    let isCut = Self.elements("IsTruncated", of: body).first == "true"
    return Keys(
      keys: keys,
      next: isCut ? Self.elements("NextContinuationToken", of: body).first.map(Self.plain) : nil)
  }

  private static func plain(_ text: String) -> String {
    [
      ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#39;", "'"),
      ("&amp;", "&"),
    ]
    .reduce(text) { $0.replacing($1.0, with: $1.1) }
  }

  /// What stands in the elements of a name, in order.
  private static func elements(_ name: String, of xml: String) -> [String] {
    var found: [String] = []
    var rest = xml[...]
    while let start = rest.firstRange(of: "<\(name)>"),
      let end = rest[start.upperBound...].firstRange(of: "</\(name)>")
    {
      found.append(String(rest[start.upperBound..<end.lowerBound]))
      rest = rest[end.upperBound...]
    }
    return found
  }
}
