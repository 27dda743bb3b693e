import Crypto

/// Tags of objects and buckets. Source: Amazon S3 user guide, "Categorizing your storage using tags".
enum ObjectTags {
  static func parse(query: String) throws(S3Error) -> [ObjectDetails.Pair] {
    var tags: [ObjectDetails.Pair] = []
    var isPairs = true
    for part in query.split(separator: "&") {
      let halves = part.split(separator: "=", omittingEmptySubsequences: false)
      isPairs = isPairs && halves.count <= 2
      tags.append(
        .init(name: decoded(halves[0]), value: halves.count > 1 ? decoded(halves[1]) : ""))
    }
    guard isPairs, Set(tags.map(\.name)).count == tags.count else {
      throw .invalidArgument(
        "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters "
          + "without tag name duplicates.", "x-amz-tagging", query)
    }
    try check(tags, limit: 10)
    return tags
  }

  static func parse(_ xml: XMLElement, limit: Int = 10) throws(S3Error) -> [ObjectDetails.Pair] {
    guard xml.name == "Tagging", let set = xml["TagSet"] else { throw .malformedXML }
    var tags: [ObjectDetails.Pair] = []
    for tag in set.all("Tag") {
      guard let name = tag["Key"]?.text, let value = tag["Value"]?.text else {
        throw .malformedXML
      }
      tags.append(.init(name: name, value: value))
    }
    try check(tags, limit: limit)
    return tags
  }

  static func write(_ tags: [ObjectDetails.Pair], to xml: inout XMLWriter) {
    xml.element("TagSet") { xml in
      for tag in tags {
        xml.element("Tag") { xml in
          xml.element("Key", tag.name)
          xml.element("Value", tag.value)
        }
      }
    }
  }

  private static func check(_ tags: [ObjectDetails.Pair], limit: Int) throws(S3Error) {
    guard tags.count <= limit else {
      throw S3Error("BadRequest", 400, "Object tags cannot be greater than \(limit)")
    }
    var seen: Set<String> = []
    for tag in tags {
      let isObject = limit == 10
      guard !tag.name.lowercased().hasPrefix("aws:") else {
        throw invalid(
          isObject
            ? "Your TagKey cannot be prefixed with aws:"
            : "System tags cannot be added/updated by requester", [("TagKey", tag.name)])
      }
      guard (1...128).contains(tag.name.unicodeScalars.count), isPlain(tag.name) else {
        throw invalid("The TagKey you have provided is invalid", [("TagKey", tag.name)])
      }
      guard tag.value.unicodeScalars.count <= 256, isPlain(tag.value) else {
        throw invalid(
          "The TagValue you have provided is invalid",
          [("TagKey", tag.name), ("TagValue", tag.value)])
      }
      guard seen.insert(tag.name).inserted else {
        throw invalid("Cannot provide multiple Tags with the same key", [("TagKey", tag.name)])
      }
    }
  }

  private static func invalid(_ text: String, _ details: [(String, String)]) -> S3Error {
    S3Error("InvalidTag", 400, text, details)
  }

  /// Letters, digits and spaces of any language, and `_.:/=+-@`.
  private static func isPlain(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      scalar.properties.isAlphabetic || scalar.properties.isWhitespace
        || scalar.properties.numericType != nil
        || scalar.properties.generalCategory == .nonspacingMark
        || scalar.properties.generalCategory == .spacingMark
        || "_.:/=+-@".unicodeScalars.contains(scalar)
    }
  }

  private static func decoded(_ part: Substring) -> String {
    let spaced = part.utf8.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }
    return String(decoding: PercentEncoding.decode(spaced), as: UTF8.self)
  }
}
