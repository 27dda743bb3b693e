import Agent
import Events
import JSON
import LambdaRuntime

/// `/api/v1/admin/knowledge…`: a tenant's own documents, for its administrators.
///
/// `GET` lists, `POST` adds, `DELETE …/{id}` removes, `GET …/search?q=` shows what a user would find,
/// `POST …/rebuild` has the index made anew. Everything is of the caller's own tenant; nothing in a request can name another one.
struct KnowledgeAdmin: Handler {
  private static let mostDocuments = 100
  private static let searchLimits = 1...50
  private static let standardSearch = 10
  /// What is left for writing and the answer when vectors take long.
  private static let reserve = Duration.seconds(8)
  /// The least share of a question's words, as in a turn.
  private static let share = Profile.Limits().share

  let tokens: TokenCheck
  let library: Library
  let retriever: Retriever
  let charges: EmbeddingCharges
  let secret: @Sendable () async throws -> [UInt8]
  /// Asks for the index to be made anew; does not wait for it.
  let rebuild: @Sendable () async throws -> Void

  func handle(_ event: HTTPEvent, _ invocation: Invocation) async -> GatewayResponse {
    await invocation.reply {
      let caller = try await tokens.caller(of: event)
      guard caller.role == .admin else { throw Refusal.forbidden }
      let request = try APIRoutes.request(event.method, event.segments, to: "knowledge")
      return try await answer(request, event, caller, invocation)
    }
  }

  private func answer(
    _ request: APIRequest, _ event: HTTPEvent, _ caller: Caller, _ invocation: Invocation
  ) async throws -> GatewayResponse {
    switch request.operation {
    case .listDocuments: return .json(try await list(event, caller))
    case .addDocuments:
      return try await charges.counted(invocation) {
        .json(try await add(event, caller, invocation, $0))
      }
    case .searchDocuments:
      return try await charges.counted(invocation) { .json(try await search(event, caller, $0)) }
    case .rebuildIndex:
      try await rebuild()
      invocation.log.info("rebuild", ["user": .string(caller.user)])
      var accepted = GatewayResponse.json(["status": "accepted"])
      accepted.statusCode = 202
      return accepted
    case .removeDocument:
      let id = try request.parameter("id")
      guard Library.isID(id), try await library.remove(id, tenant: caller.tenant) else {
        throw Refusal.notFound
      }
      invocation.log.info(
        "document removed", ["id": .string(id), "tenant": .string(caller.tenant)])
      return GatewayResponse(statusCode: 204, headers: ["cache-control": "no-store"])
    default: throw Refusal.notFound
    }
  }

  // MARK: Adding

  private func add(
    _ event: HTTPEvent, _ caller: Caller, _ invocation: Invocation, _ meter: EmbeddingMeter
  ) async throws -> JSONValue {
    guard let bytes = event.bodyBytes, let body = try? JSONValue(parsing: bytes),
      let list = body["documents"]?.array
    else { throw Refusal.badRequest("Send {\"documents\": [{\"source\": …, \"text\": …}, …]}.") }
    guard (1...Self.mostDocuments).contains(list.count) else {
      throw Refusal.badRequest("Send 1 to \(Self.mostDocuments) documents at once.")
    }
    var results: [JSONValue] = []
    var passages = 0
    for (number, value) in list.enumerated() {
      do {
        let (id, added) = try await library.add(
          try document(value), tenant: caller.tenant, until: invocation.deadline - Self.reserve,
          meter: meter)
        var result: JSONObject = ["index": .int(number), "id": .string(id)]
        switch added {
        case .added(let count, let vectors):
          result["status"] = "added"
          result["passages"] = .int(count)
          result["vectors"] = .int(vectors)
          passages += count
        case .unchanged(let count):
          result["status"] = "unchanged"
          result["passages"] = .int(count)
        }
        results.append(.object(result))
      } catch let problem as Library.Problem {
        results.append([
          "index": .int(number), "status": "failed", "error": .string(problem.description),
        ])
      }
    }
    invocation.log.info(
      "documents added",
      [
        "documents": .integer(list.count), "passages": .integer(passages),
        "user": .string(caller.user), "tenant": .string(caller.tenant),
      ])
    return ["results": .array(results)]
  }

