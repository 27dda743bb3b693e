import Agent
import Cloud
import Events
import Foundation
import JSON
import LambdaRuntime
import Support
import Template
import Testing

@testable import Routes

/// The policies of `template.json` against what the functions ask of the cloud.
///
/// Each function does all that it can do here, and what it asked must be allowed; what is allowed and
/// was not asked must have a reason. A new function needs a scenario, a new call a policy.
@Suite struct PolicyTests {
  /// Handlers that ask nothing of any service.
  private static let silent: Set<String> = ["web"]

  /// Permissions that no scenario uses, and why they are there.
  private static let reasons: [String: String] = [
    "s3:ListBucket": "without it S3 says 403 of an object that is not there, not 404",
    "secretsmanager:GetSecretValue provider-keys": "read where the environment has no key",
    "bedrock:": "asked where LLM_PROVIDER names bedrock",
    "dynamodb:GetItem martlet-claims":
      "a stop is looked for during a long answer, and the winner of a race for a message",
    "dynamodb:Query byMessage":
      "finds answers that are older than the ones a conversation's item remembers",
    "dynamodb:DeleteItem martlet-claims": "a claim is let go when its work cannot begin",
    "Object martlet-content":
      "questions and answers that are too long for an item (tried with StoredConversations)",
    "dynamodb:UpdateItem martlet-turns": "a summary is kept when a conversation has grown long",
    "dynamodb:BatchWriteItem martlet-conversations":
      "sessions that are over have items of their own",
    "dynamodb:GetItem martlet-cache": "reads an answer that another function has replaced",
    "dynamodb:BatchWriteItem martlet-cache": "deletes the least frequent of too many questions",
    "execute-api:ManageConnections DELETE":
      "a connection is closed whose token has ended (tried by chat)",
  ]

  @Test func `every call is allowed, and nothing else is`() async throws {
    let policies = try Policies()
    let scenarios = try await Scenarios.run()
    let handlers = policies.statements.keys.filter { !Self.silent.contains($0) }
    #expect(Set(handlers) == Set(scenarios.keys), "each function needs a scenario here")
    for (handler, calls) in scenarios {
      let allowed = policies.statements[handler] ?? []
      for call in calls where !allowed.contains(where: { $0.allows(call) }) {
        Issue.record("\(handler) asks \(call), which its policies do not allow")
      }
      for permission in allowed where !calls.contains(where: permission.allows) {
        let isReasoned = Self.reasons.keys.contains { reason in
          reason.split(separator: " ").allSatisfy { permission.description.contains($0) }
        }
        #expect(isReasoned, "\(handler) may \(permission) and never does")
      }
    }
    for handler in Self.silent { #expect(policies.statements[handler] == []) }
  }

  @Test func `names actions and resources, and lets no chat delete what users said`() throws {
    for (handler, permissions) in try Policies().statements {
      for permission in permissions {
        #expect(!permission.action.contains("*"), "\(handler): \(permission)")
        #expect(permission.resource != "*", "\(handler): \(permission)")
        if permission.action == "dynamodb:DeleteItem", ["chat", "default"].contains(handler) {
          let table = permission.resource.split(separator: "/").last.map(String.init)
          #expect(["martlet-connections", "martlet-claims"].contains(table), "\(permission)")
        }
      }
    }
  }
}

/// One action on one resource, which may hold wildcards.
private struct Permission: Equatable, CustomStringConvertible {
  let action: String
  let resource: String

  var description: String { "\(action) on \(resource)" }

  func allows(_ call: CloudCall) -> Bool {
    action == call.action && Self.matches(call.resource[...], resource[...])
  }

  /// `*` stands for any text.
  private static func matches(_ text: Substring, _ pattern: Substring) -> Bool {
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
    guard parts.count > 1, let first = parts.first, let last = parts.last else {
      return text == pattern
    }
    guard text.hasPrefix(first), text.hasSuffix(last), text.count >= first.count + last.count
    else { return false }
    var rest = text.dropFirst(first.count).dropLast(last.count)
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard let range = rest.firstRange(of: part) else { return false }
      rest = rest[range.upperBound...]
    }
    return true
  }
}

