import Server

/// The conditions of a request (RFC 9110 §13). Source of what S3 makes of them: Amazon S3 API
/// reference, GetObject and PutObject.
struct Preconditions: Sendable {
  private let match: String?
  private let noneMatch: String?
  private let modifiedSince: Int?
  private let unmodifiedSince: Int?

  /// `prefix` is `x-amz-copy-source-` for the conditions on the source of a copy.
  init(_ headers: HTTPHeaders, prefix: String = "") {
    match = headers["\(prefix)If-Match"]
    noneMatch = headers["\(prefix)If-None-Match"]
    modifiedSince = headers["\(prefix)If-Modified-Since"].flatMap(WireTime.seconds(http:))
    unmodifiedSince = headers["\(prefix)If-Unmodified-Since"].flatMap(WireTime.seconds(http:))
  }

  /// For reading: 412 or 304 when a condition does not hold. The validators beat the dates; a date that
  /// is yet to come says nothing. `now` is in Unix milliseconds.
  func checkReading(_ object: StoredObject, now: Int) throws(S3Error) {
    guard let broken = broken(object, now) else { return }
    guard broken == "If-None-Match" || broken == "If-Modified-Since" else {
      throw .preconditionFailed(broken)
    }
    throw notModified(object)
  }

  /// For the source of a copy: every broken condition is 412.
  func checkSource(_ object: StoredObject, now: Int) throws(S3Error) {
    if let broken = broken(object, now) { throw .preconditionFailed("x-amz-copy-source-" + broken) }
  }

  /// The first condition that does not hold.
  private func broken(_ object: StoredObject, _ now: Int) -> String? {
    let seconds = object.modified / 1_000
    if let match {
      if !Self.names(match, object.eTag) { return "If-Match" }
    } else if let unmodifiedSince, seconds > unmodifiedSince {
      return "If-Unmodified-Since"
    }
    if let noneMatch {
      if Self.names(noneMatch, object.eTag) { return "If-None-Match" }
    } else if let modifiedSince, seconds <= modifiedSince, modifiedSince <= now / 1_000 {
      return "If-Modified-Since"
    }
    return nil
  }

  /// For writing: `existing` is what the write would replace, nil when there is nothing or only a
  /// delete marker.
  func checkWriting(_ existing: StoredObject?, key: String) throws(S3Error) {
    guard match == nil || noneMatch == nil else {
      throw .notImplemented(
        "If-Match,If-None-Match", "Multiple conditional request headers present in the request")
    }
    if let match {
      guard match != "*" else { throw Self.refused("If-Match") }
      guard let existing else { throw .noSuchKey(key) }
      guard Self.names(match, existing.eTag) else { throw .preconditionFailed("If-Match") }
    }
    if let noneMatch {
      guard noneMatch == "*" else { throw Self.refused("If-None-Match") }
      guard existing == nil else { throw .preconditionFailed("If-None-Match") }
    }
  }

  /// The header whose condition a write has; nil for a write without one.
  var writing: String? { match != nil ? "If-Match" : noneMatch != nil ? "If-None-Match" : nil }

  private static func refused(_ header: String) -> S3Error {
    .notImplemented(
      header, "We don't accept the provided value of \(header) header for this API")
  }

  private func notModified(_ object: StoredObject) -> S3Error {
    S3Error(
      "NotModified", 304, "Not Modified",
      headers: [
        "ETag": "\"\(object.eTag)\"", "Last-Modified": WireTime.http(object.modified),
      ])
  }

  /// Whether a list of entity tags, or `*`, names this one.
  private static func names(_ list: String, _ eTag: String) -> Bool {
    list.split(separator: ",").contains { part in
      var tag = part.drop { $0 == " " }
      while tag.last == " " { tag.removeLast() }
      if tag.hasPrefix("W/") { tag = tag.dropFirst(2) }
      // Quotes are taken off where there are any, as S3 does.
      if tag.first == "\"" { tag = tag.dropFirst() }
      if tag.last == "\"" { tag = tag.dropLast() }
      return tag == "*" || tag == eTag
    }
  }
}

/// A `Range` header (RFC 9110 §14.2): one range of bytes. Anything else is passed over, as S3 does.
enum ByteRange {
  /// The bytes to send of `size`; nil for all of them.
  static func part(_ header: String?, of size: Int) throws(S3Error) -> Range<Int>? {
    guard let header, header.hasPrefix("bytes=") else { return nil }
    let spec = header.dropFirst(6)
    guard !spec.contains(","), let dash = spec.firstIndex(of: "-") else { return nil }
    let (first, last) = (spec[..<dash], spec[spec.index(after: dash)...])
    guard first.allSatisfy(\.isASCIIDigit), last.allSatisfy(\.isASCIIDigit) else { return nil }
    if first.isEmpty {
      guard let count = number(last) else { return nil }
      guard count > 0, size > 0 else { throw unsatisfiable(header, size) }
      return max(0, size - count)..<size
    }
    guard let start = number(first) else { return nil }
    let end = last.isEmpty ? Int.max : number(last) ?? Int.max
    guard end >= start else { return nil }
    guard start < size else { throw unsatisfiable(header, size) }
    return start..<(min(end, size - 1) + 1)
  }

  private static func number(_ digits: Substring) -> Int? {
    digits.isEmpty ? nil : Int(digits) ?? Int.max
  }

  private static func unsatisfiable(_ header: String, _ size: Int) -> S3Error {
    S3Error(
      "InvalidRange", 416, "The requested range is not satisfiable",
      [("RangeRequested", header), ("ActualObjectSize", "\(size)")],
      headers: ["Content-Range": "bytes */\(size)"])
  }
}

extension Character {
  fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}
