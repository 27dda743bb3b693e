import JSON

/// Fills a tool's arguments from a question, by their types, names and descriptions.
struct ArgumentFilling {
  struct Filled: Equatable {
    var value: JSONValue
    /// 0 for a guess from leftover words, 1 and more for something the argument's description asks for.
    var fit: Double
  }

  private let question: Question
  private let business: Set<String>
  /// What something is to be done to; nil where something is looked up.
  private let object: String?

  init(_ question: Question, business: Set<String> = [], object: String? = nil) {
    self.question = question
    self.business = business
    self.object = object
  }

  /// All arguments of a tool, or nil when a required one cannot be told from the question. `subject` is
  /// the term this call is about, when there are several.
  func filled(_ profile: ToolProfile, subject: String?) -> Filled? {
    var arguments: JSONObject = [:]
    var fit = 0.0
    for property in profile.properties {
      if let filled = filled(property, subject: subject) {
        arguments[property.name] = filled.value
        fit = max(fit, filled.fit)
      } else if property.isRequired {
        guard let value = property.schema["default"] else { return nil }
        arguments[property.name] = value
      }
    }
    // A tool without required arguments fits when it takes none, or when something was said for it.
    guard !arguments.isEmpty || profile.properties.isEmpty else { return nil }
    return Filled(value: .object(arguments), fit: fit)
  }

  /// A value for every required argument, from the question where it says one, else the plainest value.
  func forced(_ schema: JSONValue) -> JSONValue {
    SchemaFilling(question: question, answer: question.text).value(for: schema)
  }

  func filled(_ property: ToolProfile.Property, subject: String?) -> Filled? {
    if let values = property.schema["enum"]?.array {
      return choice(of: values).map { Filled(value: $0, fit: 0.5) }
    }
    switch property.type {
    case "integer", "number": return number(property)
    case "boolean":
      let asked = Set(question.stems.map(Words.concept))
      let named = Words.stems(ofName: property.name).map(Words.concept)
      let isAsked = !named.isEmpty && named.allSatisfy(asked.contains)
      return isAsked
        ? Filled(value: true, fit: 0.5) : property.isRequired ? Filled(value: false, fit: 0) : nil
    case "array":
      let terms = question.terms.isEmpty ? names : question.terms
      let values = terms.isEmpty ? [remainder].compactMap { $0 } : terms
      return values.isEmpty ? nil : Filled(value: .array(values.map(JSONValue.string)), fit: 0.5)
    case "object": return nil
    default: return object.map { said($0, property) } ?? text(property, subject: subject)
    }
  }

  /// The object of a wish is what the required text is; everything else would be a guess.
  private func said(_ object: String, _ property: ToolProfile.Property) -> Filled? {
    let longest = property.schema["maxLength"]?.int ?? 1_000
    guard property.isRequired, !object.isEmpty, object.unicodeScalars.count <= longest else {
      return nil
    }
    return Filled(value: .string(object), fit: 1)
  }

  /// The value of an enumeration that stands in the question as a word.
  private func choice(of values: [JSONValue]) -> JSONValue? {
    let words = Words.tokens(question.head.folded).map(\.text)
    let stems = Set(words.map(Words.stem))
    return values.first { value in
      guard let text = value.string?.folded, !text.isEmpty else { return false }
      return words.contains(text) || stems.contains(Words.stem(text))
        || (text.contains { $0 == " " || $0 == "-" || $0 == "_" }
          && question.head.folded.contains(text.replacing("_", with: " ")))
    }
  }

  /// A number within the bounds. An optional one needs its name or unit beside it: `3 sentences`.
  private func number(_ property: ToolProfile.Property) -> Filled? {
    let low = property.schema["minimum"]?.double ?? -.greatestFiniteMagnitude
    let high = property.schema["maximum"]?.double ?? .greatestFiniteMagnitude
    let value = question.numbers.lazy.compactMap(JSONNumber.init).first { number in
      guard let double = number.double, double >= low, double <= high else { return false }
      return property.type == "number" || number.int != nil
    }
    guard let value else { return nil }
    if !property.isRequired {
      let said = Set(
        (Words.stems(ofName: property.name) + Words.stems(property.description)).map(Words.concept))
      guard question.stems.map(Words.concept).contains(where: said.contains) else { return nil }
    }
    return Filled(value: .number(value), fit: 0.5)
  }

  // MARK: Texts

  private func text(_ property: ToolProfile.Property, subject: String?) -> Filled? {
    let wish = Wish(property)
    let longest = property.schema["maxLength"]?.int ?? 1_000
    let shortest = property.schema["minLength"]?.int ?? 0
    func fits(_ text: String) -> Bool {
      (shortest...max(shortest, longest)).contains(text.unicodeScalars.count)
    }
    if let code = wish.code(in: question), fits(code) {
      return Filled(value: .string(code), fit: 1)
    }
    guard !wish.isExact else { return nil }
    let terms = subject.map { [$0] } ?? question.terms
    for term in terms where fits(term) {
      if let fit = wish.fit(of: term) { return Filled(value: .string(term), fit: fit) }
    }
    guard subject == nil || property.isRequired, !wish.isJapaneseOnly else { return nil }
    guard property.isRequired || !names.isEmpty, terms.isEmpty else { return nil }
    if let name = names.first(where: fits) {
      return Filled(value: .string(name), fit: 0.25)
    }
    return remainder.flatMap { fits($0) ? Filled(value: .string($0), fit: 0) : nil }
  }

  /// Names in the question, without those of the tool's own business.
  private var names: [String] {
    question.names.filter { name in
      !Words.stems(name).map(Words.concept).allSatisfy(business.contains)
    }
  }

  private var remainder: String? { question.remainder(without: business) }
}

/// What an argument's name and description ask for.
private struct Wish {
  private let words: Set<String>
  private let name: Set<String>

  init(_ property: ToolProfile.Property) {
    name = Set(Words.tokens(Self.spaced(property.name).folded).map(\.text))
    words = Set(Words.tokens(property.description.folded).map(\.text)).union(name)
  }

  private static func spaced(_ name: String) -> String {
    name.reduce(into: "") { spaced, character in
      if character.isUppercase { spaced += " " }
      spaced.append(character == "_" ? " " : character)
    }
  }

  private var asksForJapanese: Bool {
    !words.isDisjoint(with: ["japanese", "kanji", "kana", "hiragana", "katakana"])
  }
  private var asksForEnglish: Bool { words.contains("english") }
  var isJapaneseOnly: Bool { asksForJapanese && !asksForEnglish }

  /// Identifiers and addresses are never guessed from words.
  var isExact: Bool { !name.isDisjoint(with: ["id", "email", "date", "phone", "iban", "isbn"]) }

  func code(in question: Question) -> String? {
    if name.contains("email") { return question.codes.first { $0.contains("@") } }
    if !name.isDisjoint(with: ["id", "code", "number", "iban", "isbn"]) {
      return question.codes.first { !$0.contains("@") } ?? question.numbers.first
    }
    if name.contains("date") {
      return Words.datePieces(in: question.head).first
    }
    return nil
  }

  /// How well a term suits: nil when it is in the wrong script.
  func fit(of term: String) -> Double? {
    let isJapanese = term.containsJapanese
    if isJapaneseOnly { return isJapanese ? 1 : nil }
    if asksForEnglish, isJapanese { return 0.25 }
    return 1
  }
}
