import Agent
import Events

/// Conversations in DynamoDB, as lists and details read them.
struct StoredArchive: Archive {
  let conversations: StoredConversations

  func conversations(
    ofTenant tenant: String, _ request: PageRequest
  ) async throws -> ArchivePage<Conversation> {
    page(
      try await conversations.conversations(
        ofTenant: tenant, limit: request.limit, after: request.after))
  }

  func conversations(
    ofOwner owner: String, _ request: PageRequest
  ) async throws -> ArchivePage<Conversation> {
    page(
      try await conversations.conversations(
        ofOwner: owner, limit: request.limit, after: request.after))
  }

  func escalated(
    inTenant tenant: String, _ request: PageRequest
  ) async throws -> ArchivePage<Conversation> {
    page(
      try await conversations.escalated(
        inTenant: tenant, limit: request.limit, after: request.after))
  }

  func conversation(
    _ id: ConversationID, ofTenant tenant: String
  ) async throws -> Conversation? {
    try await conversations.conversation(id, ofTenant: tenant)
  }

  func turns(
    of id: ConversationID, ofTenant tenant: String, _ request: PageRequest
  ) async throws -> ArchivePage<Turn> {
    page(
      try await conversations.turns(
        of: id, ofTenant: tenant, limit: request.limit, after: request.after))
  }

  private func page<Element>(
    _ part: StoredConversations.Part<Element>
  ) -> ArchivePage<Element> {
    ArchivePage(elements: part.elements, next: part.next)
  }
}
