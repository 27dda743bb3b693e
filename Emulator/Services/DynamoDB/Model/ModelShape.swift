/// What the service demands of one value of a request.
indirect enum ModelShape: Sendable {
  case string(Bounds, isName: Bool)
  case enumeration([String])
  case integer(Bounds)
  case long(Bounds)
  case boolean
  case blob
  /// A table's name or its ARN.
  case tableReference
  case attributeValue
  case list(ModelShape, Bounds)
  case map(ModelShape, ModelShape, Bounds)
  case structure(ModelStructure)

  /// A range that may be open at either end: of a value, or of a length.
  struct Bounds: Sendable {
    let low: Int?
    let high: Int?

    static let open = Bounds(low: nil, high: nil)
  }

  /// The name of the service's own type, which shows in its messages.
  var className: String {
    switch self {
    case .string, .enumeration, .tableReference: "java.lang.String"
    case .integer: "java.lang.Integer"
    case .long: "java.lang.Long"
    case .boolean: "java.lang.Boolean"
    case .blob: "java.nio.ByteBuffer"
    case .attributeValue: "com.amazonaws.dynamodb.v20120810.AttributeValue"
    case .list(let element, _): "java.util.List<\(element.className)>"
    case .map(_, let value, _): "java.util.Map<java.lang.String, \(value.className)>"
    case .structure(let structure): "com.amazonaws.dynamodb.v20120810.\(structure.name)"
    }
  }
}

/// The members of a request or of a part of one, in the order in which the service looks at them.
final class ModelStructure: Sendable {
  struct Member: Sendable {
    let name: String
    /// The name as messages show it: with a small first letter.
    let label: String
    let shape: ModelShape
    let isRequired: Bool
  }

  let name: String
  let members: [Member]

  init(name: String, members: [Member]) {
    self.name = name
    self.members = members
  }
}

/// The shapes of all operations, read once from the table in `text`.
struct ServiceModel: Sendable {
  static let shared = ServiceModel(text: text)

  private var shapes: [Substring: ModelShape] = [
    "String": .string(.open, isName: false), "Boolean": .boolean, "Integer": .integer(.open),
    "Long": .long(.open), "Blob": .blob, "AttributeValue": .attributeValue,
    "TableReference": .tableReference,
  ]
  private(set) var operations: [String: ModelStructure] = [:]

  private init(text: String) {
    for entry in ModelText.entries(of: text) { read(entry) }
  }

  private mutating func read(_ words: [Substring]) {
    guard words.count >= 2 else { return }
    let name = words[1]
    switch words[0] {
    case "string":
      shapes[name] = .string(bounds(words[2...]), isName: words.last == "pattern")
    case "enum": shapes[name] = .enumeration(words[2...].map(String.init))
    case "integer": shapes[name] = .integer(bounds(words[2...]))
    case "long": shapes[name] = .long(bounds(words[2...]))
    case "list": shapes[name] = .list(shape(words[2]), bounds(words[3...]))
    case "map": shapes[name] = .map(shape(words[2]), shape(words[3]), bounds(words[4...]))
    case "structure": shapes[name] = .structure(structure(name, words[2...]))
    case "operation": operations[String(name)] = structure(name, words[2...])
    default: preconditionFailure("the service model has no kind \(words[0])")
    }
  }

  private func structure(_ name: Substring, _ words: ArraySlice<Substring>) -> ModelStructure {
    let members = words.map { word in
      let parts = word.split(separator: ":")
      let isRequired = parts[1].last == "!"
      let first = parts[0].prefix(1).lowercased()
      return ModelStructure.Member(
        name: String(parts[0]), label: first + parts[0].dropFirst(),
        shape: shape(isRequired ? parts[1].dropLast() : parts[1]), isRequired: isRequired)
    }
    return ModelStructure(name: String(name), members: members)
  }

  private func shape(_ name: Substring) -> ModelShape {
    guard let shape = shapes[name] else {
      preconditionFailure("the service model uses \(name) before it is described")
    }
    return shape
  }

  private func bounds(_ words: ArraySlice<Substring>) -> ModelShape.Bounds {
    ModelShape.Bounds(
      low: words.first.flatMap { Int($0) }, high: words.dropFirst().first.flatMap { Int($0) })
  }
}
