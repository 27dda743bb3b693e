import Server

/// Takes a `multipart/form-data` body apart (RFC 7578): small fields first, then one file whose bytes
/// are passed on as they come. Fed in any pieces; what stands behind the file is passed over, as S3
/// does.
struct FormReader: Sendable {
  private enum Phase {
    case preamble
    case head
    case field(String)
    case file
    case done
  }

  /// Bytes of all fields together, and of the lines before one.
  private static let fieldLimit = 20_480
  private static let headLimit = 8_192
  private static let fieldCount = 200

  private var phase = Phase.preamble
  private var pending: [UInt8] = [0x0d, 0x0a]
  private let delimiter: [UInt8]
  private var fieldBytes = 0
  /// Names in lower case, in their order, without the file.
  private(set) var fields: [(name: String, value: String)] = []
  /// The file's name as the client calls it.
  private(set) var fileName = ""
  private(set) var hasFile = false

  var isDone: Bool {
    if case .done = phase { true } else { false }
  }

  /// nil when the content type names no boundary.
  init?(contentType: String) {
    guard contentType.lowercased().hasPrefix("multipart/form-data") else { return nil }
    let parameter = contentType.split(separator: ";").dropFirst().lazy
      .map { $0.drop { $0 == " " } }.first { $0.lowercased().hasPrefix("boundary=") }
    guard var boundary = parameter?.dropFirst(9) else { return nil }
    while boundary.last == " " { boundary.removeLast() }
    if boundary.count > 1, boundary.first == "\"", boundary.last == "\"" {
      boundary = boundary.dropFirst().dropLast()
    }
    guard (1...200).contains(boundary.utf8.count) else { return nil }
    delimiter = Array("\r\n--\(boundary)".utf8)
  }

  static let malformed = S3Error(
    "MalformedPOSTRequest", 400,
    "The body of your POST request is not well-formed multipart/form-data.")

  /// Takes a piece of the body.
  ///
  /// - Returns: Bytes of the file in it; nil before the file begins.
  mutating func read(_ piece: [UInt8]) throws(S3Error) -> [UInt8]? {
    pending += piece
    while true {
      switch phase {
      case .preamble:
        guard try skipDelimiter(limit: Self.headLimit) else { return nil }
        phase = .head
      case .head:
        guard try readHead() else { return nil }
      case .field(let name):
        guard let end = find(delimiter) else {
          guard pending.count <= Self.fieldLimit + delimiter.count else { throw tooLong }
          return nil
        }
        try add(name, Array(pending[..<end]))
        pending.removeFirst(end + delimiter.count)
        phase = .head
      case .file: return takeFile()
      case .done:
        pending = []
        return []
      }
    }
  }

  private var tooLong: S3Error {
    S3Error(
      "MaxPostPreDataLengthExceededError", 400,
      "Your POST request fields preceding the upload file were too large.")
  }

  private mutating func add(_ name: String, _ bytes: [UInt8]) throws(S3Error) {
    fieldBytes += bytes.count
    guard fieldBytes <= Self.fieldLimit, fields.count < Self.fieldCount else { throw tooLong }
    guard let value = String(validating: bytes, as: UTF8.self) else { throw Self.malformed }
    fields.append((name.lowercased(), value))
  }

  private mutating func skipDelimiter(limit: Int) throws(S3Error) -> Bool {
    guard let start = find(delimiter) else {
      guard pending.count <= limit else { throw Self.malformed }
      return false
    }
    pending.removeFirst(start + delimiter.count)
    return true
  }

  /// The lines between a boundary and what it begins; false while they are not all here.
  private mutating func readHead() throws(S3Error) -> Bool {
    if pending.starts(with: [0x2d, 0x2d]) {
      phase = .done
      return true
    }
    guard let end = find([0x0d, 0x0a, 0x0d, 0x0a]) else {
      guard pending.count <= Self.headLimit else { throw Self.malformed }
      return false
    }
    let head = String(decoding: pending[..<end], as: UTF8.self)
    pending.removeFirst(end + 4)
    let line = head.split(separator: "\r\n").first {
      $0.lowercased().hasPrefix("content-disposition:")
    }
    guard let line, let name = Self.parameter("name", of: line) else { throw Self.malformed }
    guard name.lowercased() == "file" else {
      phase = .field(name)
      return true
    }
    let path = Self.parameter("filename", of: line) ?? ""
    // Older browsers send the whole path.
    fileName = String(path.split { $0 == "/" || $0 == "\\" }.last ?? "")
    hasFile = true
    phase = .file
    return true
  }

  private static func parameter(_ name: String, of line: Substring) -> String? {
    guard let range = line.range(ofParameter: name) else { return nil }
    return String(line[range].prefix { $0 != "\"" })
  }

  /// What is certainly of the file: the delimiter may have begun at the end of the piece.
  private mutating func takeFile() -> [UInt8] {
    if let end = find(delimiter) {
      let bytes = Array(pending[..<end])
      pending = []
      phase = .done
      return bytes
    }
    let count = max(0, pending.count - delimiter.count + 1)
    let bytes = Array(pending[..<count])
    pending.removeFirst(count)
    return bytes
  }

  private func find(_ wanted: [UInt8]) -> Int? {
    guard pending.count >= wanted.count else { return nil }
    return pending.withUnsafeBufferPointer { bytes in
      let last = bytes.count - wanted.count
      var start = 0
      while start <= last {
        guard bytes[start] == wanted[0] else {
          start += 1
          continue
        }
        if wanted.indices.allSatisfy({ bytes[start + $0] == wanted[$0] }) { return start }
        start += 1
      }
      return nil
    }
  }
}

extension Substring {
  /// Where the value of `name="…"` begins, to the end of the line.
  fileprivate func range(ofParameter name: String) -> Range<Index>? {
    for mark in ["; \(name)=\"", ";\(name)=\""] {
      if let found = firstRange(of: mark) { return found.upperBound..<endIndex }
    }
    return nil
  }
}
