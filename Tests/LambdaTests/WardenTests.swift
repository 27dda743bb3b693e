import Foundation
import Glibc
import Server
import Support
import Synchronization
import Testing

@testable import Lambda

@Suite(.serialized) struct WardenTests {
  @Test func `reports how a process ended`() async throws {
    try await withWarden { warden in
      #expect(await warden.run("exit 7") == .status(7))
      #expect(await warden.run("kill -15 $$") == .signal(15))
    }
  }

  @Test func `says why a process could not be started`() async throws {
    try await withWarden { warden in
      #expect(await warden.failure(of: "/nowhere/program", in: "/") == ENOENT)
      #expect(await warden.failure(of: "/etc/passwd", in: "/") == EACCES)
      #expect(await warden.failure(of: "/bin/sh", in: "/nowhere") == ENOENT)
      #expect(await warden.failure(of: "/bin/sh\0", in: "/") == EINVAL)
    }
  }

  @Test func `refuses an environment that is too large`() async throws {
    try await withWarden { warden in
      let large = "A=" + String(repeating: "x", count: 200_000)
      #expect(await warden.failure(of: "/bin/sh", in: "/", environment: [large]) == E2BIG)
    }
  }

  @Test func `takes more at once than its socket holds`() async throws {
    // The loop asks for them all before it hears of the first: both ends of the socket are full.
    try await withWarden { warden in
      #expect(await warden.failTogether(1_000, "/nowhere/program") == 1_000)
    }
  }

  @Test func `ends a whole group with its first process`() async throws {
    try await withTemporaryFolder { folder in
      try await withWarden { warden in
        #expect(await warden.run("sleep 300 & echo $! > \(folder)/pid") == .status(0))
        let pid = try #require(number(in: folder + "/pid"))
        try await eventually { hasEnded(pid) }
      }
    }
  }

  @Test func `ends what left its group, when its sandbox ends`() async throws {
    try await withTemporaryFolder { folder in
      try await withWarden { warden in
        let script = "setsid sh -c 'echo $$ > \(folder)/pid; exec sleep 300' & "
        _ = await warden.run(script + "while ! [ -s \(folder)/pid ]; do sleep 0.01; done")
        let pid = try #require(number(in: folder + "/pid"))
        try await eventually { hasEnded(pid) }
      }
    }
  }

  @Test func `ends everything when the emulator is gone`() async throws {
    // The warden notices the emulator's death by the end of its socket, which `close` causes, too.
    try await withTemporaryFolder { folder in
      let warden = try TestWarden()
      let group = "sleep 300 & echo $! > \(folder)/group; "
      let stray = "setsid sh -c '(sleep 300 & echo $! > \(folder)/stray)' & wait"
      warden.start("trap '' TERM INT HUP; " + group + stray)
      let files = [folder + "/group", folder + "/stray"]
      try await eventually { files.allSatisfy { number(in: $0) != nil } }
      let pids = files.compactMap { number(in: $0) }
      await warden.close()
      for pid in pids { #expect(hasEnded(pid)) }
    }
  }

  /// Nil until the number is written.
  private func number(in file: String) -> pid_t? {
    (try? String(contentsOfFile: file, encoding: .utf8)).flatMap {
      pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines))
    }
  }
}

private func withWarden(_ body: (TestWarden) async throws -> Void) async throws {
  let warden = try TestWarden()
  var failure: (any Error)?
  do { try await body(warden) } catch { failure = error }
  await warden.close()
  if let failure { throw failure }
}

/// A warden on a loop of its own, for use from outside the loop.
private final class TestWarden: Sendable {
  private let loop: EventLoop
  private let warden: Warden

  init() throws {
    loop = try EventLoop(name: "warden")
    warden = Warden(loop: loop)
  }

  /// Runs a shell script to its end.
  func run(_ script: String) async -> ProcessExit.Cause? {
    await events(of: program("/bin/sh", ["sh", "-c", script])) { event in
      if case .exited(let exit) = event { exit.cause } else { nil }
    }
  }

  func start(_ script: String) {
    let program = program("/bin/sh", ["sh", "-c", script])
    loop.execute { self.spawn(program) { _ in } }
  }

  /// Asks for so many processes of a program that is not there, in one turn of the loop; how often the
  /// warden said so.
  func failTogether(_ count: Int, _ path: String) async -> Int {
    await withCheckedContinuation { continuation in
      loop.execute {
        let answers = Answers()
        for _ in 0..<count {
          self.spawn(self.program(path, [path])) { event in
            answers.all += 1
            if case .failed(ENOENT) = event { answers.expected += 1 }
            if answers.all == count { continuation.resume(returning: answers.expected) }
          }
        }
      }
    }
  }

  private final class Answers {
    var all = 0
    var expected = 0
  }

  func failure(
    of path: String, in folder: String, environment: [String] = []
  ) async -> Int32? {
    await events(of: program(path, [path], folder, environment)) { event in
      if case .failed(let code) = event { code } else { nil }
    }
  }

  func close() async {
    await withCheckedContinuation { done in
      loop.execute { self.warden.close { done.resume() } }
    }
    loop.end()
  }

  private func program(
    _ path: String, _ arguments: [String], _ folder: String = "/", _ environment: [String] = []
  ) -> Warden.Program {
    Warden.Program(
      tag: "TAG=\(UUID().uuidString)", folder: folder, path: path, arguments: arguments,
      environment: ["PATH=/usr/bin:/bin"] + environment)
  }

  private func events<T: Sendable>(
    of program: Warden.Program, _ pick: @escaping @Sendable (Warden.Event) -> T?
  ) async -> T? {
    await withCheckedContinuation { continuation in
      loop.execute {
        self.spawn(program) { event in
          if let value = pick(event) { continuation.resume(returning: value) }
        }
      }
    }
  }

  private func spawn(_ program: Warden.Program, hear: @escaping (Warden.Event) -> Void) {
    var program = program
    program.environment.append(program.tag)
    let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
    defer { Glibc.close(null) }
    warden.spawn(warden.newID(), program, output: null, hear: hear)
  }
}
