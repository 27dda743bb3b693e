import Foundation
import Support
import Testing

@testable import Network

/// Tasks on the thread of the transfers.
@Suite(.timeLimit(.minutes(3))) struct TransferThreadTests {
  private func thread() -> UInt { UInt(pthread_self()) }

  @Test func `a task waits for its transfers on their thread`() async throws {
    let server = try SocketServer { connection in
      while connection.request() != nil { connection.respond(200, "there") }
    }
    defer { server.stop() }
    let client = HTTPClient()
    let request = ClientRequest("GET", "http://127.0.0.1:\(server.port)/")
    try await withTaskExecutorPreference(client.executor) {
      let first = thread()
      for _ in 0..<20 {
        let response = try await client.send(request, deadline: .now + .seconds(60))
        #expect(response.body == Array("there".utf8))
        #expect(thread() == first)
      }
    }
  }

  @Test func `a task goes on when the client has gone`() async {
    var client: HTTPClient? = HTTPClient()
    guard let executor = client?.executor else { return }
    let begun = await withTaskExecutorPreference(executor) { thread() }
    client = nil
    let (before, after) = await withTaskExecutorPreference(executor) {
      let before = thread()
      await Task.yield()
      return (before, thread())
    }
    #expect(before != 0 && after != 0 && begun != 0)
  }

  @Test func `rests on a busy machine alone`() {
    var moderation = Moderation()
    defer { moderation.end() }
    var total = 1e12
    _ = moderation.rest(afterWaiting: total)
    for _ in 0..<200 {
      total += 200_000
      _ = moderation.rest(afterWaiting: total)
    }
    #expect(moderation.rest(afterWaiting: total + 200_000) == 0)
    for _ in 0..<50 {
      total += 3_000_000
      _ = moderation.rest(afterWaiting: total)
    }
    let rest = moderation.rest(afterWaiting: total + 3_000_000)
    #expect((20_000_000...26_000_000).contains(rest))
    for _ in 0..<50 {
      total += 1e9
      _ = moderation.rest(afterWaiting: total)
    }
    #expect(moderation.rest(afterWaiting: total + 1e9) == 40_000_000)
  }
}
