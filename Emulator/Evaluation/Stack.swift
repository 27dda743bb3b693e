import Crypto
import Dispatch
import JSON
package import Network

/// A running stack, seen from outside: its chat connection, and what administrators are shown.
package struct Stack: Sendable {
  /// How often a question is asked before its failure counts.
  private static let attempts = 3
  /// Passages that are looked at for a question.
  static let passages = 10

  /// `ws://…` or `wss://…`.
  package let webSocket: String
  private let assistant: String
  private let token: String
  private let trust: TrustStore
  private let timeout: Duration
  private let pages: StackPages

  /// Why a stack cannot be asked at all.
  package struct Problem: Error, CustomStringConvertible {
    package let description: String
  }

  /// Looks up where the stack at `address` (without a `/` at its end) has its chat connection.
  /// `timeout` is the time for the answer to one message.
  package init(
    address: String, assistant: String, token: String, trust: TrustStore, timeout: Duration
  ) async throws(Problem) {
    pages = StackPages(address: address, token: token, trust: trust)
    let answer = try await pages.get("/api/v1/config")
    guard answer.status == 200, let webSocket = answer.value["webSocketURL"]?.string else {
      throw Problem(
        description: "\(address)/api/v1/config answers with status \(answer.status) and names no "
          + "webSocketURL; is that a stack of martlet?")
    }
    let known = (answer.value["assistants"]?.array ?? []).compactMap { $0["id"]?.string }
    guard known.contains(assistant) else {
      throw Problem(
        description: "there is no assistant \(assistant) at \(address); "
          + "there are: \(known.joined(separator: ", "))")
    }
    self.webSocket = webSocket
    self.assistant = assistant
    self.token = token
    self.trust = trust
    self.timeout = timeout
  }

  /// What a million tokens of these models cost at this stack. Only administrators are told; others
  /// get no prices.
  package func prices(of models: Set<String>) async -> Prices {
    // A turn is counted behind its last frame.
    for attempt in 1...Self.attempts {
      guard let answer = try? await pages.get("/api/v1/admin/usage"), answer.status == 200 else {
        break
      }
      let prices = Prices(report: answer.value)
      if models.isSubset(of: prices.models) || attempt == Self.attempts { return prices }
      try? await Task.sleep(for: .milliseconds(300))
    }
    return Prices()
  }

  /// Asks a question in a conversation of its own; a failure is part of the answer.
  package func ask(_ question: Question, variant: String?) async -> Answer {
    var answer = Answer()
    for attempt in 1...Self.attempts {
      let asked = await onThread { self.attempt(question, variant) }
      answer = asked.answer
      guard let pause = asked.pause, attempt < Self.attempts, !Task.isCancelled else { break }
      try? await Task.sleep(for: pause)
    }
    if !question.sources.isEmpty { answer.retrieved = await retrieved(for: question.text) }
    return answer
  }

  /// The sources of the passages that a turn finds, by the search that administrators may use; nil
  /// when this token may not, or there is no answer.
  private func retrieved(for text: String) async -> [String]? {
    let path =
      "/api/v1/admin/knowledge/search?limit=\(Self.passages)&q=\(PercentEncoding.encode(text))"
    guard let answer = try? await pages.get(path), answer.status == 200 else { return nil }
    var seen: Set<String> = []
    return answer.value["passages"]?.array?.compactMap { $0["source"]?.string }
      .filter { seen.insert($0).inserted }
  }

  // MARK: The chat connection

  /// `pause` is the time after which asking again may help; nil: it would not.
  private func attempt(
    _ question: Question, _ variant: String?
  ) -> (
    answer: Answer, pause: Duration?
  ) {
    var address = webSocket + "?assistant=" + assistant
    if let variant { address += "&variant=" + variant }
    var talk = Talk()
    do throws(WebSocketClient.Failure) {
      let socket = try WebSocketClient(
        address, headers: ["Authorization": "Bearer \(token)"], trust: trust,
        deadline: .now + timeout * question.messages.count)
      defer { socket.close() }
      for message in question.messages {
        if let pause = try talk.say(message, over: socket) { return (talk.answer, pause) }
        if talk.answer.failure != nil { break }
      }
      return (talk.answer, nil)
    } catch {
      talk.answer.failure = "\(error)"
      return (talk.answer, mayPass(error) && talk.answer.text.isEmpty ? .seconds(1) : nil)
    }
  }

  /// Whether a connection's failure may be gone a second later.
  private func mayPass(_ failure: WebSocketClient.Failure) -> Bool {
    switch failure {
    case .notThere, .closed: true
    case .refused(let status, _): status == 429 || status >= 500
    case .malformed, .deadlineExceeded: false
    }
  }

  /// Runs work that waits on a thread of its own.
  private func onThread<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      DispatchQueue(label: "martlet.evaluate").async { continuation.resume(returning: work()) }
    }
  }
}

/// A conversation over one connection: the newest answer, with the tokens of all of them.
private struct Talk {
  var answer = Answer()
  private var conversation: String?
  private var messages = 0

  /// Says something and waits for the answer's end. The result is a pause after which asking all again
  /// may help.
  mutating func say(
    _ text: String, over socket: WebSocketClient
  ) throws(WebSocketClient.Failure) -> Duration? {
    let id = "evaluate-" + Hex.encode(Random.bytes(8))
    var reader = AnswerReader(id: id)
    var frame: JSONObject = ["action": "chat", "id": .string(id), "message": .string(text)]
    frame["conversationId"] = conversation.map { .string($0) }
    // What is judged is what the assistant says now, not what it said to somebody before.
    frame["fresh"] = true
    messages += 1
    let tokens = answer.tokens
    defer {
      answer = reader.answer
      answer.tokens = tokens + answer.tokens
      if messages > 1, let failure = answer.failure {
        answer.failure = "message \(messages): \(failure)"
      }
    }
    let start = ContinuousClock.now
    try socket.send(JSONValue.object(frame).description)
    while true {
      switch reader.take(try socket.receive(), at: start.duration(to: .now)) {
      case .goesOn: continue
      case .ended:
        conversation = reader.conversation ?? conversation
        return nil
      case .tryAgain(let pause): return pause
      }
    }
  }
}

/// What a stack shows over HTTP.
private struct StackPages: Sendable {
  private static let patience = Duration.seconds(20)
  /// Bytes of an answer.
  private static let longest = 8 << 20

  let address: String
  let token: String
  private let client: HTTPClient

  init(address: String, token: String, trust: TrustStore) {
    self.address = address
    self.token = token
    var configuration = HTTPClientConfiguration()
    configuration.trust = trust
    client = HTTPClient(configuration)
  }

  /// `value` is null for what is no JSON.
  func get(_ path: String) async throws(Stack.Problem) -> (status: Int, value: JSONValue) {
    var request = ClientRequest(
      "GET", address + path, headers: ["authorization": "Bearer \(token)"])
    request.responseLimit = Self.longest
    do throws(NetworkError) {
      let response = try await client.send(request, deadline: .now + Self.patience)
      return (response.status, (try? JSONValue(parsing: response.body)) ?? .null)
    } catch {
      throw Stack.Problem(description: "\(address)\(path) cannot be read: \(error)")
    }
  }
}
