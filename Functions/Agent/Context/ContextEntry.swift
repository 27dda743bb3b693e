/// Something that is remembered about a person.
package struct ContextEntry: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    /// How they want to be answered.
    case preference
    /// What is so about them.
    case fact
    /// Somebody or something they speak of.
    case entity
    /// What they are in the middle of; it passes.
    case state
  }

  /// Unicode scalars.
  package static let longestKey = 100
  package static let longestValue = 1_000
  /// Entries of one person.
  package static let most = 100
  /// How long a state stays when nothing else is said, in seconds.
  package static let stateLife: Int64 = 24 * 3600
  /// The longest that can be asked for, in seconds: two years.
  package static let longestLife: Int64 = 2 * 366 * 86_400

  package var kind: Kind
  package var key: String
  package var value: String
  package var updatedAt: Timestamp
  /// When it is forgotten; nil is never.
  package var expiresAt: Timestamp?

  package init(
    kind: Kind, key: String, value: String, updatedAt: Timestamp, expiresAt: Timestamp? = nil
  ) {
    self.kind = kind
    self.key = key
    self.value = value
    self.updatedAt = updatedAt
    self.expiresAt = expiresAt
  }

  func isForgotten(at now: Timestamp) -> Bool { expiresAt.map { $0 <= now } ?? false }
}

extension [ContextEntry] {
  /// Bytes of it in a prompt.
  static let longestPrompt = 4 * 1024

  /// As models are given it: the newest entries that fit, by kind. Empty when there is none.
  var prompt: String {
    var room = Self.longestPrompt
    var chosen: [ContextEntry.Kind: [String]] = [:]
    for entry in sorted(by: { $0.updatedAt > $1.updatedAt }) {
      let name = entry.kind.rawValue
      let line =
        "<\(name) name=\"\(Prompt.escaped(entry.key))\">\(Prompt.escaped(entry.value))</\(name)>"
      guard line.utf8.count + 1 <= room else { continue }
      room -= line.utf8.count + 1
      chosen[entry.kind, default: []].append(line)
    }
    return ContextEntry.Kind.allCases.flatMap { chosen[$0]?.reversed() ?? [] }
      .joined(separator: "\n")
  }
}
