/// Every limit of this module. Lambda's own stand with their source; the others are ours.
package struct LambdaLimits: Sendable {
  /// Lambda quotas: 6 MB synchronous, plus 100 bytes of leeway (RAPID).
  package var response = 6 * 1024 * 1024 + 100
  package var event = 6 * 1024 * 1024
  /// Lambda quotas: 1 MB asynchronous.
  package var asynchronousEvent = 1024 * 1024
  /// Lambda quotas: streamed response.
  package var streamedResponse = 200 * 1024 * 1024
  /// Body of `/error` and `/init/error`.
  package var errorBody = 256 * 1024
  /// Lambda: a runtime has 10 s to reach its first `/next`.
  package var initialisation = Duration.seconds(10)
  /// Log lines are cut here (CloudWatch Logs: 256 KB an event).
  package var logLine = 256 * 1024
  /// `X-Amz-Log-Result` holds the last 4 KB.
  package var logTail = 4096
  /// Sandboxes of one function, unless its reserved concurrency says otherwise (Lambda quotas: 1,000
  /// concurrent executions).
  package var sandboxesPerFunction = 1000
  /// So many are started as soon as an invocation finds all others busy.
  package var eagerSandboxes = 16
  /// Further ones are started for invocations that have waited this long: short work is done sooner by
  /// the sandboxes that there are than by processes of more than the machine has cores.
  package var patience = Duration.milliseconds(20)
  /// So many of these further ones start at a time.
  package var startsAtOnce = 16
  /// Further ones are started while this share of the machine's memory is free.
  package var freeMemory = 0.1
  /// Invocations of one function that wait for a sandbox; more are throttled.
  package var waitingPerFunction = 1000
  /// Events of asynchronous invocations that wait or run.
  package var asynchronousEvents = 1000
  /// Further attempts after a failed asynchronous one (Lambda: 2).
  package var asynchronousRetries = 2
  /// Lambda waits 1 and 2 minutes; on a desk that helps nobody.
  package var asynchronousRetryDelay = Duration.seconds(1)
  /// A sandbox without work for this long is ended.
  package var idle = Duration.seconds(300)
  /// After a failed start: this, doubled with each further failure, up to the second.
  package var firstBackOff = Duration.milliseconds(100)
  package var longestBackOff = Duration.seconds(5)
  /// A runtime that reported an init error, or got SIGTERM, has this long to exit.
  package var farewell = Duration.milliseconds(300)
  /// Processes of one sandbox (Lambda quotas: 1,024 processes and threads).
  package var processes = 1024
  /// Extensions of one sandbox (Lambda quotas: 10).
  package var extensions = 10
  /// How often memory and deadlines of running sandboxes are looked at.
  package var watchInterval = Duration.milliseconds(20)

  package init() {}
}
