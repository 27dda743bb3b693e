import Foundation
import Support
import Synchronization
import Testing

@testable import LambdaRuntime

/// The Runtime API is away, refuses, or talks nonsense: the loop ends soon, says so once, and is
/// never at ease with it (exit 0 without a word).
@Suite struct FaultTests {
  @Test(arguments: [
    broken, refusal(403, "InvalidStateTransition"), "hello\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", event("{}", id: ""), event("{}", id: "a/b"),
    event("{}").replacing("4102444800000", with: "soon"),
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}", "HTTP/1.1 200 OK\r\nConte",
  ]) func `one line and a failure when an event is refused or garbage`(_ text: String) async {
    let api = FakeRuntimeAPI { _, _ in .last(Array(text.utf8)) }
    defer { api.stop() }
    let outcome = await drive(Closure.echo, at: api.endpointText)
    #expect(outcome.end == .failed)
    #expect(outcome.lines.count == 1, "\(outcome.lines)")
    #expect(outcome.lines.allSatisfy { $0.contains("no event") })
  }

  @Test func `nobody listens: short retries, then a failure`() async {
    let api = FakeRuntimeAPI { _, _ in .close }
    let port = api.port
    api.stop()
    let outcome = await drive(Closure.echo, at: "127.0.0.1:\(port)")
    #expect(outcome.end == .failed)
    #expect(outcome.lines.count == 1)
  }

  @Test func `nobody listens yet: the retries reach it`() async throws {
    let first = FakeRuntimeAPI { _, _ in .close }
    let port = first.port
    first.stop()
    try await Task.sleep(for: .milliseconds(20))
    let late = Mutex<FakeRuntimeAPI?>(nil)
    Thread.start {
      Pause.sleep(.milliseconds(100))
      let answers = FakeRuntimeAPI(port: port) { request, number in
        if request.path.hasSuffix("/next") { return .text(number == 0 ? event("{}") : broken) }
        return .text(accepted)
      }
      late.withLock { $0 = answers }
    }
    let patience = RuntimeClient.Patience(
      stall: .seconds(1), pauses: Array(repeating: .milliseconds(20), count: 200))
    let outcome = await drive(Closure.echo, at: "127.0.0.1:\(port)", patience: patience)
    let api = try #require(late.withLock { $0 })
    defer { api.stop() }
    #expect(api.requests(to: "/response").count == 1)
    #expect(outcome.end == .failed)
  }

  @Test func `no such host`() async {
    let outcome = await drive(Closure.echo, at: "no-such-host.invalid:9001")
    #expect(outcome.end == .failed)
    #expect(outcome.lines.count == 1)
  }

  @Test func `a connection that ends while idle is opened once more`() async {
    let next = Mutex(0)
    let api = FakeRuntimeAPI { request, _ in
      guard request.path.hasSuffix("/next") else { return .last(Array(accepted.utf8)) }
      let index = next.withLock { index in
        defer { index += 1 }
        return index
      }
      return .text(index < 3 ? event("{}", id: "id-\(index)") : broken)
    }
    defer { api.stop() }
    _ = await drive(Closure.echo, at: api.endpointText)
    #expect(api.requests(to: "/response").count == 3)
  }

  @Test func `an end without any answer, again and again, is a failure and no loop`() async {
    let api = FakeRuntimeAPI { _, _ in .close }
    defer { api.stop() }
    let outcome = await drive(Closure.echo, at: api.endpointText)
    #expect(outcome.end == .failed)
    #expect(api.connections <= 2)
  }

  @Test func `an answer to a response that never comes is given up`() async {
    let next = Mutex(0)
    let api = FakeRuntimeAPI { request, _ in
      guard request.path.hasSuffix("/next") else { return .silence }
      let isFirst = next.withLock { index in
        defer { index += 1 }
        return index == 0
      }
      return .text(isFirst ? event("{}") : broken)
    }
    defer { api.stop() }
    let outcome = await drive(Closure.echo, at: api.endpointText)
    #expect(outcome.end == .failed)
    #expect(outcome.lines.count == 2, "\(outcome.lines)")
    #expect(outcome.lines.first?.contains("does not answer") == true)
  }

  @Test func `waits for an event longer than for any answer`() async throws {
    let next = Mutex(0)
    let api = FakeRuntimeAPI { request, _ in
      guard request.path.hasSuffix("/next") else { return .text(accepted) }
      let isFirst = next.withLock { index in
        defer { index += 1 }
        return index == 0
      }
      if isFirst {
        Pause.sleep(.milliseconds(900))  // three times the test's patience
        return .text(event("{}"))
      }
      return .text(broken)
    }
    defer { api.stop() }
    _ = await drive(Closure.echo, at: api.endpointText)
    #expect(api.requests(to: "/response").count == 1)
  }

  @Test func `random servers never make it hang, spin or end in silence`() async {
    let seed = UInt64(Project.runsEverything ? UInt32.random(in: 0...UInt32.max) : 20_26)
    let count = UInt64(Project.runsEverything ? 10_000 : 400)
    // Most of a run is spent waiting, so several go on at a time.
    await withTaskGroup { group in
      for lane in 0..<8 as Range<UInt64> {
        group.addTask {
          for number in stride(from: lane, to: count, by: 8) { await check(seed: seed &+ number) }
        }
      }
    }
  }

  private func check(seed: UInt64) async {
    let behaviour = RandomServer(seed: seed)
    let api = FakeRuntimeAPI { request, index in behaviour.answer(request, index) }
    defer { api.stop() }
    let quick = RuntimeClient.Patience(stall: .milliseconds(20), pauses: [.milliseconds(1)])
    let outcome = await drive(
      Closure.echo, at: api.endpointText, patience: quick, within: .seconds(30))
    #expect(outcome.end == .failed, "seed \(seed): \(api.requests.last?.line ?? "no request")")
    #expect(!outcome.lines.isEmpty, "seed \(seed)")
    #expect(api.requests.count <= 64, "seed \(seed)")
  }
}

