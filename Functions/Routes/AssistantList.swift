import Agent
import Assistants
import JSON

/// The assistants that a connection can choose.
enum AssistantList {
  static let names = [Japanese.name]

  /// Their profiles, all with one model.
  static func profiles(model: ModelSettings) -> [Profile] {
    [Japanese.profile(model: model)]
  }

  /// What the versions of an assistant are called, the standard one first.
  static func variants(of assistant: String) -> [String] {
    [Profile.standardVariant] + (assistant == Japanese.name ? Japanese.variants : [])
  }

  /// A version by the name that settings use: `japanese/short`; the standard one is `japanese`.
  static func version(_ variant: String?, of assistant: String) -> String {
    variant.map { "\(assistant)/\($0)" } ?? assistant
  }

  /// Assistants and their other versions, by the names that settings use.
  static var versions: [String] {
    names + names.flatMap { name in variants(of: name).dropFirst().map { version($0, of: name) } }
  }

  /// The versions of an assistant besides the standard one.
  static func variantProfiles(of assistant: String, model: ModelSettings) -> [Profile] {
    guard assistant == Japanese.name else { return [] }
    return Japanese.variants.compactMap { Japanese.profile(variant: $0, model: model) }
  }
}

extension Profile {
  /// What clients are told about an assistant.
  var json: JSONValue {
    [
      "id": .string(name), "title": .string(title),
      "languages": .array(languages.map(JSONValue.string)),
      "abilities": .array(abilities.map(JSONValue.string)),
      "examples": .array(examples.map(JSONValue.string)),
      "specialists": .array(specialists.map { $0.json(of: self) }),
    ]
  }
}

extension Specialist {
  /// Examples that are shown; the others train the classifier.
  private static let shownExamples = 4

  fileprivate func json(of profile: Profile) -> JSONValue {
    [
      "id": .string("\(profile.name).\(name)"), "title": .string(title),
      "languages": .array(profile.languages.map(JSONValue.string)),
      "abilities": .array(abilities.map(JSONValue.string)),
      "examples": .array(examples.prefix(Self.shownExamples).map(JSONValue.string)),
    ]
  }
}
