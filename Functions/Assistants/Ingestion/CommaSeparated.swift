extension KnowledgeFile {
  /// Fields separated by commas under a known header (RFC 4180, strict): a quote opens a field only
  /// at its beginning, nothing but a comma or a line end follows the closing one.
  package func commaSeparated(
    header: [String]
  ) throws(KnowledgeFileError) -> [(line: Int, fields: [String])] {
    var reader = CommaReader(file: name)
    for byte in bytes { try reader.take(byte) }
    var rows = try reader.finish()
    guard let first = rows.first, first.fields == header else {
      throw KnowledgeFileError(file: name, line: 1, .wrongHeader(expected: header))
    }
    rows.removeFirst()
    for row in rows where row.fields.count != header.count {
      throw KnowledgeFileError(
        file: name, line: row.line,
        .wrongFieldCount(expected: header.count, found: row.fields.count))
    }
    return rows
  }
}

/// Reads one byte after the other.
private struct CommaReader {
  private enum Place { case fieldStart, plain, quoted, afterQuote }

  private let file: String
  private var place = Place.fieldStart
  private var rows: [(line: Int, fields: [String])] = []
  private var fields: [String] = []
  private var field: [UInt8] = []
  private var line = 1
  private var rowLine = 1
  private var endsWithReturn = false

  init(file: String) {
    self.file = file
  }

  mutating func take(_ byte: UInt8) throws(KnowledgeFileError) {
    defer { if byte == 0x0A { line += 1 } }
    if endsWithReturn, place != .quoted {
      endsWithReturn = false
      // A lone carriage return belongs to the field, unless the field was quoted.
      if byte != 0x0A {
        guard place != .afterQuote else { throw error(.textAfterQuote) }
        field.append(0x0D)
        place = .plain
      }
    }
    switch place {
    case .quoted:
      if byte == 0x22 { place = .afterQuote } else { field.append(byte) }
    case .afterQuote where byte == 0x22:
      field.append(byte)
      place = .quoted
    case .fieldStart where byte == 0x22: place = .quoted
    default: try takeOutsideOfQuotes(byte)
    }
  }

  private mutating func takeOutsideOfQuotes(_ byte: UInt8) throws(KnowledgeFileError) {
    switch byte {
    case 0x2C: endField()
    case 0x0D: endsWithReturn = true
    case 0x0A: endRow()
    default:
      guard place != .afterQuote else { throw error(.textAfterQuote) }
      field.append(byte)
      place = .plain
    }
  }

  mutating func finish() throws(KnowledgeFileError) -> [(line: Int, fields: [String])] {
    guard place != .quoted else { throw error(.openQuote) }
    if place != .fieldStart || !fields.isEmpty { endRow() }
    return rows
  }

  private mutating func endField() {
    fields.append(String(decoding: field, as: UTF8.self))
    field.removeAll(keepingCapacity: true)
    place = .fieldStart
  }

  private mutating func endRow() {
    endField()
    rows.append((rowLine, fields))
    fields = []
    rowLine = line + 1
  }

  private func error(_ problem: KnowledgeFileError.Problem) -> KnowledgeFileError {
    KnowledgeFileError(file: file, line: line, problem)
  }
}
