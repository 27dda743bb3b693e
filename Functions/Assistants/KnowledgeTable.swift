package import Events

/// The table that an assistant's tools look things up in: DynamoDB in a function, memory in a test.
package protocol KnowledgeTable: Sendable {
  /// The items of a collection whose ids begin with a text, in the order of their ids.
  func items(
    in collection: String, startingWith prefix: String, limit: Int
  ) async throws -> [Item]

  func item(_ id: String, in collection: String) async throws -> Item?

  /// Writes the items, new ones and such that are there already.
  func write(_ items: [Item]) async throws
}
