import Testing

@testable import Agent

@Suite struct OutboxTests {
  private func drain(_ outbox: Outbox) async -> [TurnEvent] {
    var events: [TurnEvent] = []
    while let event = await outbox.next() { events.append(event) }
    return events
  }

  private func text(_ events: [TurnEvent]) -> String {
    events.map { if case .chunk(_, let text) = $0 { text } else { "|" } }.joined()
  }

  @Test func `gives a first small piece at once`() async throws {
    let outbox = Outbox()
    try await outbox.add("Hi")
    #expect(await outbox.next() == .chunk(index: 0, text: "Hi"))
    try await outbox.add("!")
    outbox.close()
    #expect(await outbox.next() == .chunk(index: 1, text: "!"))
    #expect(await outbox.next() == nil)
  }

  @Test func `makes fewer, larger chunks of what has gathered`() async throws {
    let outbox = Outbox()
    let answer = String(repeating: "語る ", count: 1_500)
    for character in answer { try await outbox.add(String(character)) }
    outbox.close()
    let events = await drain(outbox)
    #expect(text(events) == answer)
    #expect((4...30).contains(events.count))
    for case .chunk(_, let piece) in events { #expect(piece.utf8.count <= Outbox.longestChunk) }
  }

  @Test func `keeps tool steps where they happened`() async throws {
    let outbox = Outbox()
    let step = ToolStep(number: 0, name: "x", arguments: "{}", status: .done)
    try await outbox.add("before")
    outbox.add(step)
    try await outbox.add("after")
    outbox.close()
    #expect(
      await drain(outbox) == [
        .chunk(index: 0, text: "before"), .tool(step), .chunk(index: 1, text: "after"),
      ])
  }

  @Test func `lets the model's side wait while it is full`() async throws {
    let outbox = Outbox()
    let piece = String(repeating: "x", count: 10_000)
    let sender = Task {
      for _ in 0..<40 { try await outbox.add(piece) }
      outbox.close()
    }
    let total = text(await drain(outbox)).utf8.count
    try await sender.value
    #expect(total == 400_000)
  }

  @Test func `ends both sides when they are cancelled`() async {
    let full = Outbox()
    let sender = Task { try await full.add(String(repeating: "x", count: Outbox.capacity + 1)) }
    sender.cancel()
    await #expect(throws: CancellationError.self) { try await sender.value }
    let empty = Outbox()
    let receiver = Task { await empty.next() }
    receiver.cancel()
    #expect(await receiver.value == nil)
  }
}
