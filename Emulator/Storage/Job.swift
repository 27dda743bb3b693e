/// A piece of work and the task that waits for its result.
class Job: @unchecked Sendable {
  /// Whether the job throws, if at all, before its first change.
  let checksFirst: Bool

  init(checksFirst: Bool) { self.checksFirst = checksFirst }

  // Why unchecked: a job is made by one thread, handed over through a `WorkQueue`, and from then on
  // touched by the thread that took it alone.

  /// Does the work and keeps its result; true when it did not throw.
  func run(_ connection: Connection) -> Bool { false }

  /// Gives the result to whoever waits, or `failure` in its place.
  func finish(_ failure: (any Error)?) {}
}

final class TypedJob<T: Sendable>: Job, @unchecked Sendable {
  // Why unchecked: as its base class.
  private let body: @Sendable (Connection) throws -> T
  private let continuation: UnsafeContinuation<T, any Error>
  private var result: Result<T, any Error> = .failure(DatabaseError.closed)

  init(
    _ body: @escaping @Sendable (Connection) throws -> T,
    _ continuation: UnsafeContinuation<T, any Error>, checksFirst: Bool = false
  ) {
    self.body = body
    self.continuation = continuation
    super.init(checksFirst: checksFirst)
  }

  override func run(_ connection: Connection) -> Bool {
    result = Result { try body(connection) }
    if case .success = result { return true }
    return false
  }

  override func finish(_ failure: (any Error)?) {
    if let failure {
      continuation.resume(throwing: failure)
    } else {
      continuation.resume(with: result)
    }
  }
}
