import JSON

/// Documents of one file, each as the API takes it, or why it is none.
struct DocumentFile {
  struct Document {
    /// `handbook.csv:12`.
    var place: String
    var content: Result<JSONObject, Problem>
  }

  struct Problem: Error, Equatable {
    let text: String
  }

  private static let limit = 64 * 1024 * 1024
  private static let endings = ["md", "markdown", "txt", "text", "csv", "jsonl", "ndjson", "pdf"]

  let path: String

  /// The files that a path means: itself, or what can be read below a folder.
  static func paths(_ path: String) -> [String] {
    guard Files.isFolder(path) else { return [path] }
    return Files.tree(path).map { "\(path)/\($0)" }.filter {
      endings.contains(DocumentFile(path: $0).ending)
    }
  }

  /// Reads the file. A file that cannot be read is one document that is none.
  func documents() -> [Document] {
    do throws(Problem) {
      switch ending {
      case "md", "markdown", "txt", "text": return [whole(try text())]
      case "csv": return try rows(try text())
      case "jsonl", "ndjson": return try lines(try text())
      case "pdf": return [whole(try PDFText.read(path))]
      default:
        throw Problem(text: "only .md, .txt, .csv, .jsonl and .pdf files are read")
      }
    } catch {
      return [Document(place: path, content: .failure(error))]
    }
  }

  private var name: String { path.split(separator: "/").last.map(String.init) ?? path }

  private var ending: String {
    name.split(separator: ".").dropFirst().last.map { $0.lowercased() } ?? ""
  }

  private func text() throws(Problem) -> String {
    let bytes: [UInt8]
    do throws(Files.Problem) {
      bytes = try Files.contents(of: path, limit: Self.limit)
    } catch {
      throw Problem(text: "\(error)")
    }
    let content = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    guard let text = String(validating: content, as: UTF8.self) else {
      throw Problem(text: "is not UTF-8")
    }
    return text
  }

  /// The title is the first heading, else the file's name.
  private func whole(_ text: String) -> Document {
    let heading = text.split(whereSeparator: \.isNewline).prefix(50).first { $0.hasPrefix("# ") }
    let title = heading.map { String($0.drop { $0 == "#" || $0 == " " }) } ?? name
    return Document(
      place: path,
      content: .success([
        "source": .string(name), "title": .string(title.isEmpty ? name : title),
        "text": .string(text),
      ]))
  }

  // MARK: JSON lines

  private func lines(_ text: String) throws(Problem) -> [Document] {
    var documents: [Document] = []
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (number, line) in lines.enumerated() where line.contains(where: { !$0.isWhitespace }) {
      let place = "\(path):\(number + 1)"
      let content: Result<JSONObject, Problem>
      do throws(JSONError) {
        if var object = try JSONValue(parsing: String(line)).object {
          if object["source"] == nil, object["id"] == nil {
            object["source"] = .string("\(name):\(number + 1)")
          }
          content = .success(object)
        } else {
          content = .failure(Problem(text: "is no JSON object"))
        }
      } catch {
        content = .failure(Problem(text: "is no JSON: \(error)"))
      }
      documents.append(Document(place: place, content: content))
    }
    return documents
  }

  // MARK: CSV

  /// A header with a column `text`, or the columns as `name: value` lines.
  private func rows(_ text: String) throws(Problem) -> [Document] {
    let rows = try CSVRows.read(text)
    guard let header = rows.first?.fields else { return [] }
    let names = header.map { $0.trimmed.lowercased() }
    return rows.dropFirst().map { row in
      let place = "\(path):\(row.line)"
      guard row.fields.count == header.count else {
        return Document(
          place: place,
          content: .failure(
            Problem(text: "has \(row.fields.count) fields instead of \(header.count)")))
      }
      return Document(place: place, content: .success(document(names, header, row)))
    }
  }

  private func document(
    _ names: [String], _ header: [String], _ row: (line: Int, fields: [String])
  ) -> JSONObject {
    var object: JSONObject = ["source": .string("\(name):\(row.line)")]
    for (column, field) in zip(names, row.fields) where !field.isEmpty {
      switch column {
      case "id", "source", "title", "text", "type", "owner": object[column] = .string(field)
      case "tags":
        let tags = field.split(separator: ";").map { JSONValue.string(String($0).trimmed) }
        object["tags"] = .array(tags)
      default: break
      }
    }
    if !names.contains("text") {
      let lines = zip(header, row.fields).filter { !$0.1.isEmpty }.map { "\($0): \($1)" }
      object["text"] = .string(lines.joined(separator: "\n"))
    }
    return object
  }
}

/// Fields separated by commas, quoted where they hold commas, quotes or line ends (RFC 4180).
enum CSVRows {
  static func read(
    _ text: String
  ) throws(DocumentFile.Problem) -> [(line: Int, fields: [String])] {
    var rows: [(line: Int, fields: [String])] = []
    var fields: [String] = []
    var field = String.UnicodeScalarView()
    var (line, start) = (1, 1)
    var isQuoted = false
    var wasQuoted = false
    var scalars = text.unicodeScalars[...]
    func endField() {
      fields.append(String(field))
      field = .init()
      wasQuoted = false
    }
    func endRow() {
      endField()
      if fields != [""] { rows.append((start, fields)) }
      fields = []
      start = line + 1
    }
    while let scalar = scalars.popFirst() {
      defer { if scalar == "\n" { line += 1 } }
      switch scalar {
      case "\"" where isQuoted && scalars.first == "\"":
        field.append("\"")
        scalars.removeFirst()
      case "\"" where isQuoted:
        (isQuoted, wasQuoted) = (false, true)
      case _ where isQuoted: field.append(scalar)
      case "\"" where field.isEmpty && !wasQuoted: isQuoted = true
      case ",": endField()
      case "\r" where scalars.first == "\n" || scalars.isEmpty: continue
      case "\n": endRow()
      default:
        guard !wasQuoted else {
          throw .init(text: "line \(line): text follows a closing quote")
        }
        field.append(scalar)
      }
    }
    guard !isQuoted else { throw .init(text: "line \(start): a quote is not closed") }
    if !field.isEmpty || !fields.isEmpty || wasQuoted { endRow() }
    return rows
  }
}

extension String {
  /// Without white space at both ends.
  fileprivate var trimmed: String {
    var part = self[...]
    while part.first?.isWhitespace == true { part.removeFirst() }
    while part.last?.isWhitespace == true { part.removeLast() }
    return String(part)
  }
}
