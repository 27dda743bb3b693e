import Cloud
import Events
import JSON
import Network
import Server
import Services
import Storage
import Support
import Synchronization
import Template

@testable import Agent

/// The emulator's tables and buckets behind a meter: what was asked, and what DynamoDB would charge.
final class MeteredCloud: Sendable {
  struct Reading: Sendable, Equatable {
    var reads = 0.0
    var writes = 0.0
    /// Items read and bytes of the answers.
    var items = 0
    var bytes = 0
    var calls = 0
    var objectCalls = 0
  }

  let store: Store
  let objects: Objects

  private init(store: Store, objects: Objects) {
    self.store = store
    self.objects = objects
  }

  /// Shared by the server and the reader.
  final class Meter: Sendable {
    let reading = Mutex(Reading())

    var current: Reading { reading.withLock { $0 } }
    func reset() { reading.withLock { $0 = Reading() } }
  }

  var conversations: StoredConversations {
    StoredConversations(
      store, conversations: "martlet-conversations", turns: "martlet-turns",
      contents: TurnContents(objects, bucket: "martlet-content"))
  }

  static func run(_ body: (MeteredCloud, Meter) async throws -> Void) async throws {
    let application = try Application(
      template: Project.bytes("template.json"), file: "template.json")
    let database = try Database(":memory:")
    let tables = try await DynamoDB(database)
    let buckets = try await S3(database, folder: nil)
    try await tables.create(tables: application.tables)
    try await buckets.create(buckets: application.buckets)
    let meter = Meter()
    let loop = try EventLoop()
    let server = try await HTTPServer.start(on: loop) { request in
      .response(await answer(request, tables, buckets, meter))
    }
    let settings = CloudSettings(environment: [
      "AWS_ENDPOINT_URL": "http://127.0.0.1:\(server.port)", "AWS_ACCESS_KEY_ID": "test",
      "AWS_SECRET_ACCESS_KEY": "test",
    ])
    let client = CloudClient(settings, http: HTTPClient())
    var failure: (any Error)?
    do {
      let cloud = MeteredCloud(store: Store(client), objects: Objects(client))
      try await body(cloud, meter)
    } catch {
      failure = error
    }
    await server.stop(within: .milliseconds(500))
    loop.end()
    if let failure { throw failure }
  }

  /// Has DynamoDB say what it would charge.
  private static func answer(
    _ request: HTTPRequest, _ tables: DynamoDB, _ buckets: S3, _ meter: Meter
  ) async -> HTTPResponse {
    guard let target = request.headers["x-amz-target"] else {
      meter.reading.withLock { $0.objectCalls += 1 }
      return await buckets.answer(request)
    }
    var request = request
    let bytes = (try? await request.body.collect(upTo: 1 << 24)) ?? []
    var body = (try? JSONValue(parsing: bytes)) ?? .null
    body["ReturnConsumedCapacity"] = "TOTAL"
    request.body = RequestBody(body.encoded())
    let response = await tables.answer(request)
    guard case .bytes(let answer) = response.body, let value = try? JSONValue(parsing: answer)
    else {
      return response
    }
    let used = value["ConsumedCapacity"]
    let parts = used?.array ?? used.map { [$0] } ?? []
    let units = parts.reduce(0) { $0 + ($1["CapacityUnits"]?.double ?? 0) }
    let isRead = ["GetItem", "Query", "BatchGetItem"].contains { target.hasSuffix(".\($0)") }
    let items = value["Items"]?.array?.count ?? (value["Item"] == nil ? 0 : 1)
    meter.reading.withLock { reading in
      reading.calls += 1
      reading.items += items
      reading.bytes += answer.count
      if isRead { reading.reads += units } else { reading.writes += units }
    }
    return response
  }
}
