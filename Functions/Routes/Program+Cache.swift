import Agent
import Assistants
import LambdaRuntime

/// The parts of the cache that a process has, made once: what it remembers is in them.
struct ProgramCache: Sendable {
  let table: CacheTable
  let memory = MemoryCache()
  let counter = CacheCounter()
  let services: ServiceCache
  let conversations: ConversationCache

  init(_ settings: CacheSettings, table: CacheTable) {
    self.table = table
    services = ServiceCache(
      table: table, memory: memory, life: settings.services, counter: counter)
    conversations = ConversationCache(
      memory: memory, conversations: settings.conversations, messages: settings.messages,
      counter: counter)
  }
}

extension Program {
  private var questions: FrequentQuestions { FrequentQuestions(table: cache.table) }

  /// Answers that users get; nil when they are not kept.
  var answerCache: AnswerCache? {
    guard settings.cache.answers > .zero else { return nil }
    return AnswerCache(
      table: cache.table, memory: cache.memory, life: settings.cache.answers,
      questions: settings.cache.warmed > 0 ? questions : nil, counter: cache.counter)
  }

  /// Takes answers out of the cache that people do not want in it.
  var answerRemoval: @Sendable (String) async throws -> Void {
    let answers = AnswerCache(
      table: cache.table, memory: cache.memory, life: settings.cache.answers)
    return { try await answers.remove($0) }
  }

  var cacheLog: CacheLog {
    CacheLog(counter: cache.counter, statistics: CacheStatistics(table: cache.table))
  }

  var cacheAdmin: CacheAdmin {
    CacheAdmin(
      table: cache.table, statistics: CacheStatistics(table: cache.table),
      settings: settings.cache)
  }

  /// The knowledge that tools rest on, as a name; nil when it cannot be told now.
  func toolVersion(_ knowledge: Knowledge) -> @Sendable (Caller) async -> String? {
    let retriever = Retriever(knowledge)
    return { await retriever.version(for: PassageFilter(tenant: $0.tenant, owner: $0.owner)) }
  }

  func warm() -> Warm {
    let answers = AnswerCache(
      table: cache.table, memory: cache.memory, life: settings.cache.answers)
    let agents = agents(storing: UnstoredConversations(), cache: answers)
    let ledger = ledger
    return Warm(
      warming: CacheWarming(
        questions: questions,
        limit: settings.cache.answers > .zero ? settings.cache.warmed : 0,
        version: { assistant, tenant in
          await agents[assistant]?.knowledgeVersion(
            for: Caller(user: CacheWarming.user, tenant: tenant))
        },
        answer: { question, assistant in
          guard let agent = agents[assistant] else { throw UnknownAssistant(name: assistant) }
          let report = await agent.answer(question, until: .now + Warm.patience) { _ in }
          let answer = ModelUse(model: report.model, usage: report.usage)
          for (use, turns) in [(answer, 1)] + report.others.map({ ($0, 0) })
          where use.usage.tokens > 0 {
            _ = try await ledger.charge(
              use.usage, model: use.model, to: question.caller, at: .now, turns: turns)
          }
          return report
        }))
  }
}
