package import Cloud
import Crypto
import Events

/// The cache behind all sandboxes, in one table: key `partition`, `entry`, time to live `expiresAt`.
///
/// | partition | entry | what |
/// | --- | --- | --- |
/// | `answer#tenant#digest` | `answer` | an answer with the generation that it was made in |
/// | `service#tenant#digest` | `vector` | what a service returned |
/// | `generation#tenant` | `tenant`, `assistant#name` | counters; raising one empties a cache |
/// | `asked#tenant#assistant#digest` | `count` | how often, and by whom, a question was asked |
/// | `frequent#tenant#assistant` | digest | a question that several people asked, in words |
/// | `hits#tenant` | `day#assistant` | how often what was found where |
/// | `warming` | `tenant#assistant` | caches to be warmed, with the knowledge they are warm for |
///
/// Digests are keyed: nobody who reads the table can try questions against them. DynamoDB deletes
/// what has expired some time later; readers look at `expiresAt` themselves.
package struct CacheTable: Sendable {
  let store: Store
  let table: String
  private let patience: Duration
  private let secret: @Sendable () async throws -> [UInt8]

  /// `secret` keys the digests; it is asked at each use and keeps what it has read. Reading may take
  /// `patience`: nobody waits longer for what should make them faster.
  package init(
    _ store: Store, table: String, patience: Duration = .seconds(2),
    secret: @escaping @Sendable () async throws -> [UInt8]
  ) {
    self.store = store
    self.table = table
    self.patience = patience
    self.secret = secret
  }

  /// The same, for a read that begins now.
  var inTime: CacheTable {
    CacheTable(store.until(.now + patience), table: table, patience: patience, secret: secret)
  }

  /// 128 bits that only who has the key can make; each part counts with its length.
  func digest(_ purpose: String, _ parts: [String]) async throws -> String {
    var code = HMAC<SHA256>(key: try await secret())
    for part in [purpose] + parts { code.update("\(part.utf8.count):\(part)") }
    return Hex.encode(Array(code.finish().prefix(16)))
  }

  func key(_ parts: [String], _ entry: String) -> Item {
    ["partition": .string(ComposedKey.join(parts)), "entry": .string(entry)]
  }

  static func isExpired(_ item: Item, at now: Timestamp) -> Bool {
    (item["expiresAt"]?.int).map { Int64($0) <= now.milliseconds / 1_000 } ?? false
  }

  static func expiry(_ now: Timestamp, after life: Duration) -> AttributeValue {
    AttributeValue((now.milliseconds + Int64(life / .milliseconds(1)) + 999) / 1_000)
  }

  // MARK: Generations

  /// The counters that decide on the caches of a tenant, and on that of one of its assistants.
  func generationKeys(_ tenant: String, assistant: String?) -> [Item] {
    let partition = ["generation", tenant]
    return [key(partition, "tenant")]
      + (assistant.map { [key(partition, ComposedKey.join("assistant", $0))] } ?? [])
  }

  /// The counters as one text; absent ones are 0.
  static func generation(_ items: [Item]) -> String {
    let counters = items.filter { $0["partition"]?.string?.hasPrefix("generation#") ?? false }
      .map { "\($0["entry"]?.string ?? "")=\($0["generation"]?.int ?? 0)" }
    return counters.sorted().joined(separator: " ")
  }

  /// Empties the caches of a tenant, or of one of its assistants, in every sandbox, however large they
  /// are: what was kept before belongs to an older generation and is deleted when its time has come.
  package func empty(tenant: String, assistant: String? = nil) async throws {
    guard let key = generationKeys(tenant, assistant: assistant).last else { return }
    try await store.update(key, in: table, [.add("generation", 1)])
  }
}
