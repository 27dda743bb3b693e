import CBench
import Glibc

/// Conversations against a provider of their own: what the stack adds.
///
/// `martlet-bench conversations TALKS CHUNKS` prints the port on which it answers as a provider, reads
/// a line `PORT PATH TOKEN` that tells where the WebSocket API is, and lets all talks run at once. Every
/// chunk carries the moment at which it was written. `TALKS` 1 and `CHUNKS` 0 asks questions one after
/// the other instead. `conversations.py` starts the stack around it.
enum ConversationBenchmark {
  enum Failure: Error {
    case usage
    case noPort(Int32)
    case lost(String)
  }

  /// A provider that writes fast: 50 chunks a second.
  private static let pause: Int64 = 20_000_000
  /// The questions begin within this many nanoseconds of each other, as people's do.
  private static let spread: Int64 = 4_000_000_000
  private static let (warmUp, turns) = (50, 500)

  static func run(_ arguments: [String]) throws {
    guard arguments.count == 2, let talks = Int32(arguments[0]), let chunks = Int32(arguments[1]),
      talks > 0, chunks >= 0
    else { throw Failure.usage }
    var port: UInt16 = 0
    let listener = bench_provider(&port)
    guard listener >= 0 else { throw Failure.noPort(errno) }
    print(port)
    fflush(nil)
    let words = (readLine() ?? "").split(separator: " ").map(String.init)
    guard words.count == 3, let gateway = UInt16(words[0]) else { throw Failure.usage }
    var result = bench_talks()
    if chunks == 0 {
      bench_turns_run(
        listener, gateway, words[1], words[2], Int32(warmUp + turns), &result)
    } else {
      bench_talks_run(
        listener, gateway, words[1], words[2], talks, chunks, pause, spread, &result)
    }
    let problem = withUnsafeBytes(of: &result.problem) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    guard problem.isEmpty else { throw Failure.lost(problem) }
    if chunks == 0 {
      let values = UnsafeBufferPointer(start: result.overheads, count: Int(result.turns))
      show("overhead of a warm turn", values.dropFirst(warmUp).map { $0 })
    } else {
      print("\(talks) conversations, \(result.chunks) chunks in \(result.frames) frames, none lost")
      let values = UnsafeBufferPointer(start: result.latencies, count: result.chunks)
      show("added latency", Array(values))
    }
  }

  private static func show(_ name: String, _ nanoseconds: [Int64]) {
    let figures = Figures(nanoseconds.map { Double($0) / 1_000_000 })
    let shares = [("median", 0.5), ("p90", 0.9), ("p99", 0.99), ("most", 1)]
    let texts = shares.map { "\($0) \(text(figures.quantile($1), digits: 2))" }
    print("\(name) in ms: \(texts.joined(separator: "  "))")
  }
}
