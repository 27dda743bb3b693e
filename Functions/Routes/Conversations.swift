import Agent
import Events
import JSON
import LambdaRuntime

/// What is a caller's own: everything under `/api/v1/conversations` but deleting, what is remembered
/// about them, what they use.
///
/// Somebody else's conversation looks like one that is not there.
struct Conversations: Handler {
  /// Elements of a list of conversations when the request does not say.
  private static let standardList = 50
  private static let standardSearch = 20
  private static let mostByMeaning = 100

  let tokens: TokenCheck
  let conversations: StoredConversations
  let ledger: UsageLedger
  let context: StoredContext
  let meaning: MeaningSearch
  let charges: EmbeddingCharges
  let secret: @Sendable () async throws -> [UInt8]
  let defaultAssistant: String
  /// Takes an answer out of the cache.
  let unshare: @Sendable (_ cacheEntry: String) async throws -> Void
  /// What came out of the cache meanwhile.
  let counter: CacheCounter
  var now: @Sendable () -> Timestamp = { .now }

  func handle(_ event: HTTPEvent, _ invocation: Invocation) async -> GatewayResponse {
    await invocation.reply {
      let caller = try await tokens.caller(of: event)
      let request = try APIRoutes.request(event.method, event.segments, to: "conversations")
      defer { CacheMetrics.emit(counter.take(), for: invocation) }
      return try await answer(request, event, caller, invocation)
    }
  }

  private func answer(
    _ request: APIRequest, _ event: HTTPEvent, _ caller: Caller, _ invocation: Invocation
  ) async throws -> GatewayResponse {
    switch request.operation {
    case .listConversations: try await list(event, caller)
    case .createConversation: try await create(event, caller)
    case .searchConversations: try await search(event, caller, invocation)
    case .getConversation, .listMessages: try await messages(request, event, caller)
    case .changeConversation: try await change(request, event, caller)
    case .setMetadata: try await setMetadata(request, event, caller)
    case .removeMetadata: try await removeMetadata(request, caller)
    case .setFeedback: try await setFeedback(request, event, caller)
    case .removeFeedback: try await removeFeedback(request, caller)
    case .exportConversation, .exportConversations:
      try await ConversationExport(
        conversations: conversations, caller: caller, event: event, now: now()
      ).answer(
        request, cursors: try await cursors("export", caller, request.parameters["id"] ?? ""))
    case .getContext, .setContext, .removeContext, .clearContext:
      try await ContextRoutes(context: context, vectors: meaning.vectors, now: now()).answer(
        request, event, caller)
    case .getSettings, .setSettings:
      try await ContextRoutes(context: context, vectors: meaning.vectors, now: now()).settings(
        request, event, caller)
    case .getUsage: try await usage(caller)
    case .listSessions, .getSession, .setSession:
      try await SessionRoutes(
        conversations: conversations, now: now(),
        cursors: try await cursors("sessions", caller, request.parameters["id"] ?? "")
      ).answer(request, event, caller)
    default: throw Refusal.notFound
    }
  }

  // MARK: Reading

  private func usage(_ caller: Caller) async throws -> GatewayResponse {
    let now = now()
    return .json(
      UsageViews.own(
        try await ledger.own(caller, at: now), try await ledger.standings(for: caller, at: now),
        prices: ledger.prices))
  }

  private func list(_ event: HTTPEvent, _ caller: Caller) async throws -> GatewayResponse {
    let wanted = event.queryStringParameters?["status"]
    var status: Conversation.Status?
    if let wanted {
      status = Conversation.Status(rawValue: wanted)
      guard status != nil else {
        throw Refusal.invalid(
          "status", "choice", "It must be active, archived or closed.")
      }
    }
    let cursors = try await cursors("own", caller, wanted ?? "")
    let page = try PageRequest(event, cursors, standard: Self.standardList)
    let part = try await conversations.conversations(
      ofOwner: caller.owner, status: status, limit: page.limit, after: page.after)
    return .json(
      ConversationViews.list(
        ArchivePage(elements: part.elements, next: part.next), cursors, clock))
  }

