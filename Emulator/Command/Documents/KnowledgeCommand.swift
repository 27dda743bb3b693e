import Crypto
import Glibc
import JSON
import Network
import Services
import Storage

/// `martlet knowledge`: a tenant's own documents, by the administrators' HTTP API.
///
/// Adding what is there already changes nothing: after an interrupt the same command goes on.
struct KnowledgeCommand {
  /// Bytes of texts in one request: an API takes 10 MB, a function 6 MB.
  private static let longestBatch = 1_500_000
  private static let patience = Duration.seconds(60)

  let options: KnowledgeOptions
  private let client = HTTPClient()

  init(options: KnowledgeOptions) { self.options = options }

  func run() async throws -> Int32 {
    let token: String
    if let given = options.token { token = given } else { token = try await ownToken() }
    switch options.action {
    case .add(let files): return try await add(files, token)
    case .list: try await list(token)
    case .search(let question): try await search(question, token)
    case .remove(let ids): return try await remove(ids, token)
    case .rebuild:
      _ = try await request("POST", "/rebuild", token)
      Console.shared.note("the index is being made anew")
    }
    return 0
  }

  /// An administrator's, made with the key of the state.
  private func ownToken() async throws -> String {
    let project = try Project(options.project)
    let state = try State(project, options.project, isExclusive: false)
    let database = try Database(state.database, durability: .normal)
    let secrets = try await SecretsManager(database)
    let token = try await DevelopmentToken(secrets).text(tenant: options.tenant, role: "admin")
    await database.close()
    return token
  }

  // MARK: Adding

  private func add(_ files: [String], _ token: String) async throws -> Int32 {
    var documents = files.flatMap(DocumentFile.paths).flatMap { DocumentFile(path: $0).documents() }
    if let limit = options.limit { documents = Array(documents.prefix(limit)) }
    var progress = Progress(total: documents.count)
    var batch: [(place: String, document: JSONObject)] = []
    var bytes = 0
    for document in documents {
      switch document.content {
      case .failure(let problem): progress.failed(document.place, problem.text)
      case .success(let object):
        let completed = complete(object)
        let size = completed["text"]?.string?.utf8.count ?? 0
        if batch.count == options.batch || (!batch.isEmpty && bytes + size > Self.longestBatch) {
          try await send(batch, token, &progress)
          (batch, bytes) = ([], 0)
        }
        batch.append((document.place, completed))
        bytes += size
      }
    }
    if !batch.isEmpty { try await send(batch, token, &progress) }
    progress.end()
    return progress.failures == 0 ? 0 : 1
  }

  /// With what the command line says of all documents.
  private func complete(_ document: JSONObject) -> JSONObject {
    var document = document
    if let type = options.type { document["type"] = .string(type) }
    if let owner = options.owner { document["owner"] = .string(owner) }
    if !options.tags.isEmpty {
      let own = document["tags"]?.array ?? []
      document["tags"] = .array(own + options.tags.map(JSONValue.string))
    }
    return document
  }

  private func send(
    _ batch: [(place: String, document: JSONObject)], _ token: String, _ progress: inout Progress
  ) async throws {
    let body: JSONValue = ["documents": .array(batch.map { .object($0.document) })]
    let answer: JSONValue
    do {
      answer = try await request("POST", "", token, body)
    } catch let refused as Refused {
      // What is wrong with the request is wrong with the next one too.
      guard refused.status >= 500 || refused.status == 429 else { throw refused }
      for (place, _) in batch { progress.failed(place, refused.text) }
      return
    }
    let results = answer["results"]?.array ?? []
    for (number, (place, _)) in batch.enumerated() {
      let result = results.indices.contains(number) ? results[number] : .null
      switch result["status"]?.string {
      case "added":
        progress.added(result["passages"]?.int ?? 0, vectors: result["vectors"]?.int ?? 0)
      case "unchanged": progress.unchanged()
      default: progress.failed(place, result["error"]?.string ?? "there was no answer for it")
      }
    }
  }

  // MARK: The others

