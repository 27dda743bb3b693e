import Glibc

// martlet-bench NAME [PROGRAM…]: measures one thing and prints medians.
let benchmarks: [(name: String, what: String, run: ([String]) throws -> Void)] = [
  ("runtime", "cold start, time and memory of an invocation", RuntimeBenchmark.run),
  ("conversations", "added latency of chunks; conversations.py runs it", ConversationBenchmark.run),
  ("vectors", "search by meaning at 10,000 and 100,000 vectors", VectorBenchmark.run),
]

let arguments = Array(CommandLine.arguments.dropFirst())
guard let name = arguments.first,
  let benchmark = benchmarks.first(where: { $0.name == name })
else {
  print("usage: martlet-bench NAME [PROGRAM...]")
  for benchmark in benchmarks { print("  \(benchmark.name): \(benchmark.what)") }
  exit(2)
}
do {
  try benchmark.run(Array(arguments.dropFirst()))
} catch {
  print("martlet-bench \(name): \(error)")
  exit(1)
}
