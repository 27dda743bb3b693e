import JSON

/// How a secret is rotated.
struct SecretRotation: Sendable, Equatable {
  var isEnabled: Bool
  /// The ARN of the function that makes new values.
  var function: String
  /// `RotationRules` as they were given.
  var rules: JSONValue
  /// Unix seconds of the last one that went through.
  var last: Double?

  private static let dayInSeconds = 86_400.0

  init(function: String, rules: JSONValue) {
    isEnabled = true
    self.function = function
    self.rules = rules
  }

  init(stored: JSONValue) {
    isEnabled = stored["isEnabled"]?.bool ?? false
    function = stored["function"]?.string ?? ""
    rules = stored["rules"] ?? [:]
    last = stored["last"]?.double
  }

  var stored: JSONValue {
    var value: JSONValue = [
      "isEnabled": .bool(isEnabled), "function": .string(function), "rules": rules,
    ]
    value["last"] = last.map { .double($0) }
    return value
  }

  /// When the next rotation is due; nil for schedules, which are kept and not played.
  func next(since created: Double) -> Double? {
    guard isEnabled, let days = rules["AutomaticallyAfterDays"]?.double else { return nil }
    return (last ?? created) + days * Self.dayInSeconds
  }
}

/// One of the filters of `ListSecrets` and `BatchGetSecretValue`.
///
/// Source: Secrets Manager API reference, `Filter`: names and tags are compared from their beginning and
/// with case; descriptions, and everything under `all`, word by word and without case.
struct SecretFilter: Sendable {
  let key: String
  let values: [String]

  static func read(_ members: JSONMembers) throws(JSONServiceError) -> [SecretFilter] {
    var filters: [SecretFilter] = []
    for object in try members.objects("Filters") ?? [] {
      guard let key = try object.string("Key") else {
        throw JSONServiceError("InvalidParameterException", "Invalid filter key")
      }
      guard let values = try object.strings("Values"), !values.isEmpty else {
        throw JSONServiceError(
          "InvalidParameterException", "Invalid filter values for key: \(key)")
      }
      filters.append(SecretFilter(key: key, values: values))
    }
    return filters
  }

  func matches(_ secret: Secret) -> Bool {
    switch key {
    case "name": return fits([secret.name], byWords: false)
    case "tag-key": return fits((secret.tags ?? []).map(\.key), byWords: false)
    case "tag-value": return fits((secret.tags ?? []).map(\.value), byWords: false)
    case "description": return fits(secret.description.map { [$0] } ?? [], byWords: true)
    case "all":
      let tags = secret.tags ?? []
      return fits(
        [secret.name, secret.description ?? ""] + tags.map(\.key) + tags.map(\.value),
        byWords: true)
    // No secret here is another service's or another Region's.
    default: return values.contains { $0.hasPrefix("!") }
    }
  }

  private func fits(_ texts: [String], byWords: Bool) -> Bool {
    values.contains { value in
      let isNegated = value.hasPrefix("!")
      let wanted = isNegated ? String(value.dropFirst()) : value
      let found = texts.contains { text in
        byWords ? Self.words(of: wanted, areIn: text) : text.hasPrefix(wanted)
      }
      return found != isNegated
    }
  }

  private static func words(of wanted: String, areIn text: String) -> Bool {
    let there = words(text)
    let sought = words(wanted)
    return !sought.isEmpty
      && sought.allSatisfy { word in there.contains { $0.hasPrefix(word) } }
  }

  /// Words end at blanks, at the signs that names may have, and where a capital letter begins another
  /// one: `DescTwo` has two, `COMPANYthings` `COMPAN` and `Ythings`.
  private static func words(_ text: String) -> [String] {
    var words: [String] = []
    for part in text.split(whereSeparator: { $0.isWhitespace || "/_+=.@-!".contains($0) }) {
      var word = ""
      let letters = Array(part)
      for (place, letter) in letters.enumerated() {
        let isAfterSmall = place > 0 && letters[place - 1].isLowercase
        let isBeforeSmall = place + 1 < letters.count && letters[place + 1].isLowercase
        if letter.isUppercase, isAfterSmall || isBeforeSmall, !word.isEmpty {
          words.append(word)
          word = ""
        }
        word += letter.lowercased()
      }
      words.append(word)
    }
    return words
  }
}
