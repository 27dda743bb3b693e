import Crypto
import JSON
import Template

/// Random values, as `GetRandomPassword` and a template's `GenerateSecretString` make them.
///
/// Source: API reference, `GetRandomPassword`.
extension GeneratedSecret {
  private static let lowercase = "abcdefghijklmnopqrstuvwxyz"
  private static let uppercase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
  private static let numbers = "0123456789"
  private static let punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

  /// The text, inside its JSON template when the definition has one.
  func value() throws(JSONServiceError) -> String {
    let password = try password()
    guard let template, let key else { return password }
    guard var object = (try? JSONValue(parsing: template))?.object else {
      throw JSONServiceError(
        "InvalidParameterException", "SecretStringTemplate is not a JSON object.")
    }
    object[key] = .string(password)
    return JSONValue.object(object).description
  }

  func password() throws(JSONServiceError) -> String {
    let excluded = Set(excludedCharacters.utf8)
    var kinds: [[UInt8]] = []
    for (isExcluded, text) in [
      (excludesLowercase, Self.lowercase), (excludesUppercase, Self.uppercase),
      (excludesNumbers, Self.numbers), (excludesPunctuation, Self.punctuation),
      (!includesSpace, " "),
    ] where !isExcluded {
      let characters = text.utf8.filter { !excluded.contains($0) }
      if !characters.isEmpty { kinds.append(characters) }
    }
    let all = kinds.flatMap { $0 }
    guard !all.isEmpty, length >= (requiresEachType ? kinds.count : 1) else {
      throw JSONServiceError(
        "InvalidParameterException",
        "The password is too short for the required character types, or nothing is left to draw.")
    }
    var password = requiresEachType ? kinds.map { Self.draw(from: $0) } : []
    while password.count < length { password.append(Self.draw(from: all)) }
    // The required ones stand first: mix them in (Fisher–Yates).
    for place in stride(from: password.count - 1, to: 0, by: -1) {
      password.swapAt(place, Self.number(below: place + 1))
    }
    return String(decoding: password, as: UTF8.self)
  }

  private static func draw(from characters: [UInt8]) -> UInt8 {
    characters[number(below: characters.count)]
  }

  private static func number(below limit: Int) -> Int {
    var source = SystemRandomNumberGenerator()
    return Int.random(in: 0..<limit, using: &source)
  }
}

extension SecretsManager {
  func getRandomPassword(_ request: SecretRequest) throws -> JSONValue {
    let members = request.members
    let rules = GeneratedSecret(
      length: try members.int("PasswordLength", in: 1...4096) ?? 32,
      excludedCharacters: try members.string("ExcludeCharacters") ?? "",
      excludesLowercase: try members.bool("ExcludeLowercase") ?? false,
      excludesUppercase: try members.bool("ExcludeUppercase") ?? false,
      excludesNumbers: try members.bool("ExcludeNumbers") ?? false,
      excludesPunctuation: try members.bool("ExcludePunctuation") ?? false,
      includesSpace: try members.bool("IncludeSpace") ?? false,
      requiresEachType: try members.bool("RequireEachIncludedType") ?? true)
    return ["RandomPassword": .string(try rules.password())]
  }
}
