import Agent
import Events
import LambdaRuntime

/// `warm`: answers frequent questions anew after a change of the knowledge, from time to time.
///
/// Takes any event. Where nothing has changed it reads a few items and is done.
struct Warm: Handler {
  /// What one answer may take.
  static let patience = Duration.seconds(28)
  private static let reserve = Duration.seconds(2)

  let warming: CacheWarming

  struct Summary: Encodable, Equatable {
    let places: Int
    let changed: Int
    let answered: Int
    let known: Int
    let failed: Int
    let tokens: Int
  }

  func handle(_ event: EventValue, _ invocation: Invocation) async throws -> Summary {
    let done = try await warming.run(until: invocation.deadline - Self.reserve)
    if done.changed > 0 {
      invocation.log.info(
        "cache warmed",
        [
          "places": .integer(done.changed), "answered": .integer(done.answered),
          "known": .integer(done.known), "failed": .integer(done.failed),
          "inputTokens": .integer(done.usage.input), "outputTokens": .integer(done.usage.output),
        ])
    }
    return Summary(
      places: done.places, changed: done.changed, answered: done.answered, known: done.known,
      failed: done.failed, tokens: done.usage.tokens)
  }
}
