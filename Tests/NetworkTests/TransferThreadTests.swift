import CCurl
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
    /// A sleep, after which the thread waits so long for a processor.
    func rest(after wait: Double) -> Int {
      total += wait
      moderation.noteWait()
      return moderation.rest(afterWaiting: total)
    }
    _ = moderation.rest(afterWaiting: total)
    for _ in 0..<200 { #expect(rest(after: 200_000) == 0) }
    // One long wait, for whatever reason, is no busy machine.
    #expect(rest(after: 1e9) == 0)
    for _ in 0..<50 { _ = rest(after: 1_500_000) }
    #expect((17_000_000...19_000_000).contains(rest(after: 1_500_000)))
    for _ in 0..<50 { _ = rest(after: 1e9) }
    #expect((39_000_000...40_000_000).contains(rest(after: 1e9)))
    for _ in 0..<50 { _ = rest(after: 0) }
    #expect(rest(after: 0) == 0)
  }

  @Test func `many short waits between two pieces are no long one`() {
    var moderation = Moderation()
    defer { moderation.end() }
    var total = 1e12
    _ = moderation.rest(afterWaiting: total)
    for _ in 0..<50 {
      for _ in 0..<20 { moderation.noteWait() }
      total += 20 * 300_000
      #expect(moderation.rest(afterWaiting: total) == 0)
    }
  }

  @Test func `tasks sleep on the thread, each to its time`() async throws {
    let client = HTTPClient()
    let begin = ContinuousClock.now
    let order = try await withTaskExecutorPreference(client.executor) {
      let own = thread()
      return try await withThrowingTaskGroup(of: (Int, Duration, Bool).self) { group in
        for milliseconds in [120, 20, 60, 90, 40] {
          group.addTask {
            try await Task.sleep(until: begin + .milliseconds(milliseconds))
            return (milliseconds, begin.duration(to: .now), thread() == own)
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
    }
    #expect(order.map(\.0) == [20, 40, 60, 90, 120])
    for (milliseconds, taken, isOwn) in order {
      #expect(taken >= .milliseconds(milliseconds))
      #expect(isOwn)
    }
  }

  @Test func `a sleep that is cancelled ends at once`() async {
    let client = HTTPClient()
    let begin = ContinuousClock.now
    await withTaskExecutorPreference(client.executor) {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { try? await Task.sleep(for: .seconds(120)) }
        try? await Task.sleep(for: .milliseconds(10))
        group.cancelAll()
      }
    }
    #expect(begin.duration(to: .now) < .seconds(100))
  }

  @Test func `a sleep lasts its time when the client goes meanwhile`() async throws {
    var client: HTTPClient? = HTTPClient()
    let executor = try #require(client?.executor)
    let begin = ContinuousClock.now
    let sleeper = Task(executorPreference: executor) {
      try await Task.sleep(for: .milliseconds(200))
      return begin.duration(to: .now)
    }
    try await Task.sleep(for: .milliseconds(30))
    client = nil
    #expect(try await sleeper.value >= .milliseconds(200))
  }

  /// Handles of libcurl are used again.
  @Test func `a stream that ends while it rests does not hold up the next request`() async throws {
    let server = try SocketServer { connection in
      while let request = connection.request() {
        guard request.method == "GET" else {
          connection.respond(200, request.text)
          continue
        }
        connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        connection.awaitClose()
      }
    }
    defer { server.stop() }
    let url = "http://127.0.0.1:\(server.port)/"
    let configuration = HTTPClientConfiguration()
    let driver = TransferDriver(configuration)
    defer { driver.stop() }
    #expect(martlet_curl_load() == 1)
    let loop = try #require(TransferLoop(configuration))
    defer { loop.end() }
    for round in 0..<3 {
      let stream = try Transfer(
        ClientRequest("GET", url), deadline: .now + .seconds(60), driver: driver, isStreamed: true)
      loop.start(stream)
      while !loop.hasFed {
        loop.perform()
        usleep(500)
      }
      loop.noteFed(resting: true)
      #expect(!loop.hasFed)
      loop.perform()
      loop.cancel(stream)
      let post = try Transfer(
        ClientRequest("POST", url, body: .bytes(Array("round \(round)".utf8))),
        deadline: .now + .seconds(10), driver: driver, isStreamed: false)
      async let answer = post.whole()
      loop.start(post)
      let end = ContinuousClock.now + .seconds(11)
      while post.received == 0 || post.end == nil, .now < end {
        loop.perform()
        try await Task.sleep(for: .milliseconds(1))
      }
      #expect(try await answer.body == Array("round \(round)".utf8))
      loop.resumeStreams()
    }
  }
}