/// A server that does legal and illegal things, the same ones for one seed; it ends with a 500.
private struct RandomServer: Sendable {
  let seed: UInt64

  func answer(_ request: FakeRequest, _ index: Int) -> FakeReply {
    var random = SplitMix(state: seed &* 1_000_003 &+ UInt64(index))
    guard index < 24 else { return .text(broken) }
    if request.path.hasSuffix("/next"), random.next() % 3 != 0 {
      return .bytes(Array(event("{}", id: "id-\(index)").utf8), pieces: piece(&random))
    }
    switch random.next() % 12 {
    case 0: return .close
    case 1: return request.path.hasSuffix("/next") ? .text(broken) : .silence
    case 2: return .bytes(noise(&random))
    case 3: return .last(noise(&random))
    case 4: return .last(Array(event("{}").utf8.prefix(Int(random.next() % 200))))
    case 5: return .bytes(mutated(event("{}"), &random), pieces: piece(&random))
    case 6: return .bytes(mutated(accepted, &random), pieces: piece(&random))
    case 7: return .text(refusal([400, 403, 410, 413, 500][Int(random.next() % 5)], "Nope"))
    case 8: return .text(accepted + accepted)
    case 9: return .last(Array(accepted.utf8))
    default: return .bytes(Array(accepted.utf8), pieces: piece(&random))
    }
  }

  private func piece(_ random: inout SplitMix) -> Int {
    random.next() % 2 == 0 ? .max : Int(random.next() % 40) + 1
  }

  /// Never nothing and never a blank line: to wait on after those is right (RFC 9112 §2.2).
  private func noise(_ random: inout SplitMix) -> [UInt8] {
    [UInt8(ascii: "!")]
      + (0..<random.next() % 300).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  private func mutated(_ text: String, _ random: inout SplitMix) -> [UInt8] {
    var bytes = Array(text.utf8)
    let index = Int(random.next() % UInt64(bytes.count))
    bytes[index] = UInt8(truncatingIfNeeded: random.next())
    // An informational answer is followed by another one, for which to wait is right, too.
    if bytes[9] == UInt8(ascii: "1") { bytes[9] = UInt8(ascii: "9") }
    if bytes[0] == 0x0A || bytes[0] == 0x0D { bytes[0] = UInt8(ascii: "h") }
    return bytes
  }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
