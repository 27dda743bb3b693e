import Foundation

/// A new folder (0700) that is gone when the scope ends.
package func withTemporaryFolder<Result>(
  _ body: (_ path: String) async throws -> Result
) async throws -> Result {
  let path = FileManager.default.temporaryDirectory.path + "/martlet-test-\(UUID().uuidString)"
  try FileManager.default.createDirectory(
    atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try await body(path)
}

/// What ``eventually(within:_:)`` throws when the condition did not come true in time.
package struct NotInTime: Error, CustomStringConvertible {
  package let waited: Duration
  package var description: String { "the condition did not come true within \(waited)" }
}

/// Waits for a condition, looking every few milliseconds.
///
/// - Throws: ``NotInTime`` when `limit` has passed, or what the condition throws.
package func eventually(
  within limit: Duration = .seconds(30), _ condition: () async throws -> Bool
) async throws {
  let clock = ContinuousClock()
  let end = clock.now + limit
  while try await !condition() {
    guard clock.now < end else { throw NotInTime(waited: limit) }
    try await Task.sleep(for: .milliseconds(5))
  }
}

/// Whether a process has ended. One that waits for its parent to take note of its end has: a process
/// whose parent is gone may stay so for good, where process 1 takes no note of what it inherits.
package func hasEnded(_ pid: Int32) -> Bool {
  guard kill(pid, 0) == 0 else { return true }
  guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else {
    return true
  }
  // The name, which may hold anything, stands in parentheses in front of the state.
  let state = status.split(separator: ")").last?.first { $0 != " " }
  return state == "Z" || state == "X"
}
