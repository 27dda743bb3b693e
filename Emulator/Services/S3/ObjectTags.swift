import Crypto

/// Tags of objects and buckets. Source: Amazon S3 user guide, "Categorizing your storage using tags".
enum ObjectTags {
  static func parse(query: String) throws(S3Error) -> [ObjectDetails.Pair] {
    var tags: [ObjectDetails.Pair] = []
    for part in query.split(separator: "&") {
      let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      tags.append(
        .init(name: decoded(halves[0]), value: halves.count > 1 ? decoded(halves[1]) : ""))
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
    guard Set(tags.map(\.name)).count == tags.count else {
      throw S3Error("InvalidTag", 400, "Cannot provide multiple Tags with the same key")
    }
    for tag in tags {
      guard (1...128).contains(tag.name.unicodeScalars.count), !tag.name.hasPrefix("aws:") else {
        throw S3Error(
          "InvalidTag", 400, "The TagKey you have provided is invalid", [("TagKey", tag.name)])
      }
      guard tag.value.unicodeScalars.count <= 256 else {
        throw S3Error(
          "InvalidTag", 400, "The TagValue you have provided is invalid", [("TagKey", tag.name)])
      }
    }
  }

  private static func decoded(_ part: Substring) -> String {
    let spaced = part.utf8.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }
    return String(decoding: PercentEncoding.decode(spaced), as: UTF8.self)
  }
}
