import Cloud
import Crypto
import Foundation
import JSON
import Models
import Network
import Server
import Services
import Storage
import Support
import Synchronization
import Template

@testable import Routes

/// A cloud behind one address: the emulator's tables, secrets and model, a bucket in memory, and
/// connections that keep what is posted to them.
final class SmallCloud: Sendable {
  private struct State {
    var objects: [String: [UInt8]] = [:]
    var posts: [(connection: String, frame: JSONValue)] = []
    var gone: Set<String> = []
    var calls: [String: Set<CloudCall>] = [:]
  }

  private let state = Mutex(State())
  private let dynamoDB: DynamoDB
  private let secrets: SecretsManager
  private let models = ModelProviders()

  private init(_ dynamoDB: DynamoDB, _ secrets: SecretsManager) {
    self.dynamoDB = dynamoDB
    self.secrets = secrets
  }

  /// What was asked in the name of a function: of those whose environment is `as(…)`.
  func calls(of function: String) -> Set<CloudCall> {
    state.withLock { $0.calls[function] ?? [] }
  }

  /// Frames posted to a connection.
  func frames(to connection: String) -> [JSONValue] {
    state.withLock { $0.posts.filter { $0.connection == connection }.map(\.frame) }
  }

  /// Takes an object out of the bucket.
  func lose(_ key: String) {
    state.withLock { $0.objects["/martlet-knowledge/" + key] = nil }
  }

  func end(_ connection: String) {
    _ = state.withLock { $0.gone.insert(connection) }
  }

  /// Runs a body with a cloud that has what `template.json` asks for, and with the environment that
  /// leads functions to it. Their knowledge is a few lines of the real files.
  static func run(
    _ body: (SmallCloud, [String: String]) async throws -> Void
  ) async throws {
    try await withTemporaryFolder { folder in
      try knowledge(in: folder)
      let application = try Application(
        template: Project.bytes("template.json"), file: "template.json")
      let database = try Database(":memory:")
      let cloud = SmallCloud(
        try await DynamoDB(database), try await SecretsManager(database))
      try await cloud.dynamoDB.create(tables: application.tables)
      try await cloud.secrets.create(secrets: application.secrets)
      let loop = try EventLoop()
      let server = try await HTTPServer.start(on: loop) { .response(await cloud.answer($0)) }
      let address = "http://127.0.0.1:\(server.port)"
      let result: Result<Void, any Error>
      do {
        result = .success(
          try await body(
            cloud,
            [
              "AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "test",
              "AWS_SECRET_ACCESS_KEY": "test", "OPENAI_BASE_URL": "\(address)/openai/v1",
              "OPENAI_API_KEY": "local", "LLM_MODEL": "martlet-local-1",
              "LAMBDA_TASK_ROOT": folder, "INDEX_FUNCTION": "IndexFunction",
              "KNOWLEDGE_REFRESH_SECONDS": "0",
            ]))
      } catch {
        result = .failure(error)
      }
      await server.stop(within: .milliseconds(500))
      loop.end()
      try result.get()
    }
  }

  private static func knowledge(in root: String) throws {
    let path = "Functions/Assistants/Japanese/Knowledge"
    try FileManager.default.createDirectory(
      atPath: "\(root)/\(path)", withIntermediateDirectories: true)
    for (name, marks) in [
      ("jlpt_vocab.csv", ["食べる", "猫", "語"]), ("kanji_jouyou.jsonl", ["\"語\"", "\"猫\""]),
      ("tatoeba_ja_en.tsv", ["猫"]),
    ] {
      let lines = try Project.text("\(path)/\(name)").split(whereSeparator: \.isNewline)
      let chosen =
        lines.prefix(20)
        + lines.dropFirst(20).filter { line in
          marks.contains { line.contains($0) }
        }
      try Data((chosen.joined(separator: "\n") + "\n").utf8)
        .write(to: URL(filePath: "\(root)/\(path)/\(name)"))
    }
  }

  private func answer(_ request: HTTPRequest) async -> HTTPResponse {
    var request = request
    if let function = request.headers["X-Amz-Security-Token"] {
      let bytes = (try? await request.body.collect(upTo: 1 << 24)) ?? []
      request.body = RequestBody(bytes)
      let calls = CloudCall.calls(in: request, bytes)
      state.withLock { $0.calls[function, default: []].formUnion(calls) }
    }
    if models.answers(request.path) { return await models.answer(request) }
    if let target = request.headers["x-amz-target"] {
      return DynamoDB.matches(target: target)
        ? await dynamoDB.answer(request) : await secrets.answer(request)
    }
    let bytes = (try? await request.body.collect(upTo: 1 << 24)) ?? []
    if let range = request.path.firstRange(of: "/@connections/") {
      let id = String(request.path[range.upperBound...]).percentDecoded ?? ""
      return connection(id, request.method, bytes)
    }
    if request.path.hasSuffix("/invocations") { return HTTPResponse(status: 202) }
    return object(request, bytes)
  }

  private func connection(_ id: String, _ method: String, _ bytes: [UInt8]) -> HTTPResponse {
    state.withLock { state in
      guard !state.gone.contains(id) else { return HTTPResponse(status: 410) }
      if method == "DELETE" { state.gone.insert(id) }
      if method == "POST", let frame = try? JSONValue(parsing: bytes) {
        state.posts.append((id, frame))
      }
      return HTTPResponse(status: 200)
    }
  }

  private func object(_ request: HTTPRequest, _ bytes: [UInt8]) -> HTTPResponse {
    state.withLock { state in
      if request.method == "GET", request.query?.contains("list-type=2") == true {
        let prefix = request.path.hasSuffix("/") ? request.path : request.path + "/"
        let keys = state.objects.keys.filter { $0.hasPrefix(prefix) }
          .map { "<Key>\($0.dropFirst(prefix.count))</Key>" }
        let text =
          "<ListBucketResult><IsTruncated>false</IsTruncated>\(keys.joined())</ListBucketResult>"
        return HTTPResponse(status: 200, body: .bytes(Array(text.utf8)))
      }
      if request.method == "DELETE" {
        state.objects[request.path] = nil
        return HTTPResponse(status: 204)
      }
      if request.method == "PUT" {
        let tag = state.objects[request.path].map { "\"\(Hex.encode(MD5.digest($0)))\"" }
        let isTaken = request.headers["if-none-match"] == "*" && tag != nil
        guard !isTaken, request.headers["if-match"].map({ $0 == tag }) ?? true else {
          let text = "<Error><Code>PreconditionFailed</Code><Message>no</Message></Error>"
          return HTTPResponse(status: 412, body: .bytes(Array(text.utf8)))
        }
        state.objects[request.path] = bytes
      }
      guard let object = state.objects[request.path] else {
        let text = "<Error><Code>NoSuchKey</Code><Message>none</Message></Error>"
        return HTTPResponse(
          status: 404, body: .bytes(request.method == "HEAD" ? [] : Array(text.utf8)))
      }
      let tag = "\"\(Hex.encode(MD5.digest(object)))\""
      guard request.headers["if-none-match"] != tag else { return HTTPResponse(status: 304) }
      return HTTPResponse(
        status: 200, headers: ["ETag": tag],
        body: .bytes(request.method == "GET" ? object : []))
    }
  }
}