  private func search(
    _ event: HTTPEvent, _ caller: Caller, _ invocation: Invocation
  ) async throws -> GatewayResponse {
    let text = event.queryStringParameters?["q"] ?? ""
    guard let words = SearchWords(text), text.unicodeScalars.count <= SearchWords.longest else {
      throw Refusal.invalid(
        "q", "length", "It must have 1 to \(SearchWords.longest) characters.")
    }
    let mode = event.queryStringParameters?["mode"] ?? "words"
    guard ["words", "meaning"].contains(mode) else {
      throw Refusal.invalid("mode", "choice", "It must be words or meaning.")
    }
    if mode == "meaning" { return try await searchByMeaning(text, event, caller, invocation) }
    let cursors = try await cursors("search", caller, text)
    let page = try PageRequest(event, cursors, standard: Self.standardSearch)
    let part = try await conversations.search(
      words, of: caller, limit: page.limit, after: page.after)
    return .json([
      "results": .array(part.elements.map { .object(ConversationViews.found($0)) }),
      "mode": "words", "nextCursor": part.next.map { .string(cursors.text(for: $0)) } ?? .null,
    ])
  }

  private func searchByMeaning(
    _ text: String, _ event: HTTPEvent, _ caller: Caller, _ invocation: Invocation
  ) async throws -> GatewayResponse {
    guard try await context.settings(of: caller).searchByMeaning else {
      throw Refusal.conflict(
        code: "not_allowed",
        "Allow the search by meaning first: PUT /api/v1/settings {\"searchByMeaning\": true}.")
    }
    let cursors = try await cursors("meaning", caller, text)
    let page = try PageRequest(event, cursors, standard: Self.standardSearch)
    let found = try await charges.counted(invocation) {
      try await meaning.search(
        text, of: caller, limit: min(page.limit, Self.mostByMeaning),
        until: invocation.deadline - .seconds(2), meter: $0)
    }
    return .json([
      "results": .array(
        found.hits.map { hit in
          var view = ConversationViews.found(hit.turn)
          view["score"] = .double(Double(hit.score))
          return .object(view)
        }),
      "mode": "meaning", "embedder": .string(found.embedder),
      "isComplete": .bool(found.isComplete), "nextCursor": .null,
    ])
  }

  private func messages(
    _ request: APIRequest, _ event: HTTPEvent, _ caller: Caller
  ) async throws -> GatewayResponse {
    let id = try id(of: request)
    let branches = event.queryStringParameters?["branches"] ?? "current"
    guard ["current", "all"].contains(branches) else {
      throw Refusal.invalid("branches", "choice", "It must be current or all.")
    }
    let cursors = try await cursors("messages", caller, id.text, branches)
    let page = try PageRequest(event, cursors)
    guard let conversation = try await conversations.conversation(id, of: caller) else {
      throw Refusal.notFound
    }
    let cursor = event.queryStringParameters?["cursor"] ?? ""
    let part = try await conversations.page(
      "\(branches) \(page.turns) \(cursor)", of: conversation
    ) {
      if branches == "all" {
        try await conversations.turns(
          of: id, ofTenant: caller.tenant, limit: page.turns, after: page.after)
      } else {
        try await conversations.branch(
          of: id, tenant: caller.tenant, endingAt: conversation.head ?? conversation.turns,
          limit: page.turns, after: page.after)
      }
    }
    var view = ConversationViews.messages(
      ArchivePage(elements: part.elements, next: part.next), cursors)
    view["conversation"] = ConversationViews.conversation(conversation, clock)
    return .json(.object(view))
  }

  // MARK: Changing

  private func create(_ event: HTTPEvent, _ caller: Caller) async throws -> GatewayResponse {
    var fields = try BodyFields(event, headers: event.headers)
    let title = fields.text("title", 1...Conversation.longestTitle)
    let assistant = fields.assistant()
    let status: Conversation.Status? = fields.choice("status")
    let metadata = fields.metadata("metadata")
    try fields.finish()
    let conversation = try await conversations.create(
      title: title, assistant: assistant ?? defaultAssistant, metadata: metadata ?? [:],
      status: status ?? .active, of: caller, at: now())
    return .json(
      ConversationViews.conversation(conversation, clock), status: 201,
      headers: ["location": "/api/v1/conversations/\(conversation.id.text)"])
  }

  private func change(
    _ request: APIRequest, _ event: HTTPEvent, _ caller: Caller
  ) async throws -> GatewayResponse {
    var fields = try BodyFields(event, headers: event.headers)
    let change = ConversationChange(
      title: fields.text("title", 1...Conversation.longestTitle), status: fields.choice("status"),
      metadata: fields.metadata("metadata"), head: fields.text("head", 1...128))
    try fields.finish()
    guard change != ConversationChange() else {
      throw Refusal.invalid([
        FieldProblem(field: "", code: "required", message: "There is nothing to change.")
      ])
    }
    let id = try id(of: request)
    return try shown(try await conversations.change(id, of: caller, change, at: now()))
  }

