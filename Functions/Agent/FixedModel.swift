/// Says what is known beforehand, where no model is to be asked.
struct FixedModel: Model {
  let name = "martlet/fixed"
  let words: String

  func stream(
    _ request: ModelRequest, until deadline: ContinuousClock.Instant,
    _ receive: @escaping @Sendable (ModelEvent) async throws -> Void
  ) async throws {
    try await receive(.text(words))
    try await receive(.finish(.stop))
  }
}
