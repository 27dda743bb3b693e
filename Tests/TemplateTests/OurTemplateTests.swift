import Foundation
import JSON
import Support
import Testing

@testable import Template

/// The project's own template, which `martlet start` reads and `sam deploy` deploys.
@Suite struct OurTemplateTests {
  let application: Application

  init() throws {
    application = try Application(
      template: Project.bytes("template.json"), file: "template.json",
      environment: TemplateEnvironment(
        webSocketEndpoint: "ws://127.0.0.1:3100", httpEndpoint: "http://127.0.0.1:3100"))
  }

  @Test func `is played without a warning`() {
    #expect(application.warnings.isEmpty)
  }

  @Test func `has a function for every route`() {
    #expect(
      application.functions.map(\.handler) == [
        "connect", "disconnect", "default", "chat", "admin", "conversations", "forget", "messages",
        "stream", "web", "health", "index", "knowledge", "warm", "ingest",
      ])
    #expect(application.functions.allSatisfy { $0.build == ".build/release" })
    #expect(application.functions.allSatisfy { $0.runtime == "provided.al2023" })
    #expect(application.function(named: "WebFunction")?.files == ["Functions/Web"])
    #expect(
      application.function(named: "IngestFunction")?.files == [
        "Functions/Assistants/Japanese/Knowledge"
      ])
    #expect(application.function(named: "ChatFunction")?.timeout == 29)
  }

  @Test func `hands settings to the functions`() throws {
    let chat = try #require(application.function(named: "ChatFunction")).environment
    #expect(chat["LLM_TEMPERATURE"] == "0.7")
    #expect(chat["CONNECTIONS_TABLE"] == "martlet-connections")
    #expect(chat["KNOWLEDGE_BUCKET"] == "martlet-knowledge")
    #expect(chat["TOKEN_KEY_SECRET"] == "martlet/token-key")
    #expect(chat["OPENAI_API_KEY"] == nil)
    let web = try #require(application.function(named: "WebFunction")).environment
    #expect(web["WEBSOCKET_URL"] == "ws://127.0.0.1:3100/prod")
    let connect = try #require(application.function(named: "ConnectFunction")).environment
    #expect(connect["ALLOWED_ORIGINS"] == "http://127.0.0.1:3100")
  }

  @Test func `other origins may use the API when they are named`() throws {
    let named = try Application(
      template: Project.bytes("template.json"), file: "template.json",
      parameters: ["AllowedOrigins": "https://a.example,https://b.example"])
    let cors = try #require(named.httpAPIs.first?.cors)
    #expect(cors.origins == ["https://a.example", "https://b.example"])
    #expect(Set(cors.methods).isSuperset(of: ["GET", "POST", "PUT", "DELETE"]))
    #expect(cors.headers.contains("authorization"))
    #expect(application.httpAPIs.first?.cors?.origins.isEmpty == true)
  }

  @Test func `sets every documented setting, to its documented default`() throws {
    var documented: [String: String] = [:]
    for line in try Project.text("docs/configuration.md").split(separator: "\n")
    where line.hasPrefix("| `") {
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).map {
        $0.replacing("`", with: "").trimmingCharacters(in: .whitespaces)
      }
      documented[cells[1]] = cells[2]
    }
    #expect(documented.count > 15)
    let given = try Application(
      template: Project.bytes("template.json"), file: "template.json",
      parameters: ["OpenAiBaseUrl": "https://o.example/v1"])
    #expect(
      given.function(named: "ChatFunction")?.environment["OPENAI_BASE_URL"]
        == "https://o.example/v1")
    let names = Set(given.functions.flatMap(\.environment.keys))
    #expect(names == Set(documented.keys))
    // What a deployment finds out by itself; what nobody has by default.
    let own: Set<String> = [
      "ALLOWED_ORIGINS", "WEBSOCKET_URL", "INDEX_FUNCTION",
    ]
    let chat = try #require(application.function(named: "ChatFunction")).environment
    for (name, standard) in documented where !own.contains(name) {
      #expect(chat[name] == standard, "\(name)")
    }
  }

  @Test func `routes frames by their action`() throws {
    let api = try #require(application.webSocketAPIs.first)
    #expect(application.webSocketAPIs.count == 1)
    #expect(api.id == "martletws1")
    #expect(api.selectionExpression == "$request.body.action")
    #expect(api.stages == [APIStage(name: "prod")])
    #expect(
      api.routes.map { "\($0.key) \($0.function) \($0.timeout)" } == [
        "$connect ConnectFunction 29000", "$disconnect DisconnectFunction 29000",
        "$default DefaultFunction 29000", "chat ChatFunction 29000",
      ])
  }

  @Test func `routes requests by method and path`() throws {
    let api = try #require(application.httpAPIs.first)
    #expect(application.httpAPIs.count == 1)
    #expect(api.id == "martlethttp")
    #expect(api.stages.map(\.name) == ["$default"])
    #expect(
      api.routes.map { "\($0.key) → \($0.function)" } == [
        "ANY /api/v1/admin/chat/{proxy+} → AdminFunction",
        "ANY /api/v1/admin/usage → AdminFunction",
        "ANY /api/v1/admin/variants → AdminFunction",
        "ANY /api/v1/admin/cache → AdminFunction",
        "ANY /api/v1/admin/cache/{assistant} → AdminFunction",
        "ANY /api/v1/conversations → ConversationsFunction",
        "ANY /api/v1/conversations/{proxy+} → ConversationsFunction",
        "ANY /api/v1/export → ConversationsFunction",
        "ANY /api/v1/usage → ConversationsFunction",
        "ANY /api/v1/settings → ConversationsFunction",
        "ANY /api/v1/context → ConversationsFunction",
        "ANY /api/v1/context/{kind}/{key} → ConversationsFunction",
        "DELETE /api/v1/conversations/{id} → ForgetFunction",
        "ANY /api/v1/messages → MessagesFunction", "ANY /api/v1/chat → MessagesFunction",
        "ANY /api/v1/messages/{messageId}/stop → MessagesFunction",
        "ANY /api/v1/confirmations/{id} → MessagesFunction",
        "GET / → WebFunction", "GET /{proxy+} → WebFunction",
        "GET /api/v1/config → WebFunction", "GET /health → HealthFunction",
        "ANY /api/v1/admin/knowledge → KnowledgeFunction",
        "ANY /api/v1/admin/knowledge/{proxy+} → KnowledgeFunction",
      ])
    #expect(api.routes.allSatisfy { $0.payloadVersion == "2.0" && $0.timeout == 30_000 })
  }

  @Test func `streams through a function URL that the page's API tells`() throws {
    let url = try #require(application.function(named: "StreamFunction")?.url)
    #expect(url.streams && !url.requiresSignature)
    #expect(url.path == "/api/v1/chat/stream")
    #expect(url.cors?.origins == ["http://127.0.0.1:3100"])
    let address = application.httpAPIs.first?.stages.first?.variables["streamURL"]
    #expect(
      address == "http://127.0.0.1:3100/_martlet/functions/StreamFunction/api/v1/chat/stream")
  }

  @Test func `feeds the index from the stream of the knowledge table`() throws {
    let stream = try #require(application.streams.first)
    #expect(application.streams.count == 1)
    #expect(stream.function == "IndexFunction")
    #expect(stream.table == "martlet-knowledge")
    #expect(!stream.startsAtLatest && stream.bisects && stream.reportsFailures)
    func takes(_ collection: String) -> Bool {
      let record: JSONValue = ["dynamodb": ["Keys": ["collection": ["S": .string(collection)]]]]
      return stream.filters.contains { $0.matches(record) }
    }
    #expect(takes("documents") && takes("documents#acme") && !takes("word"))
    let chat = try #require(application.function(named: "ChatFunction"))
    #expect(chat.environment["INDEX_FUNCTION"] == "IndexFunction")
  }

  @Test func `has the tables, the bucket and the secret`() throws {
    #expect(
      application.tables.map(\.name) == [
        "martlet-connections", "martlet-conversations", "martlet-turns", "martlet-claims",
        "martlet-knowledge", "martlet-usage", "martlet-context", "martlet-cache",
      ])
    let conversations = application.tables[1]
    #expect(conversations.key == .init(partition: "owner", sort: "conversationId"))
    #expect(
      conversations.globalIndexes.map { "\($0.name) \($0.key.partition) \($0.key.sort ?? "-")" }
        == [
          "byTenant tenant updatedAt", "byConversation tenantConversation -",
          "byOwnerUpdated owner updatedAt", "byTenantEscalated tenant escalatedAt",
        ])
    #expect(application.tables[0].timeToLive == "expiresAt")
    #expect(application.tables[2].attributes["number"] == .number)
    #expect(application.buckets.map(\.name) == ["martlet-content", "martlet-knowledge"])
    #expect(
      application.secrets.map(\.name) == [
        "martlet/provider-keys", "martlet/cache-key", "martlet/token-key",
      ])
    let secret = try #require(application.secrets.last)
    guard case .generated(let generated) = secret.value else {
      Issue.record("the key is not generated")
      return
    }
    #expect(generated.length == 64)
    #expect(generated.excludesPunctuation)
  }
}