  private func setMetadata(
    _ request: APIRequest, _ event: HTTPEvent, _ caller: Caller
  ) async throws -> GatewayResponse {
    let (id, name) = (try id(of: request), try request.parameter("key"))
    let value = try BodyFields.value(event, headers: event.headers)
    let text: String
    do throws(FieldProblem) {
      text = try Metadata.text(of: value, named: name)
    } catch {
      throw Refusal.invalid([error])
    }
    guard let before = try await conversations.conversation(id, of: caller) else {
      throw Refusal.notFound
    }
    guard before.metadata[name] != nil || before.metadata.count < Metadata.mostNames else {
      throw Refusal.invalid([Metadata.tooMany])
    }
    return try shown(
      try await conversations.setMetadata(name, to: text, of: id, of: caller, at: now()))
  }

  private func removeMetadata(
    _ request: APIRequest, _ caller: Caller
  ) async throws -> GatewayResponse {
    let (id, name) = (try id(of: request), try request.parameter("key"))
    guard let before = try await conversations.conversation(id, of: caller),
      before.metadata[name] != nil
    else { throw Refusal.notFound }
    _ = try await conversations.setMetadata(name, to: nil, of: id, of: caller, at: now())
    return .noContent
  }

  private func setFeedback(
    _ request: APIRequest, _ event: HTTPEvent, _ caller: Caller
  ) async throws -> GatewayResponse {
    var fields = try BodyFields(event, headers: event.headers)
    let thumb: Feedback.Thumb? = fields.choice("thumb", isRequired: true)
    let text = fields.text("text", 1...Feedback.longestText, lines: true)
    try fields.finish()
    guard let thumb else { throw Refusal.internalError }
    let feedback = Feedback(thumb: thumb, text: text, at: now())
    try await keep(feedback, request, caller)
    return .json(ConversationViews.feedback(feedback))
  }

  private func removeFeedback(
    _ request: APIRequest, _ caller: Caller
  ) async throws -> GatewayResponse {
    try await keep(nil, request, caller)
    return .noContent
  }

  private func keep(
    _ feedback: Feedback?, _ request: APIRequest, _ caller: Caller
  ) async throws {
    let before = try await conversations.setFeedback(
      feedback, on: try request.parameter("messageId"), in: try id(of: request), of: caller)
    guard let before else { throw Refusal.notFound }
    // What somebody finds bad is not given to others.
    if feedback?.thumb == .down, let entry = before.cacheEntry { try await unshare(entry) }
    // Kept with the answer already: a count that fails is no reason to refuse it.
    try? await ledger.count(feedback?.thumb, on: before, of: caller)
  }

  // MARK: Parts

  private var clock: SessionClock { SessionClock(now: now(), rules: conversations.rules) }

  private func id(of request: APIRequest) throws(Refusal) -> ConversationID {
    guard let id = ConversationID(try request.parameter("id")) else { throw .notFound }
    return id
  }

  private func shown(_ conversation: Conversation?) throws(Refusal) -> GatewayResponse {
    guard let conversation else { throw .notFound }
    return .json(ConversationViews.conversation(conversation, clock))
  }

  private func cursors(
    _ list: String, _ caller: Caller, _ more: String...
  ) async throws -> ListCursors {
    try ListCursors(secret: try await secret(), caller: caller, query: [list] + more)
  }
}

extension BodyFields {
  /// The name of an assistant; nil when it is absent.
  mutating func assistant() -> String? {
    guard let name = text("assistant", 1...128) else { return nil }
    guard AssistantList.names.contains(name) else {
      note("assistant", "choice", "There is no such assistant; known: \(AssistantList.known).")
      return nil
    }
    return name
  }
}

extension GatewayResponse {
  static let noContent = GatewayResponse(
    statusCode: 204, headers: ["cache-control": "no-store"])
}

extension PageRequest {
  /// A turn is two messages.
  var turns: Int { (limit + 1) / 2 }
}

extension HTTPEvent {
  /// Refuses other methods than these.
  func require(_ methods: [String]) throws(Refusal) {
    guard methods.contains(method) else { throw .methodNotAllowed(allowed: methods) }
  }
}
