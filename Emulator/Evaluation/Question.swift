import Crypto
import JSON

/// One question of a question file, with what a good answer has and has not.
package struct Question: Sendable, Equatable {
  /// Which tool the answer should rest on.
  package enum ExpectedTool: Sendable, Equatable {
    /// One of these.
    case one(of: [String])
    /// None at all.
    case none
  }

  /// A fact, in all the spellings that count.
  package typealias Fact = [String]

  /// Its name in reports; unique in its file.
  package var id: String
  /// What the person says, in one conversation; the answer to the last of it is judged.
  package var messages: [String]
  /// All of them must stand in the answer.
  package var facts: [Fact] = []
  /// None of them may.
  package var forbidden: [String] = []
  /// Nobody can know it: the answer has to say so.
  package var declines = false
  /// nil: whatever it takes.
  package var tool: ExpectedTool?
  /// One of them should be found and named; empty: whatever is.
  package var sources: [String] = []
  package var tags: [String] = []

  package init(id: String, _ messages: String...) {
    self.id = id
    self.messages = messages
  }

  /// The one whose answer is judged.
  package var text: String { messages.last ?? "" }

  /// Stays the same as long as the question is worded the same, whatever is expected of the answer.
  var digest: String {
    Hex.encode(Array(SHA256.digest(messages.joined(separator: "\u{0}")).prefix(8)))
  }
}

extension Question {
  /// What is wrong with a line of a question file.
  struct Problem: Error, Equatable {
    let text: String
  }

  private static let known: Set = [
    "id", "question", "facts", "forbidden", "declines", "tool", "sources", "tags",
  ]
  /// The agent takes no more (Unicode scalars).
  static let longestText = 4_000
  static let longestID = 128
  /// Facts, spellings, forbidden claims, sources or tags of one question.
  static let mostEntries = 64
  /// Messages of one conversation.
  static let mostMessages = 16
  /// Unicode scalars of one of them.
  static let longestEntry = 500

  /// Reads one line's object; `id` names it when it has no name of its own.
  init(_ value: JSONValue, id: String) throws(Problem) {
    guard let members = value.object else {
      throw Problem(text: "it is no JSON object; write {\"question\": …, \"facts\": […]}")
    }
    if let other = members.keys.first(where: { !Self.known.contains($0) }) {
      throw Problem(
        text: "unknown member \"\(other)\"; known: \(Self.known.sorted().joined(separator: ", "))")
    }
    self.id = id
    if let named = members["id"] { self.id = try Self.entry(named, "id", upTo: Self.longestID) }
    guard let question = members["question"] else {
      throw Problem(text: "it has no \"question\": a text, or the messages of a conversation")
    }
    messages = try Self.texts(question, "question", upTo: Self.longestText)
    guard messages.count <= Self.mostMessages else {
      throw Problem(text: "\"question\" has more than \(Self.mostMessages) messages")
    }
    facts = try Self.entries(members["facts"], "facts") { (value) throws(Problem) in
      try Self.texts(value, "facts", upTo: Self.longestEntry)
    }
    forbidden = try Self.list(members["forbidden"], "forbidden")
    sources = try Self.list(members["sources"], "sources")
    tags = try Self.list(members["tags"], "tags")
    if let value = members["declines"] {
      guard let declines = value.bool else { throw Problem(text: "\"declines\" is true or false") }
      self.declines = declines
    }
    if let value = members["tool"] {
      tool =
        value.isNull
        ? ExpectedTool.none : .one(of: try Self.texts(value, "tool", upTo: Self.longestEntry))
    }
    try check()
  }

  private func check() throws(Problem) {
    guard !facts.isEmpty || !forbidden.isEmpty || declines || tool != nil || !sources.isEmpty else {
      throw Problem(text: "it expects nothing: give facts, forbidden, declines, tool or sources")
    }
    for claim in forbidden {
      let wording = Wording(claim)
      guard !facts.contains(where: { $0.contains { Wording($0).contains(wording) } }) else {
        throw Problem(text: "\"\(claim)\" is forbidden, but stands in an expected fact")
      }
    }
  }

  private static func list(_ value: JSONValue?, _ name: String) throws(Problem) -> [String] {
    try entries(value, name) { (value) throws(Problem) in
      try entry(value, name, upTo: longestEntry)
    }
  }

  private static func entries<Entry>(
    _ value: JSONValue?, _ name: String, _ read: (JSONValue) throws(Problem) -> Entry
  ) throws(Problem) -> [Entry] {
    guard let value else { return [] }
    guard let array = value.array else {
      throw Problem(text: "\"\(name)\" is no array; write \"\(name)\": [\"…\"]")
    }
    guard array.count <= mostEntries else {
      throw Problem(text: "\"\(name)\" has more than \(mostEntries) entries")
    }
    var found: [Entry] = []
    for element in array { found.append(try read(element)) }
    return found
  }

  /// A text, or an array of at least one.
  private static func texts(
    _ value: JSONValue, _ name: String, upTo limit: Int
  ) throws(Problem) -> [String] {
    guard value.array != nil else { return [try entry(value, name, upTo: limit)] }
    let found = try entries(value, name) { (value) throws(Problem) in
      try entry(value, name, upTo: limit)
    }
    guard !found.isEmpty else { throw Problem(text: "\"\(name)\" has an empty list") }
    return found
  }

  private static func entry(
    _ value: JSONValue, _ name: String, upTo limit: Int
  ) throws(Problem) -> String {
    guard let text = value.string else { throw Problem(text: "\"\(name)\" holds what is no text") }
    guard !Wording(text).isEmpty, text.unicodeScalars.count <= limit else {
      throw Problem(text: "\"\(name)\" holds a text that is empty or over \(limit) characters")
    }
    return text
  }
}
