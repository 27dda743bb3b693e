import Agent
import Assistants
import Cloud
import Events
import Glibc
import LambdaRuntime
import Network

/// Everything a route can be made of. Nothing is opened or asked before the first event.
struct Program: Sendable {
  let settings: Settings
  let client: CloudClient
  let http: HTTPClient
  private let secrets: Secrets
  let taskRoot: String
  private let rules: SessionRules
  let cache: ProgramCache

  /// Throws `SettingError` for a wrong value. Nobody waits longer than `cachePatience` for the cache.
  init(environment: [String: String], cachePatience: Duration = .seconds(2)) throws {
    settings = try Settings { environment[$0] }
    http = HTTPClient(HTTPClientConfiguration(environment: environment))
    client = CloudClient(CloudSettings(environment: environment), http: http)
    secrets = Secrets(client, life: settings.cacheTime)
    taskRoot = environment["LAMBDA_TASK_ROOT"] ?? "."
    rules = SessionRules(
      inactivity: settings.sessionPause,
      hours: try settings.workingHours(in: ["\(taskRoot)/zoneinfo", "/usr/share/zoneinfo"]))
    cache = ProgramCache(
      settings.cache,
      table: CacheTable(
        Store(client), table: settings.cache.table, patience: cachePatience
      ) { [secrets, name = settings.cache.key] in try await secrets.value(of: name).bytes })
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

  var providers: Providers {
    Providers(settings.providers, http: http, cloud: client.settings, secrets: secrets)
  }

  var store: Store { Store(client) }

  var tokenSecret: @Sendable () async throws -> [UInt8] {
    { [secrets, name = settings.tokenKey] in try await secrets.value(of: name).bytes }
  }

  var tokens: TokenCheck { TokenCheck(key: tokenSecret) }

  private var connections: StoredConnections {
    StoredConnections(store: store, table: settings.tables.connections)
  }

  private var storedConversations: StoredConversations {
    StoredConversations(
      store, conversations: settings.tables.conversations, turns: settings.tables.turns,
      rules: rules, contents: TurnContents(Objects(client), bucket: settings.contentBucket),
      cache: cache.conversations)
  }

  private var archive: StoredArchive { StoredArchive(conversations: storedConversations) }

  private var index: StoredIndex {
    StoredIndex(objects: Objects(client), bucket: settings.knowledgeBucket)
  }

  private var knowledgeTable: StoredKnowledge {
    StoredKnowledge(store: store, table: settings.tables.knowledge)
  }

  /// Every part that a turn needs, asked in the cheapest way that proves that it answers.
  private var healthChecks: [HealthCheck] {
    let (store, tables) = (store, settings.tables)
    let (index, secret) = (index, tokenSecret)
    let model = providers.model(for: settings.assistant, like: settings.model)
    var oneToken = settings.model
    oneToken.maximumTokens = 1
    let ping = ModelRequest(
      settings: oneToken, system: "Answer with one word.", messages: [.user("ping")])
    let tableChecks: [(String, String, Item)] = [
      ("connections", tables.connections, ["connectionId": "health"]),
      ("conversations", tables.conversations, ["owner": "health", "conversationId": "health"]),
      ("turns", tables.turns, ["conversation": "health", "number": 0]),
      ("claims", tables.claims, ["claim": "health"]),
      ("knowledge", tables.knowledge, ["collection": "health", "id": "health"]),
      ("usage", tables.usage, ["tenant": "health", "counter": "health"]),
      ("context", tables.context, ["owner": "health", "entry": "health"]),
      ("cache", settings.cache.table, ["partition": "health", "entry": "health"]),
    ]
    return tableChecks.map { name, table, key in
      HealthCheck(name) { _ = try await store.get(key, from: table) }
    } + [
      HealthCheck("tokenKey") { _ = try await secret() },
      HealthCheck("provider") { [ping] in
        try await model.stream(ping, until: .now + Health.patience) { _ in }
      },
      HealthCheck("content") { [objects = Objects(client), bucket = settings.contentBucket] in
        // That there is no such object is an answer.
        _ = try await objects.get("health", from: bucket)
      },
      HealthCheck("index") {
        guard try await index.isThere(JapaneseIngestion.indexKey) else {
          throw StoredIndexError.absent(JapaneseIngestion.indexKey)
        }
      },
    ]
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
    Admin(
      tokens: tokens,
      queries: AdminQueries(
        archive: archive, ledger: ledger, secret: tokenSecret, rules: rules, cache: cacheAdmin),
      escalations: Escalations(conversations: storedConversations))
  }

  func conversations() -> Conversations {
    Conversations(
      tokens: tokens, conversations: storedConversations, ledger: ledger, context: context,
      meaning: MeaningSearch(
        conversations: storedConversations, vectors: vectors, embedder: embedder,
        nearness: settings.knowledge.nearness),
      charges: embeddingCharges, secret: tokenSecret, defaultAssistant: settings.assistant,
      unshare: answerRemoval,
      counter: cache.counter)
  }

  func forget() -> Forget {
    Forget(
      tokens: tokens, conversations: storedConversations, vectors: vectors,
      unshare: answerRemoval)
  }

  func messages() -> Messages { Messages(desk: desk()) }

  func stream() -> ChatStream { ChatStream(desk: desk()) }

  func health() -> Health { Health(tokens: tokens, checks: healthChecks) }

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
      documents: documentIndex, folder: "\(taskRoot)/Functions/Assistants/Japanese/Knowledge")
  }

  private var claims: StoredClaims {
    StoredClaims(claims: Claims(store, table: settings.tables.claims))
  }

  var ledger: UsageLedger {
    UsageLedger(
      store, table: settings.tables.usage, prices: settings.prices, budgets: settings.budgets)
  }

  private var vectors: TurnVectors { TurnVectors(store, table: settings.tables.context) }

  private var context: StoredContext { StoredContext(store, table: settings.tables.context) }

  private var confirmations: StoredConfirmations {
    StoredConfirmations(store, table: settings.tables.claims)
  }

  private var relayed: RelayedTurns {
    RelayedTurns(
      live: StoredLiveTurns(store: store, table: settings.tables.claims),
      sender: ConnectionFrames(client: client), grace: settings.resumeGrace, ledger: ledger,
      cache: cacheLog)
  }

  private func turn() -> ChatTurn {
    ChatTurn(
      connections: connections, claims: claims, sender: ConnectionFrames(client: client),
      relayed: relayed,
      storedTurn: { [storedConversations] in
        try await storedConversations.turn($1, of: $0, ofTenant: $2.tenant)
      },
      confirmations: confirmations, profiles: AssistantList.profiles(model: settings.model),
      agent: agentByName())
  }

  private func desk() -> TurnDesk {
    TurnDesk(
      tokens: tokens, claims: claims, relayed: relayed, conversations: storedConversations,
      confirmations: confirmations, profiles: AssistantList.profiles(model: settings.model),
      defaultAssistant: settings.assistant, agent: agentByName())
  }

  private func agentByName() -> @Sendable (String) async throws -> Agent {
    let agents = agents(storing: storedConversations, cache: answerCache)
    return { name in
      guard let agent = agents[name] else { throw UnknownAssistant(name: name) }
      return agent
    }
  }

  /// One agent for each assistant; they share the connections to model and stores.
  func agents(
    storing conversations: any ConversationStore, cache: AnswerCache?
  ) -> [String: Agent] {
    let providers = providers
    let knowledge = sharedKnowledge()
    let retriever = Retriever(
      knowledge, embedder: embedder, nearness: settings.knowledge.nearness,
      services: self.cache.services)
    let version = toolVersion(knowledge)
    let tools =
      JapaneseTools(table: knowledgeTable, knowledge: knowledge).all
      .map { $0.remembered(by: self.cache.services, version: version) }
      + ContextTools(context, now: { .now }).all
    var agents: [String: Agent] = [:]
    for profile in AssistantList.profiles(model: settings.model).map(providers.withSearch) {
      let flags = settings.flags.filter { $0.assistant == profile.name }
      agents[profile.name] = Agent(
        profile: profile, model: providers.model(for: profile.name, like: profile.model),
        tools: tools + providers.searchTools, knowledge: knowledge, retriever: retriever,
        store: conversations, cache: cache, classifier: providers.classifier(),
        confirmations: confirmations,
        variants: AssistantList.variantProfiles(of: profile.name, model: settings.model).map {
          let version = AssistantList.version($0.variant, of: profile.name)
          return (providers.withSearch($0), providers.model(for: version, like: $0.model))
        },
        summaryModel: providers.summarizer(for: profile.name),
        choose: { caller in FeatureFlag.variant(for: caller, flags) },
        admit: { [ledger] in try await ledger.admit($0, at: .now) },
        person: { [context] in try await context.entries(of: $0, at: .now) }, now: { .now })
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
  static let routes = HandlerTable(speaking + silent)

  /// They call other services over HTTPS: the library for it is loaded while they wait for their
  /// first event, and they run on the thread of its transfers.
  private static let speaking = [
    route("admin") { $0.admin().raw },
    route("chat") { $0.chat().raw.measured(namespace: TurnMetrics.namespace) },
    route("connect") { $0.connect().raw },
    route("conversations") { $0.conversations().raw },
    route("default") { $0.default().raw.measured(namespace: TurnMetrics.namespace) },
    route("disconnect") { $0.disconnect().raw },
    route("forget") { $0.forget().raw },
    route("health") { $0.health().raw },
    route("index") { $0.indexDocuments().raw },
    route("ingest") { $0.ingest().raw },
    route("knowledge") { $0.knowledgeAdmin().raw },
    route("messages") { $0.messages().raw.measured(namespace: TurnMetrics.namespace) },
    route("stream") { $0.stream().raw.measured(namespace: TurnMetrics.namespace) },
    route("warm") { $0.warm().raw },
  ]

  private static func route<H: RawHandler>(
    _ name: String, _ make: @escaping @Sendable (Program) throws -> H
  ) -> Route {
    Route(name) {
      let program = try Program(environment: Program.environment)
      return try make(program).on(program.http.executor)
    }.whenReady(HTTPClient.warmUp)
  }

  /// They answer by themselves.
  private static let silent = [
    Route("web") { try Program(environment: Program.environment).web() }
  ]
}
