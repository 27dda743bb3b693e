/// Runs `operation` to its end even when the calling task is cancelled meanwhile, on the same executor.
///
/// What has begun to be written, or is owed to somebody, must not stop in the middle because an
/// invocation is being ended.
package func uninterrupted<Value: Sendable>(
  _ operation: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  let executor = withUnsafeCurrentTask { $0?.unownedTaskExecutor?.asTaskExecutor() }
  return try await Task(executorPreference: executor, operation: operation).value
}

/// The same for what cannot fail.
package func uninterrupted<Value: Sendable>(
  _ operation: @escaping @Sendable () async -> Value
) async -> Value {
  let executor = withUnsafeCurrentTask { $0?.unownedTaskExecutor?.asTaskExecutor() }
  return await Task(executorPreference: executor, operation: operation).value
}