  private func list(_ token: String) async throws {
    var cursor = ""
    var left = options.limit ?? Int.max
    repeat {
      let page = try await request(
        "GET",
        "?limit=\(min(left, 100))"
          + (cursor.isEmpty ? "" : "&cursor=\(PercentEncoding.encode(cursor))"), token)
      for document in page["documents"]?.array ?? [] {
        let fields = ["id", "title", "source", "type"].map { document[$0]?.string ?? "" }
        let owner = document["owner"]?.string.map { " (only \($0))" } ?? ""
        Console.shared.print(
          Console.visible(
            "\(fields[0])  \(fields[1])  [\(fields[2]), \(fields[3]), "
              + "\(document["passages"]?.int ?? 0) passages]\(owner)"))
        left -= 1
      }
      cursor = page["nextCursor"]?.string ?? ""
    } while !cursor.isEmpty && left > 0
  }

  private func search(_ question: String, _ token: String) async throws {
    let limit = options.limit.map { "&limit=\(min($0, 50))" } ?? ""
    let type = options.type.map { "&type=\(PercentEncoding.encode($0))" } ?? ""
    let tags =
      options.tags.isEmpty
      ? "" : "&tags=\(PercentEncoding.encode(options.tags.joined(separator: ",")))"
    let answer = try await request(
      "GET", "/search?q=\(PercentEncoding.encode(question))\(limit)\(type)\(tags)", token)
    let passages = answer["passages"]?.array ?? []
    Console.shared.note("\(passages.count) passages, by \(answer["mode"]?.string ?? "")")
    for (number, passage) in passages.enumerated() {
      let text = (passage["text"]?.string ?? "").split(whereSeparator: \.isWhitespace)
        .joined(separator: " ")
      let shown = text.count > 160 ? text.prefix(160) + "…" : text[...]
      Console.shared.print(
        Console.visible(
          "\(number + 1). \(passage["title"]?.string ?? "") "
            + "[\(passage["source"]?.string ?? "")]: \(shown)"))
    }
  }

  private func remove(_ ids: [String], _ token: String) async throws -> Int32 {
    var failures = 0
    for id in ids {
      do {
        _ = try await request("DELETE", "/" + PercentEncoding.encode(id), token)
        Console.shared.print("removed \(id)")
      } catch let refused as Refused where refused.status == 404 {
        Console.shared.note("there is no document \(id)")
        failures += 1
      }
    }
    return failures == 0 ? 0 : 1
  }

  // MARK: The API

  /// What the API answered instead.
  private struct Refused: Error, CustomStringConvertible {
    let status: Int
    let text: String
    var description: String { "the API answered \(status): \(text)" }
  }

  private func request(
    _ method: String, _ path: String, _ token: String, _ body: JSONValue? = nil
  ) async throws -> JSONValue {
    var request = ClientRequest(
      method, "\(options.url)/api/v1/admin/knowledge\(path)",
      headers: ["authorization": "Bearer \(token)", "content-type": "application/json"])
    if let body { request.body = .bytes(body.encoded()) }
    let response: ClientResponse
    do throws(NetworkError) {
      response = try await client.send(request, deadline: .now + Self.patience)
    } catch {
      throw ProjectError(
        description: "\(options.url) cannot be reached (\(error)); is `martlet start` running?")
    }
    let answer = (try? JSONValue(parsing: response.body)) ?? .null
    guard (200..<300).contains(response.status) else {
      throw Refused(
        status: response.status,
        text: answer["error"]?["message"]?.string ?? answer["message"]?.string ?? "")
    }
    return answer
  }
}

extension KnowledgeCommand {
  /// How far adding is: a bar on a terminal, a summary at the end everywhere.
  struct Progress {
    private var bar: ProgressBar
    private var added = 0
    private var passages = 0
    private var vectors = 0
    private var same = 0
    private(set) var failures = 0

    init(total: Int) { bar = ProgressBar(total: total) }

    mutating func added(_ count: Int, vectors: Int) {
      added += 1
      passages += count
      self.vectors += vectors
      bar.step()
    }

    mutating func unchanged() {
      same += 1
      bar.step()
    }

    /// Said at once; the others go on.
    mutating func failed(_ place: String, _ reason: String) {
      failures += 1
      bar.note("\(place): \(reason)")
      bar.step()
    }

    func end() {
      Console.shared.note(
        "\(added) added (\(passages) passages, \(vectors) with a vector), \(same) unchanged, "
          + "\(failures) failed")
    }
  }
}