/// What the template allows, by handler.
private struct Policies {
  let statements: [String: [Permission]]

  /// Has the template's own reader resolve the resources: put in place of a function's variables, they
  /// come out as text.
  init() throws {
    var template = try JSONValue(parsing: Project.bytes("template.json"))
    var actions: [String: [String: [String]]] = [:]
    for (id, resource) in template["Resources"]?.object ?? [:]
    where resource["Type"] == "AWS::Serverless::Function" {
      var variables: JSONObject = [:]
      for policy in resource["Properties"]?["Policies"]?.array ?? [] {
        for statement in policy["Statement"]?.array ?? [] {
          try #require(statement["Effect"] == "Allow")
          let allowed = Self.list(statement["Action"]).compactMap(\.string)
          for value in Self.list(statement["Resource"]) {
            let name = "P\(variables.count)"
            variables[name] = value
            actions[id, default: [:]][name] = allowed
          }
        }
      }
      template["Resources"]?[id]?["Properties"]?["Environment"] = [
        "Variables": .object(variables)
      ]
    }
    template["Globals"]?["Function"]?["Environment"] = nil
    let application = try Application(template: template.encoded(), file: "template.json")
    var statements: [String: [Permission]] = [:]
    for function in application.functions {
      statements[function.handler] = function.environment.flatMap { name, resource in
        (actions[function.logicalID]?[name] ?? []).map {
          Permission(action: $0, resource: resource)
        }
      }
    }
    self.statements = statements
  }

  private static func list(_ value: JSONValue?) -> [JSONValue] {
    value?.array ?? value.map { [$0] } ?? []
  }
}

/// What each function can do, done once, with the calls that it made.
private struct Scenarios {
  private let cloud: SmallCloud
  private let environment: [String: String]

  static func run() async throws -> [String: Set<CloudCall>] {
    var calls: [String: Set<CloudCall>] = [:]
    try await SmallCloud.run { cloud, environment in
      let scenarios = Scenarios(cloud: cloud, environment: environment)
      try await scenarios.runAll()
      for handler in [
        "ingest", "connect", "chat", "default", "messages", "stream", "conversations", "forget",
        "health", "admin", "disconnect", "index", "knowledge", "warm",
      ] {
        calls[handler] = cloud.calls(of: handler)
      }
    }
    return calls
  }

  /// The program as a function has it, under a name that its calls carry.
  private func program(
    _ handler: String, _ settings: [String: String] = [:]
  ) throws -> Routes.Program {
    let own = settings.merging([
      "AWS_SESSION_TOKEN": handler, "BUDGETS": "user/day=1000000,tenant/month=9usd",
    ]) { _, ours in ours }
    return try Routes.Program(
      environment: environment.merging(own) { _, ours in ours }, cachePatience: .seconds(300))
  }

