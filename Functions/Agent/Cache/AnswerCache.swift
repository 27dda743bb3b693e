import Cloud
import Crypto
import Events

/// Answers that are given again: in this sandbox first, then in the table.
///
/// An answer counts as long as its item is there, has not expired, and is of the present generation.
/// That is read for each question, together with the answer if this sandbox does not have it, while
/// the turn reads other things: an answer that was removed is gone in all sandboxes at once.
package struct AnswerCache: Sendable {
  let table: CacheTable
  let memory: MemoryCache
  let life: Duration
  /// Counts questions and what was found; nil for whoever is no user.
  let questions: FrequentQuestions?
  let counter: CacheCounter?
  let now: @Sendable () -> Timestamp

  package init(
    table: CacheTable, memory: MemoryCache, life: Duration, questions: FrequentQuestions? = nil,
    counter: CacheCounter? = nil, now: @escaping @Sendable () -> Timestamp = { .now }
  ) {
    self.table = table
    self.memory = memory
    self.life = life
    self.questions = questions
    self.counter = counter
    self.now = now
  }

  /// What a look found.
  package struct Look: Sendable {
    /// Names the place of the answer; a turn remembers it.
    package let entry: String
    package var answer: CachedAnswer?
    package let level: CacheLevel
    let generation: String
    let subject: AnswerSubject
    /// The digest of the question for whoever counts it.
    let question: String
    /// The question is known in words.
    let isFrequent: Bool
  }

  /// Looks for an answer. Nil when the cache cannot be read: then nothing is kept either.
  package func look(for subject: AnswerSubject) async -> Look? {
    do {
      return try await read(subject, table.inTime)
    } catch {
      return nil
    }
  }

  private func read(_ subject: AnswerSubject, _ table: CacheTable) async throws -> Look {
    let digest = try await table.digest(
      "answer",
      [subject.tenant, subject.assistant, subject.question] + subject.circumstances)
    let question = try await table.digest(
      "question", [subject.tenant, subject.assistant, subject.question])
    let entry = Self.entry(subject.tenant, digest)
    let key = Self.key(ofEntry: entry)
    var known: CachedAnswer?
    if case .answer(let answer)? = memory[entry, at: now()] { known = answer }
    var keys = [key] + table.generationKeys(subject.tenant, assistant: subject.assistant)
    if questions != nil {
      keys.append(table.key(["frequent", subject.tenant, subject.assistant], question))
    }
    let stamps: [AttributePath] = ["partition", "entry", "generation", "id", "expiresAt"]
    let items = try await table.store.get(
      keys, from: table.table, attributes: known == nil ? [] : stamps)
    let generation = CacheTable.generation(items)
    let isFrequent = items.contains { $0["entry"]?.string == question }
    let item = items.first { $0["partition"]?.string == entry }
    func look(_ answer: CachedAnswer?, _ level: CacheLevel) -> Look {
      Look(
        entry: entry, answer: answer, level: level, generation: generation, subject: subject,
        question: question, isFrequent: isFrequent)
    }
    guard let item, !CacheTable.isExpired(item, at: now()),
      item["generation"]?.string == generation
    else {
      memory.remove(entry)
      return look(nil, .none)
    }
    if let known, known.id == item["id"]?.string { return look(known, .memory) }
    // Another sandbox has a newer one than this.
    let whole = known == nil ? item : try await table.store.get(key, from: table.table)
    guard let whole, let answer = CachedAnswer(whole) else { return look(nil, .none) }
    remember(answer, entry, until: whole)
    return look(answer, .table)
  }

  private func remember(_ answer: CachedAnswer, _ entry: String, until item: Item) {
    let seconds = Int64(item["expiresAt"]?.int ?? 0)
    memory.set(
      entry, .answer(answer), size: answer.size,
      expiresAt: Timestamp(milliseconds: seconds * 1_000))
  }

  /// Keeps the answer that a look did not find. Of two for the same question one is kept.
  package func keep(_ answer: CachedAnswer, for look: Look) async {
    guard answer.size <= CachedAnswer.longest else { return }
    let now = now()
    var item = answer.item.merging(Self.key(ofEntry: look.entry)) { $1 }
    item["generation"] = .string(look.generation)
    item["expiresAt"] = CacheTable.expiry(now, after: life)
    let isFree = Condition.any([
      .absent("partition"), .differs("generation", .string(look.generation)),
      .atMost("expiresAt", AttributeValue(now.milliseconds / 1_000)),
    ])
    do throws(StoreError) {
      try await table.store.put(item, into: table.table, if: isFree)
    } catch {
      // What is not kept is made again.
      return
    }
    remember(answer, look.entry, until: item)
  }

  /// Takes an answer out of the cache, for all sandboxes; one that is not there is not an error.
  package func remove(_ entry: String) async throws {
    memory.remove(entry)
    guard Self.isEntry(entry) else { return }
    try await table.store.delete(Self.key(ofEntry: entry), from: table.table)
  }

  // MARK: Names

  private static func entry(_ tenant: String, _ digest: String) -> String {
    ComposedKey.join("answer", tenant, digest)
  }

  static func isEntry(_ text: String) -> Bool { text.hasPrefix("answer#") }

  private static func key(ofEntry entry: String) -> Item {
    ["partition": .string(entry), "entry": "answer"]
  }
}
