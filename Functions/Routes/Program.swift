import Agent
import Assistants
import Cloud
import Glibc
import LambdaRuntime
import Network

/// Everything a route can be made of. Nothing is opened or asked before the first event.
struct Program: Sendable {
  let settings: Settings
  private let client: CloudClient
  private let http: HTTPClient
  private let secrets: Secrets
  private let taskRoot: String

  /// Throws `SettingError` for a wrong value.
  init(environment: [String: String]) throws {
    settings = try Settings { environment[$0] }
    http = HTTPClient(HTTPClientConfiguration(environment: environment))
    client = CloudClient(CloudSettings(environment: environment), http: http)
    secrets = Secrets(client, life: settings.cacheTime)
    taskRoot = environment["LAMBDA_TASK_ROOT"] ?? "."
  }

  /// The environment of this process.
  static var environment: [String: String] {
    var variables: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let parts = String(cString: text).split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
      entry += 1
    }
    return variables
  }

  private var store: Store { Store(client) }

  private var tokenSecret: @Sendable () async throws -> [UInt8] {
    { [secrets, name = settings.tokenKey] in try await secrets.value(of: name).bytes }
  }

  private var tokens: TokenCheck { TokenCheck(key: tokenSecret) }

  private var connections: StoredConnections {
    StoredConnections(store: store, table: settings.tables.connections)
  }

  private var storedConversations: StoredConversations {
    StoredConversations(
      store, conversations: settings.tables.conversations, turns: settings.tables.turns)
  }

  private var archive: StoredArchive { StoredArchive(conversations: storedConversations) }

  private var index: StoredIndex {
    StoredIndex(objects: Objects(client), bucket: settings.knowledgeBucket)
  }

  private var knowledgeTable: StoredKnowledge {
    StoredKnowledge(store: store, table: settings.tables.knowledge)
  }

  // MARK: Routes

  func connect() -> Connect {
    Connect(
      tokens: tokens, connections: connections, allowedOrigins: settings.allowedOrigins,
      defaultAssistant: settings.assistant)
  }

  func disconnect() -> Disconnect { Disconnect(connections: connections) }

  func chat() -> Chat { Chat(turn: turn()) }

  func `default`() -> Default { Default(turn: turn()) }

  func admin() -> Admin {
    Admin(tokens: tokens, queries: AdminQueries(archive: archive, secret: tokenSecret))
  }

  func conversations() -> Conversations {
    Conversations(tokens: tokens, archive: archive, secret: tokenSecret)
  }

  func web() -> Web {
    Web(
      files: WebFiles(folder: "\(taskRoot)/Functions/Web"), webSocketURL: settings.webSocketURL,
      profiles: AssistantList.profiles(model: settings.model))
  }

  func ingest() -> Ingest {
    let index = index
    return Ingest(
      ingestion: JapaneseIngestion(
        table: knowledgeTable, hasIndex: { try await index.isThere($0) },
        putIndex: { try await index.put($0, $1) }),
      folder: "\(taskRoot)/Functions/Assistants/Japanese/Knowledge")
  }

  private func turn() -> ChatTurn {
    let agents = agents()
    return ChatTurn(
      connections: connections,
      claims: StoredClaims(claims: Claims(store, table: settings.tables.claims)),
      sender: ConnectionFrames(client: client),
      live: StoredLiveTurns(store: store, table: settings.tables.claims),
      grace: settings.resumeGrace,
      storedTurn: { [storedConversations] in
        try await storedConversations.turn($1, of: $0, ofTenant: $2.tenant)
      },
      agent: { name in
        guard let agent = agents[name] else { throw UnknownAssistant(name: name) }
        return agent
      })
  }

  /// One agent for each assistant; they share the connections to model and stores.
  private func agents() -> [String: Agent] {
    let providers = Providers(
      settings.providers, http: http, cloud: client.settings, secrets: secrets)
    let index = index
    let knowledge = Knowledge(checkEvery: settings.cacheTime) { tag in
      try await index.load(JapaneseIngestion.indexKey, unless: tag)
    }
    let tools = JapaneseTools(table: knowledgeTable, knowledge: knowledge).all
    let conversations = storedConversations
    var agents: [String: Agent] = [:]
    for profile in AssistantList.profiles(model: settings.model) {
      let flags = settings.flags.filter { $0.assistant == profile.name }
      agents[profile.name] = Agent(
        profile: profile, model: providers.model(for: profile.name, like: profile.model),
        tools: tools, knowledge: knowledge, store: conversations,
        variants: AssistantList.variantProfiles(of: profile.name, model: settings.model).map {
          let version = AssistantList.version($0.variant, of: profile.name)
          return ($0, providers.model(for: version, like: $0.model))
        },
        choose: { caller in FeatureFlag.variant(for: caller, flags) }, now: { .now })
    }
    return agents
  }
}

/// A connection that was opened for an assistant which is there no more.
struct UnknownAssistant: Error {
  let name: String
}

extension HandlerTable {
  /// The routes of the program, each made only when `_HANDLER` names it.
  static let routes = HandlerTable(speaking.map { $0.whenReady(HTTPClient.warmUp) } + silent)

  /// They call other services over HTTPS: the library for it is loaded while they wait for their
  /// first event.
  private static let speaking = [
    Route("admin") { try Program(environment: Program.environment).admin() },
    Route("chat") { try Program(environment: Program.environment).chat() },
    Route("connect") { try Program(environment: Program.environment).connect() },
    Route("conversations") { try Program(environment: Program.environment).conversations() },
    Route("default") { try Program(environment: Program.environment).default() },
    Route("disconnect") { try Program(environment: Program.environment).disconnect() },
    Route("ingest") { try Program(environment: Program.environment).ingest() },
  ]

  /// They answer by themselves.
  private static let silent = [
    Route("health") {
      _ = try Program(environment: Program.environment)
      return Health()
    },
    Route("web") { try Program(environment: Program.environment).web() },
  ]
}
