/// What `martlet knowledge` is to do.
struct KnowledgeOptions: Equatable {
  enum Action: Equatable {
    case add(files: [String])
    case list
    case rebuild
    case remove(ids: [String])
    case search(question: String)
  }

  static let options: Set = [
    "--url", "--token", "--tenant", "--owner", "--type", "--tags", "--limit", "--batch",
  ]
  private static let batches = 1...100

  var project = ProjectOptions()
  var action: Action
  /// Where the HTTP API is.
  var url = "http://127.0.0.1:3000"
  /// nil: one made with the state's key.
  var token: String?
  var tenant = "default"
  var owner: String?
  var type: String?
  var tags: [String] = []
  /// Documents or results at the most; nil: all, or the usual number of results.
  var limit: Int?
  var batch = 20

  init(_ reader: ArgumentReader) throws(UsageError) {
    project = try ProjectOptions(reader)
    let words = reader.operands
    let rest = Array(words.dropFirst())
    switch words.first {
    case "add" where !rest.isEmpty: action = .add(files: rest)
    case "list" where rest.isEmpty: action = .list
    case "rebuild" where rest.isEmpty: action = .rebuild
    case "remove" where !rest.isEmpty: action = .remove(ids: rest)
    case "search" where !rest.isEmpty: action = .search(question: rest.joined(separator: " "))
    case "add"?: throw reader.usage("which files?")
    case "remove"?: throw reader.usage("which documents? `martlet knowledge list` shows their ids")
    case "search"?: throw reader.usage("what for?")
    case "list"?, "rebuild"?: throw reader.usage("unexpected argument '\(rest[0])'")
    case let other?:
      throw reader.usage("unknown action '\(other)'; there are add, list, rebuild, remove, search")
    case nil: throw reader.usage("what is to be done: add, list, rebuild, remove or search?")
    }
    if let url = reader["--url"] {
      guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
        throw reader.usage("--url \(url): an address begins with http:// or https://")
      }
      self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
    }
    token = reader["--token"]
    tenant = reader["--tenant"] ?? tenant
    owner = reader["--owner"]
    type = reader["--type"]
    tags = reader["--tags"]?.split(separator: ",").map(String.init) ?? []
    if let text = reader["--limit"] {
      guard let limit = Int(text), limit > 0 else {
        throw reader.usage("--limit \(text): a whole number above 0")
      }
      self.limit = limit
    }
    if let text = reader["--batch"] {
      guard let batch = Int(text), Self.batches.contains(batch) else {
        throw reader.usage("--batch \(text): a whole number from 1 to 100")
      }
      self.batch = batch
    }
  }
}
