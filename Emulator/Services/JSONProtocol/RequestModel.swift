/// What a service demands of one value of a request.
indirect enum RequestShape: Sendable {
  case string(Bounds, pattern: String?, isSecret: Bool)
  case enumeration([String])
  case integer(Bounds)
  /// A fraction, or a time in seconds.
  case number
  case boolean
  /// Bytes in base64.
  case blob(Bounds)
  case list(RequestShape, Bounds)
  case map(key: RequestShape, value: RequestShape, Bounds)
  case structure(RequestStructure)
  case any

  /// A range that may be open at either end: of a value, or of a length.
  struct Bounds: Sendable {
    let low: Int?
    let high: Int?

    static let open = Bounds(low: nil, high: nil)
  }
}

/// The members of a request or of a part of one.
final class RequestStructure: Sendable {
  struct Member: Sendable {
    let name: String
    /// The name as messages show it: with a small first letter.
    let label: String
    let shape: RequestShape
    let isRequired: Bool
  }

  let members: [Member]

  init(_ members: [Member]) { self.members = members }

  func member(_ name: String) -> Member? { members.first { $0.name == name } }
}

/// The requests of a service, read once from the table that `scripts/service-models.py` writes.
struct RequestModel: Sendable {
  private var shapes: [Substring: RequestShape] = [
    "String": .string(.open, pattern: nil, isSecret: false), "Boolean": .boolean,
    "Integer": .integer(.open), "Number": .number, "Blob": .blob(.open), "Any": .any,
  ]
  private(set) var operations: [String: RequestStructure] = [:]
  /// Operations that the service has and the emulator does not play.
  private(set) var refused: Set<String> = []
  /// Errors that call their text `Message`; all others call it `message`.
  private(set) var capitalized: Set<String> = []

  init(_ text: String) {
    for entry in ModelText.entries(of: text) { read(entry) }
  }

  private mutating func read(_ words: [Substring]) {
    guard words.count >= 2 else { return }
    let name = words[1]
    switch words[0] {
    case "string":
      let pattern = words.firstIndex(of: "pattern").map { String(words[$0 + 1]) }
      shapes[name] = .string(
        bounds(words[2...]), pattern: pattern, isSecret: words.contains("secret"))
    case "enum": shapes[name] = .enumeration(words[2...].map(String.init))
    case "integer": shapes[name] = .integer(bounds(words[2...]))
    case "blob": shapes[name] = .blob(bounds(words[2...]))
    case "list": shapes[name] = .list(shape(words[2]), bounds(words[3...]))
    case "map":
      shapes[name] = .map(key: shape(words[2]), value: shape(words[3]), bounds(words[4...]))
    case "structure": shapes[name] = .structure(structure(words[2...]))
    case "operation": operations[String(name)] = structure(words[2...])
    case "any": shapes[name] = .any
    case "refused": refused = Set(words[1...].map(String.init))
    case "capitalized": capitalized = Set(words[1...].map(String.init))
    default: preconditionFailure("the request model has no kind \(words[0])")
    }
  }

  private func structure(_ words: ArraySlice<Substring>) -> RequestStructure {
    RequestStructure(
      words.map { word in
        let parts = word.split(separator: ":")
        let isRequired = parts[1].last == "!"
        return RequestStructure.Member(
          name: String(parts[0]), label: parts[0].prefix(1).lowercased() + parts[0].dropFirst(),
          shape: shape(isRequired ? parts[1].dropLast() : parts[1]), isRequired: isRequired)
      })
  }

  private func shape(_ name: Substring) -> RequestShape {
    guard let shape = shapes[name] else {
      preconditionFailure("the request model uses \(name) before it is described")
    }
    return shape
  }

  private func bounds(_ words: ArraySlice<Substring>) -> RequestShape.Bounds {
    RequestShape.Bounds(
      low: words.first.flatMap { Int($0) }, high: words.dropFirst().first.flatMap { Int($0) })
  }
}
