/// The parts of a `multipart/form-data` body that has arrived as a whole (RFC 7578), in any order.
struct FormParts {
  struct Part {
    var name: String
    /// nil for a plain field.
    var fileName: String?
    var content: ArraySlice<UInt8>
  }

  private static let most = 64
  private static let longestHead = 4_096

  private(set) var parts: [Part] = []

  /// The text of a field.
  subscript(name: String) -> String? {
    parts.first { $0.name == name && $0.fileName == nil }.map {
      String(decoding: $0.content, as: UTF8.self)
    }
  }

  /// All texts of a field that may come several times: `name[]` as well.
  func all(_ name: String) -> [String] {
    parts.filter { ($0.name == name || $0.name == name + "[]") && $0.fileName == nil }.map {
      String(decoding: $0.content, as: UTF8.self)
    }
  }

  init(_ body: [UInt8], contentType: String) throws(Problem) {
    guard let boundary = Self.boundary(contentType) else {
      throw Problem(.invalid, "Could not parse multipart form: there is no boundary.")
    }
    // The first delimiter may begin the body.
    let bytes = Array("\r\n".utf8) + body
    let delimiter = Array("\r\n--\(boundary)".utf8)
    var place = Self.find(delimiter, in: bytes, from: 0)
    while let start = place.map({ $0 + delimiter.count }) {
      if bytes[start...].starts(with: Array("--".utf8)) { return }
      guard let end = Self.find(delimiter, in: bytes, from: start) else { break }
      parts.append(try Self.part(bytes[start..<end]))
      guard parts.count <= Self.most else { throw Self.malformed }
      place = end
    }
    throw Self.malformed
  }

  private static let malformed = Problem(.invalid, "Could not parse multipart form.")

  private static func boundary(_ type: String) -> Substring? {
    let parameters = type.split(separator: ";")
    guard parameters.first?.lowercased() == "multipart/form-data" else { return nil }
    let text = parameters.dropFirst().lazy.map { $0.drop { $0 == " " } }
      .first { $0.lowercased().hasPrefix("boundary=") }?.dropFirst(9)
    guard var text else { return nil }
    if text.count > 1, text.first == "\"", text.last == "\"" { text = text.dropFirst().dropLast() }
    return (1...200).contains(text.utf8.count) ? text : nil
  }

  private static func part(_ bytes: ArraySlice<UInt8>) throws(Problem) -> Part {
    let end = Array("\r\n\r\n".utf8)
    let searched = Array(bytes.prefix(longestHead))
    guard let head = find(end, in: searched, from: 0) else { throw malformed }
    let lines = String(decoding: searched[..<head], as: UTF8.self).split(separator: "\r\n")
    let line = lines.first { $0.lowercased().hasPrefix("content-disposition:") }
    guard let line, let name = parameter("name", of: line) else { throw malformed }
    return Part(
      name: name, fileName: parameter("filename", of: line),
      content: bytes.dropFirst(head + end.count))
  }

  private static func parameter(_ name: String, of line: Substring) -> String? {
    for mark in ["; \(name)=\"", ";\(name)=\""] {
      guard let found = line.firstRange(of: mark) else { continue }
      return String(line[found.upperBound...].prefix { $0 != "\"" })
    }
    return nil
  }

  private static func find(_ wanted: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
    guard start + wanted.count <= bytes.count else { return nil }
    return bytes.withUnsafeBufferPointer { bytes in
      var place = start
      while place <= bytes.count - wanted.count {
        if bytes[place] == wanted[0],
          wanted.indices.allSatisfy({ bytes[place + $0] == wanted[$0] })
        {
          return place
        }
        place += 1
      }
      return nil
    }
  }
}
