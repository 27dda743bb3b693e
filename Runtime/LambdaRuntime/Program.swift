import Glibc

/// The program around the run loop: environment in, exit code out.
///
/// Nothing here, nor in what it calls, may read JSON or look up a name of another service before
/// the first `/next`: cold starts are paid for by each new sandbox.
enum Program {
  static func run(_ make: (String?) throws -> Function) -> Never {
    Termination.block()
    signal(SIGPIPE, SIG_IGN)
    let environment = RuntimeEnvironment.process
    let log = environment.log
    guard let endpoint = environment.endpoint else {
      log.fatal(
        InitFailure.setting(
          name: "AWS_LAMBDA_RUNTIME_API", value: environment["AWS_LAMBDA_RUNTIME_API"] ?? "",
          wanted: "host:port of the Runtime API"))
      exit(1)
    }
    let client = RuntimeClient(endpoint: endpoint)
    let function: Function
    let concurrency: Int
    do {
      concurrency = try environment.concurrency()
      function = try make(environment["_HANDLER"])
    } catch {
      reportInit(error, to: client, at: endpoint, log)
    }
    let worker = Worker(
      endpoint: endpoint, function: function, log: log, environment: environment,
      concurrency: concurrency)
    exit(worker.run(first: client) == .stopped ? 0 : 1)
  }

  /// Ends the process with what is buffered written out; no other clean-up is needed.
  static func exit(_ code: Int32) -> Never {
    fflush(nil)
    _exit(code)
  }

  private static func reportInit(
    _ error: any Error, to client: RuntimeClient, at endpoint: Endpoint, _ log: Log
  ) -> Never {
    log.fatal(error)
    let report = ErrorReport(error)
    let request = RequestText(.post, "/2018-06-01/runtime/init/error", host: endpoint.text)
      .field("Content-Type", "application/json")
      .field("Lambda-Runtime-Function-Error-Type", report.type)
    _ = try? client.post(request, body: report.body)
    exit(1)
  }
}

/// What a process runs.
struct Function: Sendable {
  let handler: any RawHandler
  /// Done once, beside the wait for the first event.
  var prepare: (@Sendable () -> Void)?
}

/// The run loops of a process: one, or as many as Lambda wants at a time.
struct Worker: Sendable {
  let endpoint: Endpoint
  let function: Function
  let log: Log
  let environment: RuntimeEnvironment
  let concurrency: Int
  let lifecycle = Lifecycle()

  /// Runs until the first loop ends; the calling thread drives the first one.
  func run(first client: RuntimeClient) -> RunLoop.End {
    let shutdown = ShutdownExtension(endpoint: endpoint)
    let identifier = environment.hasExtensions ? shutdown.register(with: client) : nil
    for _ in 1..<concurrency {
      Thread.start {
        let end = drive(RuntimeClient(endpoint: endpoint), isReady: {})
        if end == .failed { Program.exit(1) }
      }
    }
    return drive(client) { [prepare = function.prepare] in
      if let prepare { Thread.start(prepare) }
      Thread.start {
        let parked = RuntimeClient(endpoint: endpoint)
        if let identifier { shutdown.park(as: identifier, on: parked) }
        Termination.wait()
        lifecycle.stop()
      }
    }
  }

  private func drive(
    _ client: RuntimeClient, isReady: @escaping @Sendable () -> Void
  ) -> RunLoop.End {
    let loop = RunLoop(
      client: client, handler: function.handler, lifecycle: lifecycle, log: log,
      host: endpoint.text,
      traceVariable: concurrency == 1 ? TraceVariable() : nil, isReady: isReady)
    return LoopExecutor().run(loop, started: lifecycle.add)
  }
}

extension Log {
  /// Writes why the process cannot go on.
  fileprivate func fatal(_ error: any Error) {
    let report = ErrorReport(error)
    write(
      .fatal, "init failed",
      ["errorType": .string(report.type), "errorMessage": .string(report.message)])
  }
}
