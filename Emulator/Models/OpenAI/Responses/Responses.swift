import JSON
import Synchronization

/// OpenAI's responses: made, looked up, forgotten, and continued by `previous_response_id`.
final class Responses: Sendable {
  /// Older ones are forgotten; OpenAI's own keep for 30 days.
  private static let mostKept = 500
  /// Items of a conversation that is continued.
  private static let mostItems = 2_000

  private struct Kept: Sendable {
    let id: String
    let response: JSONValue
    let input: [JSONValue]
    /// All items up to and with the response's own.
    let conversation: [JSONValue]
  }

  private let kept = Mutex<[Kept]>([])

  /// The answer to a request below `/responses`; nil when the path is none of these.
  func answer(
    _ request: ProviderRequest, _ perform: (ModelTask) throws(Problem) -> Performance
  ) throws(Problem) -> ProviderAnswer? {
    switch (request.method, Array(request.segments.dropFirst())) {
    case ("POST", []): return try create(request.object(), perform)
    case ("GET", let path) where path.count == 1: return OpenAI.json(try find(path[0]).response)
    case ("GET", let path) where path.count == 2 && path[1] == "input_items":
      return OpenAI.json(list(try find(path[0]).input))
    case ("DELETE", let path) where path.count == 1:
      let id = try find(path[0]).id
      kept.withLock { $0.removeAll { $0.id == id } }
      return OpenAI.json(["id": .string(id), "object": "response", "deleted": true])
    case (_, []): throw Problem(.wrongMethod, "Not allowed to \(request.method) on this path.")
    default: return nil
    }
  }

  private func create(
    _ body: JSONValue, _ perform: (ModelTask) throws(Problem) -> Performance
  ) throws(Problem) -> ProviderAnswer {
    let request = try ResponsesRequest(body) { id throws(Problem) in
      guard let before = self[id] else {
        throw Problem(
          .invalid, "Previous response with id '\(id)' not found.",
          parameter: "previous_response_id")
      }
      return before.conversation
    }
    let answer = ResponsesAnswer(request, try perform(request.task))
    if request.isStored { keep(answer, of: request) }
    return answer.answer
  }

  private func keep(_ answer: ResponsesAnswer, of request: ResponsesRequest) {
    let before = request.previous.flatMap { self[$0]?.conversation } ?? []
    let new = Kept(
      id: answer.id, response: answer.whole, input: request.input,
      conversation: Array((before + request.input + answer.output).suffix(Self.mostItems)))
    kept.withLock { kept in
      if kept.count >= Self.mostKept { kept.removeFirst() }
      kept.append(new)
    }
  }

  private subscript(id: String) -> Kept? {
    kept.withLock { kept in kept.last { $0.id == id } }
  }

  private func find(_ id: String) throws(Problem) -> Kept {
    guard let found = self[id] else {
      throw Problem(.notFound, "Response with id '\(id)' not found.")
    }
    return found
  }

  private func list(_ items: [JSONValue]) -> JSONValue {
    let named = items.enumerated().map { place, item in
      var item = item
      if item["id"] == nil { item["id"] = .string("item_\(place)") }
      return item
    }
    return [
      "object": "list", "data": .array(named), "has_more": false,
      "first_id": named.first?["id"] ?? .null, "last_id": named.last?["id"] ?? .null,
    ]
  }
}
