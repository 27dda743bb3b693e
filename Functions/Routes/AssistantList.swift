import Agent
import Assistants

/// The assistants that a connection can choose.
enum AssistantList {
  static let names = [Japanese.name]

  /// Their profiles, all with one model.
  static func profiles(model: ModelSettings) -> [Profile] {
    [Japanese.profile(model: model)]
  }
}
