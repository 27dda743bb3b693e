import Cloud
import Network
import Server
import Services
import Storage
import Support
import Template

/// Runs a body against the emulator's DynamoDB, over a socket, with the tables of `template.json`.
func withTables(_ body: @Sendable (Store) async throws -> Void) async throws {
  let application = try Application(
    template: Project.bytes("template.json"), file: "template.json")
  let service = try await DynamoDB(Database(":memory:"))
  try await service.create(tables: application.tables)
  let loop = try EventLoop()
  let server = try await HTTPServer.start(on: loop) { .response(await service.answer($0)) }
  let settings = CloudSettings(environment: [
    "AWS_ENDPOINT_URL": "http://127.0.0.1:\(server.port)", "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
  ])
  var failure: (any Error)?
  do {
    try await body(Store(CloudClient(settings, http: HTTPClient())))
  } catch {
    failure = error
  }
  await server.stop(within: .milliseconds(500))
  loop.end()
  if let failure { throw failure }
}
