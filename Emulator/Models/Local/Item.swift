import JSON

/// An object of a tool's result, as something to speak about.
struct Item {
  struct Field {
    var name: String
    var values: [String]
    var isNumber: Bool

    /// A number of things, under their name: `strokes`, `total`.
    var isCount: Bool { isNumber && values.count == 1 }

    var isDescription: Bool {
      let words = Words.stems(ofName: name).map(Words.concept)
      return words.contains { Item.descriptions.contains($0) }
    }
  }

  /// Fields with one or more plain values, in their order, without asides.
  let fields: [Field]
  /// Lists of objects inside.
  let nested: [(name: String, items: [Item])]
  let source: String?

  /// Fields that say nothing about the item itself.
  static let asides: Set<String> = [
    "source", "sources", "id", "url", "score", "limit", "query", "cursor", "status", "ok",
  ]

  private static let descriptions = Set(
    ["meaning", "description", "text", "summary", "value", "content", "answer", "result"].map {
      Words.concept(Words.stem($0))
    })

  /// Names of fields that name an item, the most telling first.
  private static let naming = [
    "title", "name", "word", "expression", "kanji", "term", "label", "subject", "japanese",
    "sentence", "city", "product",
    "key", "question", "text",
  ]

  init(_ object: JSONObject) {
    var fields: [Field] = []
    var nested: [(String, [Item])] = []
    for (name, value) in object where !Self.asides.contains(name) {
      let values = Self.values(value)
      if !values.isEmpty {
        fields.append(Field(name: name, values: values, isNumber: value.number != nil))
      } else if let objects = value.array?.compactMap(\.object), !objects.isEmpty {
        nested.append((name, objects.map(Item.init)))
      }
    }
    self.fields = fields
    self.nested = nested
    source = object["source"]?.string ?? object["url"]?.string
  }

  private static func values(_ value: JSONValue) -> [String] {
    switch value {
    case .string(let text): text.isEmpty ? [] : [text]
    case .number(let number): [number.text]
    case .bool(let isTrue): [isTrue ? "yes" : "no"]
    case .array(let elements): elements.compactMap { $0.string ?? $0.number?.text }
    case .null, .object: []
    }
  }

  /// The field that names this item, found by its own name.
  var subjectField: Field? {
    Self.naming.lazy.compactMap { name in fields.first { $0.name == name && !$0.isNumber } }.first
  }

  /// What this item is about: the value that the question names, else the naming field, else the first text.
  func subject(for question: Question) -> (field: String, text: String)? {
    for field in fields where field.values.count == 1 && question.terms.contains(field.values[0]) {
      return (field.name, field.values[0])
    }
    let field = subjectField ?? fields.first { !$0.isNumber }
    return field.flatMap { field in field.values.first.map { (field.name, $0) } }
  }

  /// The texts of this item, the one in the asked language first as it stands.
  var texts: [String] {
    fields.filter { !$0.isNumber && $0.values.count == 1 }.map { $0.values[0] }
  }

  /// True when the item is a sentence to be quoted, not a thing with properties.
  func isSentence(for question: Question) -> Bool {
    guard let subject = subject(for: question), !question.terms.contains(subject.text) else {
      return false
    }
    let ends = subject.text.last.map { "。.!?！？」".contains($0) } ?? false
    return (ends && subject.text.count > 3) || ["sentence", "japanese"].contains(subject.field)
  }
}