  private func runAll() async throws {
    _ = try await program("ingest").ingest().handle(.null, Invocation())
    _ = try await program("ingest").ingest().handle(.null, Invocation())
    let user = try await signedToken("ana", role: "user", environment)
    let opening = try connectEvent(user)
    _ = try await program("connect").connect().handle(opening, Invocation())
    try await share(user)
    try await teach()
    // Those who find no index ask for one.
    cloud.lose("documents/manifest.json")
    try await talk(opening.connectionID)
    try await ask(user)
    try await read(user)
    _ = try await program("disconnect").disconnect().handle(
      fixture(WebSocketEvent.self, "disconnect"), Invocation())
    // Nobody may use the connection any more: it is told so, and closed.
    try await say(#"{"action":"chat","id":"late","message":"hi"}"#)
  }

  /// Documents come, go and are searched, and the index follows.
  private func teach() async throws {
    let root = try await signedToken("root", role: "admin", environment)
    func ask(
      _ path: String, method: String = "GET", body: String? = nil, _ query: [String: String] = [:],
      _ settings: [String: String] = [:]
    ) async throws -> GatewayResponse {
      var event = try request(
        "/api/v1/admin/knowledge" + path, method: method, token: root, query)
      event.body = body
      let program = try program("knowledge", settings)
      return await program.knowledgeAdmin().handle(event, Invocation())
    }
    let index = try program("index", ["EMBEDDER": "openai"]).indexDocuments()
    for text in ["Pets sleep outside.", "Pets sleep inside."] {
      let added = try await ask(
        "", method: "POST", body: #"{"documents":[{"id":"rules","text":"\#(text)"}]}"#)
      #expect(added.statusCode == 200, "\(added.body ?? "")")
      _ = try await index.handle(.rebuild, Invocation())
    }
    _ = try await index.handle(.rebuild, Invocation())
    let exported = try await index.handle(
      .export(to: "documents/exchange", as: .flat), Invocation())
    #expect(exported.passages == 1)
    #expect(
      try await index.handle(.import(from: "documents/exchange"), Invocation()).passages == 1)
    #expect(try await ask("").statusCode == 200)
    #expect(try await ask("/rebuild", method: "POST").statusCode == 202)
    #expect(
      try await ask("/search", ["q": "pets"], ["EMBEDDER": "openai"]).statusCode == 200)
    #expect(try await ask("/rules", method: "DELETE").statusCode == 204)
    cloud.lose("documents/manifest.json")
    #expect(try await ask("/search", ["q": "pets"]).statusCode == 200)
  }

