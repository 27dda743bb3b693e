/// Takes events, has them handled, gives the answers back: one at a time, until the end.
struct RunLoop {
  /// How a loop ended.
  enum End: Equatable {
    /// The process is to stop: exit 0.
    case stopped
    /// The Runtime API is gone or talks nonsense: exit 1. It has been logged.
    case failed
  }

  let client: RuntimeClient
  let handler: any RawHandler
  let lifecycle: Lifecycle
  let log: Log
  let host: String
  /// Set for each invocation; nil when several loops share the environment.
  let traceVariable: TraceVariable?
  /// Called once, after the first `/next` has been sent.
  let isReady: @Sendable () -> Void

  func run() async -> End {
    var isFirst = true
    while !lifecycle.isStopping {
      let answer: Response
      let invocation: Invocation
      do throws(RuntimeFailure) {
        answer = try isFirst ? client.next(asked: isReady) : client.next()
        guard answer.status == 200 else {
          return refused(answer)
        }
        invocation = try Invocation(head: answer.head, isFirst: isFirst, log: log)
      } catch {
        log.error("no event", ["reason": .string(error.description)])
        return .failed
      }
      isFirst = false
      lifecycle.begin()
      await handle(answer.body, invocation)
      lifecycle.end()
    }
    return .stopped
  }

  private func handle(_ event: [UInt8], _ invocation: Invocation) async {
    traceVariable?.set(invocation.traceID)
    let stream = ResponseStream(client: client, invocation: invocation, host: host)
    do {
      try await handler.handle(event, stream, invocation)
      stream.finish()
    } catch {
      stream.fail(error)
    }
  }

  private func refused(_ answer: Response) -> End {
    log.error(
      "no event",
      [
        "reason": "the Runtime API refuses to give one", "status": .integer(answer.status),
        "body": .string(String(decoding: answer.body.prefix(1024), as: UTF8.self)),
      ])
    return .failed
  }
}