  private func document(_ value: JSONValue) throws(Library.Problem) -> Library.Document {
    guard value.object != nil else { throw .empty }
    let known: Set = ["id", "source", "title", "text", "type", "tags", "owner"]
    for (name, member) in value.object ?? [:] {
      let isText = name == "tags" ? member.array != nil : member.string != nil
      guard known.contains(name), isText || member.isNull else { throw .badField(name, limit: 512) }
    }
    let tags = value["tags"]?.array ?? []
    guard tags.allSatisfy({ $0.string != nil }) else { throw .badField("tags", limit: 512) }
    let id = value["id"]?.string
    // These are paths of the API.
    guard id != "search", id != "rebuild" else { throw .badID }
    let source = value["source"]?.string ?? id ?? ""
    return Library.Document(
      id: id, source: source, title: value["title"]?.string ?? source,
      text: value["text"]?.string ?? "", type: value["type"]?.string ?? "text",
      tags: tags.compactMap(\.string), owner: value["owner"]?.string)
  }

  // MARK: Showing

  private func list(_ event: HTTPEvent, _ caller: Caller) async throws -> JSONValue {
    let cursors = try ListCursors(secret: try await secret(), caller: caller, query: "knowledge")
    let request = try PageRequest(event, cursors)
    let page = try await library.list(
      tenant: caller.tenant, limit: request.limit, after: request.after)
    var answer: JSONObject = [
      "documents": .array(
        page.entries.map { entry in
          [
            "id": .string(entry.id), "source": .string(entry.source),
            "title": .string(entry.title), "type": .string(entry.type),
            "tags": .array(entry.tags.map(JSONValue.string)),
            "owner": entry.owner.map(JSONValue.string) ?? .null,
            "passages": .int(entry.passages), "updatedAt": .string(entry.updatedAt),
          ]
        })
    ]
    answer["nextCursor"] = page.next.map { .string(cursors.text(for: $0)) } ?? .null
    return .object(answer)
  }

  private func search(
    _ event: HTTPEvent, _ caller: Caller, _ meter: EmbeddingMeter
  ) async throws -> JSONValue {
    let parameters = event.queryStringParameters ?? [:]
    guard let question = parameters["q"], !question.isEmpty,
      question.unicodeScalars.count <= MessageText.limit
    else {
      throw Refusal.invalid("q", "length", "It must have 1 to \(MessageText.limit) characters.")
    }
    let limit = parameters["limit"].map(Int.init) ?? Self.standardSearch
    guard let limit, Self.searchLimits.contains(limit) else {
      throw Refusal.invalid("limit", "range", "It must be a whole number from 1 to 50.")
    }
    func several(_ name: String) -> Set<String>? {
      parameters[name].map { Set($0.split(separator: ",").map(String.init)) }
    }
    let filter = PassageFilter(
      tenant: caller.tenant, owner: caller.owner, types: several("type"),
      sources: parameters["source"].map { [$0] }, titles: parameters["title"].map { [$0] },
      tags: several("tags") ?? [])
    let found = try await retriever.passages(
      for: question, limit: limit, share: Self.share, filter: filter
    ) { meter.add($0.usage.input, for: caller) }
    return [
      "mode": .string(found.mode.rawValue),
      "passages": .array(
        found.passages.map { passage in
          [
            "id": .string(passage.id), "source": .string(passage.source),
            "title": .string(passage.title), "type": .string(passage.type),
            "tags": .array(passage.tags.map(JSONValue.string)), "text": .string(passage.text),
          ]
        }),
    ]
  }
}
