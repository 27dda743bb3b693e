import Cloud
import Events

/// What a person decides about how they are served.
package struct PersonSettings: Sendable, Equatable {
  /// Whether what they said may be sent to the embedder and found by meaning.
  package var searchByMeaning = false

  package init(searchByMeaning: Bool = false) { self.searchByMeaning = searchByMeaning }
}

extension StoredContext {
  /// No kind of entry has this name, so that it is in no list and in no prompt.
  private static let settingsEntry = "settings"

  private func settingsKey(_ caller: Caller) -> Item {
    ["owner": .string(caller.owner), "entry": .string(Self.settingsEntry)]
  }

  /// The defaults where nothing was decided.
  package func settings(of caller: Caller) async throws -> PersonSettings {
    let item = try await store.get(settingsKey(caller), from: table)
    return PersonSettings(searchByMeaning: item?["searchByMeaning"]?.boolean ?? false)
  }

  package func set(_ settings: PersonSettings, of caller: Caller) async throws {
    var item = settingsKey(caller)
    item["searchByMeaning"] = .boolean(settings.searchByMeaning)
    try await store.put(item, into: table)
  }
}