  /// What can be given to others, asked of every function that answers, and made anew.
  private func share(_ user: String) async throws {
    try await say(#"{"action":"chat","id":"share","message":"Hello"}"#, to: "chat")
    try await say(#"{"action":"chat","id":"share2","message":"Hey"}"#, to: "default")
    for (handler, message) in [("messages", "Thanks"), ("stream", "Hi"), ("stream", "Hello")] {
      let answer = try await post(["message": .string(message)], user, handler)
      let id = try #require(answer["conversationId"]?.string)
      let path = "/api/v1/conversations/\(id)"
      let feedback = try request(
        "\(path)/messages/\(answer["messageId"]?.string ?? "")/feedback", method: "PUT",
        token: user, body: ["thumb": "down"])
      let own = await (try program("conversations")).conversations().handle(feedback, Invocation())
      #expect(own.statusCode == 200)
      let deletion = try request(path, method: "DELETE", token: user, body: .null)
      let forgotten = await (try program("forget")).forget().handle(deletion, Invocation())
      #expect(forgotten.statusCode == 204)
    }
    let store = try program("setup").store
    let expiry = AttributeValue(WallClock.milliseconds() / 1_000 + 600)
    for (number, text) in [
      "What does 食べる mean?", "How many strokes does 語 have?", "Who made you?",
    ].enumerated() {
      try await store.put(
        [
          "partition": "frequent#acme#japanese", "entry": .string("\(number)"),
          "text": .string(text), "count": 9, "expiresAt": expiry,
        ], into: "martlet-cache")
    }
    try await store.put(
      [
        "partition": "warming", "entry": "acme#japanese", "tenant": "acme",
        "assistant": "japanese",
      ], into: "martlet-cache")
    let warm = try program("warm", ["INDEX_FUNCTION": ""]).warm()
    let summary = try await warm.handle(.null, Invocation(deadline: .now + .seconds(200)))
    #expect(summary.answered == 3)
  }

  private func talk(_ connection: String) async throws {
    let questions = ["What does 食べる mean?", "How many strokes does 語 have?"]
    for handler in ["chat", "default"] {
      var (conversation, replaced) = ("null", "")
      for (number, question) in questions.enumerated() {
        try await say(
          #"{"action":"chat","id":"\#(handler)\#(number)","conversationId":\#(conversation),"#
            + #""message":"\#(question)"}"#, to: handler)
        let last = try #require(cloud.frames(to: connection).last)
        try #require(last["type"] == "complete", "\(last)")
        conversation = "\"\(last["conversationId"]?.string ?? "")\""
        replaced = last["messageId"]?.string ?? ""
      }
      try await say(
        #"{"action":"chat","id":"\#(handler)again","conversationId":\#(conversation),"#
          + #""message":"What does 猫 mean?","replaces":"\#(replaced)"}"#, to: handler)
      // Delivered twice, with another text, and stopped after its end.
      try await say(#"{"action":"chat","id":"\#(handler)0","message":"x"}"#, to: handler)
      try await say(#"{"action":"stop","id":"\#(handler)0"}"#, to: handler)
      try await say(#"{"action":"ping"}"#, to: handler)
      try await say(
        #"{"action":"chat","id":"\#(handler)-note","message":"\#(Self.note)"}"#, to: handler)
    }
    // The client comes back for an answer that is over.
    try await say(#"{"action":"resume","id":"chat0","index":-1}"#, to: "default")
  }

  /// The model writes this down without asking.
  private static let note = "Please remember my preference: short answers"

  private func say(_ text: String, to handler: String = "chat") async throws {
    var event = try fixture(WebSocketEvent.self, "chat")
    event.body = text
    let program = try program(handler)
    if handler == "chat" {
      _ = try await program.chat().handle(event, Invocation())
    } else {
      _ = try await program.default().handle(event, Invocation())
    }
  }

  /// Questions by HTTP: asked, asked again in place of another, come back for, stopped.
  private func ask(_ user: String) async throws {
    for handler in ["messages", "stream"] {
      let first = try await post(["message": "What does 食べる mean?"], user, handler)
      let id = try #require(first["conversationId"])
      let message = try #require(first["messageId"])
      let second = try await post(
        ["message": "How many strokes does 語 have?", "conversationId": id], user, handler)
      #expect(second["conversationId"] == id)
      _ = try await post(["conversationId": id, "replaces": message], user, handler)
      _ = try await post(["message": .string(Self.note)], user, handler)
    }
    let messages = try program("messages").messages()
    let name = "m-" + String(repeating: "0", count: 32)
    let stopped = await messages.handle(
      try request("/api/v1/messages/\(name)/stop", method: "POST", token: user, body: .null),
      Invocation())
    #expect(stopped.statusCode == 202)
  }

  /// The last event's data, or the reply.
  private func post(
    _ question: JSONValue, _ user: String, _ handler: String
  ) async throws -> JSONValue {
    let isStream = handler == "stream"
    let event = try request(
      isStream ? "/api/v1/chat/stream" : "/api/v1/messages", method: "POST", token: user,
      body: question)
    guard isStream else {
      let reply = await (try program(handler)).messages().handle(event, Invocation())
      #expect(reply.statusCode == 200, "\(reply.body ?? "")")
      return try body(reply)
    }
    let sink = SentStream()
    try await program(handler).stream().respond(
      to: FunctionURLEvent(event), sink, Invocation())
    let last = try #require(sink.events.last)
    try #require(last.data["type"] == "complete", "\(sink.text)")
    var again = event
    again.headers["last-event-id"] = last.id
    try await program(handler).stream().respond(
      to: FunctionURLEvent(again), SentStream(), Invocation())
    return last.data
  }

  private func read(_ user: String) async throws {
    let own = try program("conversations").conversations()
    let list = try body(
      await own.handle(try request("/api/v1/conversations", token: user), Invocation()))
    let id = try #require(list["conversations"]?[0]?["id"]?.string)
    let messages = try body(
      await own.handle(
        try request("/api/v1/conversations/\(id)/messages", token: user), Invocation()))
    let answer = try #require(
      messages["messages"]?.array?.first { $0["role"] == "assistant" }?["id"]?.string)
    try await change(id, answer, user)
    let root = try await signedToken("root", role: "admin", environment)
    let health = try request("/health", token: root, ["deep": "1"])
    _ = await (try program("health")).health().handle(health, Invocation())
    let admin = try program("admin").admin()
    let usage = await admin.handle(
      try request("/api/v1/admin/usage", token: root), Invocation())
    #expect(try body(usage)["total"]?["turns"]?.int ?? 0 > 4)
    let variants = await admin.handle(
      try request("/api/v1/admin/variants", token: root), Invocation())
    #expect(try body(variants)["variants"]?[0]?["turns"]?.int ?? 0 > 4)
    let waiting: JSONValue = ["status": "escalated"]
    let session = await admin.handle(
      try request(
        "/api/v1/admin/chat/conversations/\(id)/session", method: "PUT", token: root, body: waiting),
      Invocation())
    #expect(session.statusCode == 200, "\(session.body ?? "")")
    for path in [
      "conversations", "conversations/\(id)", "conversations/user/ana", "stats", "escalations",
    ] {
      let response = await admin.handle(
        try request("/api/v1/admin/chat/\(path)", token: root), Invocation())
      #expect(response.statusCode == 200, "\(path)")
    }
    for (method, status) in [("GET", 200), ("DELETE", 204)] {
      let cache = try request("/api/v1/admin/cache", method: method, token: root, body: .null)
      #expect(await admin.handle(cache, Invocation()).statusCode == status)
    }
    let forgotten = await (try program("forget")).forget().handle(
      try request("/api/v1/conversations/\(id)", method: "DELETE", token: user), Invocation())
    #expect(forgotten.statusCode == 204)
  }

  /// What else people do with their own conversations.
  private func change(_ id: String, _ answer: String, _ user: String) async throws {
    let own = try program("conversations").conversations()
    let base = "/api/v1/conversations"
    let changes: [(String, String, JSONValue, Int)] = [
      ("POST", base, ["title": "Words"], 201), ("PUT", "\(base)/\(id)", ["title": "Words"], 200),
      ("PUT", "\(base)/\(id)", ["head": .string(answer)], 200),
      ("PUT", "\(base)/\(id)/metadata/a", 1, 200),
      ("DELETE", "\(base)/\(id)/metadata/a", .null, 204),
      ("PUT", "\(base)/\(id)/messages/\(answer)/feedback", ["thumb": "up"], 200),
      ("DELETE", "\(base)/\(id)/messages/\(answer)/feedback", .null, 204),
      ("GET", "\(base)/\(id)", .null, 200), ("GET", "\(base)/\(id)/export", .null, 200),
      ("GET", "/api/v1/export", .null, 200), ("GET", "/api/v1/usage", .null, 200),
      ("GET", "\(base)/\(id)/sessions", .null, 200),
      ("GET", "\(base)/\(id)/sessions/1", .null, 200),
      ("PUT", "\(base)/\(id)/sessions/1", ["status": "closed"], 200),
      ("PUT", "/api/v1/context/fact/name", ["value": "Ana"], 200),
      ("DELETE", "/api/v1/context/fact/name", .null, 204),
      ("GET", "/api/v1/context", .null, 200), ("DELETE", "/api/v1/context", .null, 204),
    ]
    for (method, path, value, status) in changes {
      let event = try request(path, method: method, token: user, body: value)
      let response = await own.handle(event, Invocation())
      #expect(response.statusCode == status, "\(method) \(path): \(response.body ?? "")")
    }
    let search = try request("\(base)/search", token: user, ["q": "strokes"])
    #expect(await own.handle(search, Invocation()).statusCode == 200)
    let embedding = try program("conversations", ["EMBEDDER": "openai"]).conversations()
    let allow = try request(
      "/api/v1/settings", method: "PUT", token: user, body: ["searchByMeaning": true])
    #expect(await embedding.handle(allow, Invocation()).statusCode == 200)
    let meaning = try request(
      "\(base)/search", token: user, ["q": "strokes", "mode": "meaning"])
    let found = await embedding.handle(meaning, Invocation())
    #expect(found.statusCode == 200, "\(found.body ?? "")")
  }
}
