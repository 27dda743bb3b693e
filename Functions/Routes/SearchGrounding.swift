/// Which assistants, or versions of one, may rest their answers on Google Search.
enum SearchGrounding: Sendable, Equatable {
  case never
  case always
  /// By the names that settings use: `japanese`, `japanese/short`.
  case only(Set<String>)

  /// `true`, `false`, or names with commas between them; nil for anything else.
  init?(_ text: String) {
    switch text {
    case "false": self = .never
    case "true": self = .always
    default:
      let names = text.split(separator: ",", omittingEmptySubsequences: false).map {
        String($0.trimmingBlanks)
      }
      guard names.allSatisfy(AssistantList.versions.contains) else { return nil }
      self = .only(Set(names))
    }
  }

  /// An assistant's name stands for all its versions.
  func holds(for version: String) -> Bool {
    switch self {
    case .never: false
    case .always: true
    case .only(let names):
      names.contains(version) || names.contains(String(version.prefix { $0 != "/" }))
    }
  }
}
