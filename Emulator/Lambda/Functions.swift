package import Server

/// All functions of a template, ready to be invoked: Lambda as the rest of the emulator sees it.
package final class Functions: Sendable {
  package let limits: LambdaLimits
  let pools: [String: FunctionPool]
  let asynchronous: AsynchronousInvocations
  private let loop: EventLoop
  private let warden: Warden

  /// Nothing is started yet: sandboxes come with the first invocations.
  package init(
    _ configurations: [FunctionConfiguration], limits: LambdaLimits = LambdaLimits(),
    loop: EventLoop, log sink: @escaping LogSink
  ) {
    self.limits = limits
    self.loop = loop
    let warden = Warden(loop: loop)
    self.warden = warden
    let pools = configurations.map {
      ($0.name, FunctionPool($0, limits: limits, loop: loop, warden: warden, sink: sink))
    }
    self.pools = Dictionary(pools) { _, last in last }
    asynchronous = AsynchronousInvocations(limits: limits, loop: loop, sink: sink)
  }

  package var names: [String] { pools.keys.sorted() }

  package func configuration(of name: String) -> FunctionConfiguration? {
    pools[name]?.configuration
  }

  /// Runs a function and waits for its answer.
  ///
  /// Cancellation ends the waiting, not the function.
  package func invoke(
    _ name: String, _ event: [UInt8], _ options: InvocationOptions = InvocationOptions()
  ) async throws(InvokeError) -> InvocationResult {
    guard event.count <= limits.event else {
      throw .eventTooLarge(size: event.count, limit: limits.event)
    }
    return try await pool(name).invoke(event, options)
  }

  /// Runs a function and gives its response on while it comes. A response that the function does
  /// not stream, and an error, come as the result's payload; `consume` is then never called.
  package func invoke(
    _ name: String, _ event: [UInt8], _ options: InvocationOptions = InvocationOptions(),
    consume: @escaping StreamConsumer
  ) async throws(InvokeError) -> InvocationResult {
    guard event.count <= limits.event else {
      throw .eventTooLarge(size: event.count, limit: limits.event)
    }
    return try await pool(name).invoke(event, options, consume: consume)
  }

  /// Takes an event to be handled later (`Event`): it is tried again twice when it fails. Events
  /// that still wait when the emulator ends are lost, which the log says.
  package func enqueue(
    _ name: String, _ event: [UInt8], _ options: InvocationOptions = InvocationOptions()
  ) async throws(InvokeError) -> InvocationID {
    guard event.count <= limits.asynchronousEvent else {
      throw .eventTooLarge(size: event.count, limit: limits.asynchronousEvent)
    }
    return try await asynchronous.add(event, options, to: pool(name))
  }

  /// Ends all sandboxes: those at work get `grace` to finish. No process is left afterwards.
  package func stop(grace: Duration) async {
    await asynchronous.stop()
    await withDiscardingTaskGroup { group in
      for pool in pools.values {
        group.addTask { await pool.stop(grace: grace) }
      }
    }
    await withCheckedContinuation { done in
      loop.execute { self.warden.close { done.resume() } }
    }
  }

  /// Ends all sandboxes now; for a second Ctrl-C while `stop` waits.
  package func endNow() async {
    for pool in pools.values { await pool.endAll() }
  }

  /// How the functions are doing, sorted by name.
  package func status() async -> [FunctionStatus] {
    var status: [FunctionStatus] = []
    for name in names {
      if let pool = pools[name] { await status.append(pool.status()) }
    }
    return status
  }

  private func pool(_ name: String) throws(InvokeError) -> FunctionPool {
    guard let pool = pools[name] else { throw .unknownFunction(name) }
    return pool
  }
}
