import Cloud
import Events

/// Counts what is asked, so that the answers to what many ask can be made before they ask it.
///
/// A question is a keyed digest until `people` different users of a tenant have asked it; only then its
/// words are kept, which can hardly be one person's own any more. Who asked is a digest too, another one
/// for each question.
package struct FrequentQuestions: Sendable {
  /// Different users who must have asked a question before its words are kept.
  package static let people = 3
  /// Unicode scalars; what is longer is not what many ask.
  static let longest = 500
  /// Questions of an assistant and tenant that are kept; the least frequent go first.
  package static let most = 200
  private static let life = Duration.seconds(7 * 86_400)
  private static let pageLimit = 250

  package struct Question: Sendable, Equatable {
    package var text: String
    package var count: Int
  }

  /// The cache of one assistant of a tenant, which has frequent questions.
  package struct Place: Sendable, Equatable {
    package var tenant: String
    package var assistant: String
    /// The knowledge for which they were answered last.
    package var version: String?
  }

  let table: CacheTable
  let now: @Sendable () -> Timestamp

  package init(table: CacheTable, now: @escaping @Sendable () -> Timestamp = { .now }) {
    self.table = table
    self.now = now
  }

  // MARK: Counting

  /// Counts a question that somebody asked. What cannot be counted is not.
  func count(_ text: String, by user: String, for look: AnswerCache.Look) async {
    guard text.unicodeScalars.count <= Self.longest else { return }
    do {
      try await count(text, user, look)
    } catch {
      return
    }
  }

  private func count(_ text: String, _ user: String, _ look: AnswerCache.Look) async throws {
    let (tenant, assistant) = (look.subject.tenant, look.subject.assistant)
    let expiry = Change.set("expiresAt", CacheTable.expiry(now(), after: Self.life))
    let frequent = table.key(["frequent", tenant, assistant], look.question)
    guard !look.isFrequent else {
      try await table.store.update(
        frequent, in: table.table, [.add("count", 1), expiry], if: .exists("text"))
      return
    }
    let person = try await table.digest("person", [tenant, user, look.question])
    let asked = table.key(["asked", tenant, assistant, look.question], "count")
    let item = try await table.store.update(
      asked, in: table.table,
      [.add("count", 1), .add("people", .stringSet([person])), expiry], returning: .new)
    guard let item, (item["people"]?.stringSet ?? []).count >= Self.people else { return }
    var kept = frequent
    kept["text"] = .string(text)
    kept["count"] = item["count"]
    kept["expiresAt"] = CacheTable.expiry(now(), after: Self.life)
    try await table.store.put(kept, into: table.table)
    try await table.store.update(asked, in: table.table, [.remove("people")])
    try await table.store.update(
      place(tenant, assistant), in: table.table,
      [.set("tenant", .string(tenant)), .set("assistant", .string(assistant))])
  }

  private func place(_ tenant: String, _ assistant: String) -> Item {
    table.key(["warming"], ComposedKey.join(tenant, assistant))
  }

  // MARK: Reading

  /// The most frequent questions, the most frequent first. Those that are too many are deleted.
  package func list(tenant: String, assistant: String, limit: Int) async throws -> [Question] {
    var query = Query(
      table.table, where: "partition",
      is: .string(ComposedKey.join("frequent", tenant, assistant)))
    query.limit = Self.pageLimit
    var found: [(key: Item, question: Question)] = []
    repeat {
      let page = try await table.store.query(query)
      for item in page.items where !CacheTable.isExpired(item, at: now()) {
        guard let text = item["text"]?.string, let entry = item["entry"]?.string else { continue }
        let key = table.key(["frequent", tenant, assistant], entry)
        found.append((key, Question(text: text, count: item["count"]?.int ?? 0)))
      }
      query.start = page.next
    } while query.start != nil
    found.sort { ($0.question.count, $1.question.text) > ($1.question.count, $0.question.text) }
    let superfluous = found.dropFirst(Self.most).map { BatchWrite.delete(key: $0.key) }
    if !superfluous.isEmpty { try await table.store.write(superfluous, in: table.table) }
    return found.prefix(limit).map(\.question)
  }

  /// Every cache that has frequent questions.
  package func places() async throws -> [Place] {
    var query = Query(table.table, where: "partition", is: "warming")
    var places: [Place] = []
    repeat {
      let page = try await table.store.query(query)
      places += page.items.compactMap { item in
        guard let tenant = item["tenant"]?.string, let assistant = item["assistant"]?.string
        else { return nil }
        return Place(tenant: tenant, assistant: assistant, version: item["version"]?.string)
      }
      query.start = page.next
    } while query.start != nil
    return places
  }

  /// Takes the warming of a place for some time; false when somebody else has it.
  func take(_ place: Place, for time: Duration) async throws -> Bool {
    let free = Condition.any([
      .absent("heldUntil"), .atMost("heldUntil", AttributeValue(now().milliseconds)),
    ])
    do throws(StoreError) {
      try await table.store.update(
        self.place(place.tenant, place.assistant), in: table.table,
        [
          .set("heldUntil", AttributeValue(now().milliseconds + Int64(time / .milliseconds(1))))
        ], if: free)
      return true
    } catch {
      guard case .conditionFailed = error else { throw error }
      return false
    }
  }

  /// Gives the warming back; with a `version` it was done for this knowledge.
  func giveBack(_ place: Place, warmFor version: String?) async throws {
    try await table.store.update(
      self.place(place.tenant, place.assistant), in: table.table,
      [.remove("heldUntil")] + (version.map { [.set("version", .string($0))] } ?? []))
  }
}
