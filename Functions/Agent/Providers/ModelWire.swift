package import Network

/// How one provider spells requests, answers and refusals.
package protocol ModelWire: Sendable {
  associatedtype Answer: ModelAnswer

  /// For logs: `openai`.
  var provider: String { get }

  /// The request of one round, with its key or signature.
  func request(for request: ModelRequest) async throws -> ClientRequest

  /// Reads a streamed answer from its first byte.
  func answer() -> Answer

  /// What an answer with another status than 2xx means. `now` is Unix seconds.
  func refusal(_ response: ClientResponse, now: Double) -> ModelError
}

/// Turns the bytes of a streamed answer into events, in pieces of any size.
package protocol ModelAnswer: Sendable {
  mutating func receive(_ bytes: [UInt8]) throws(ModelError) -> [ModelEvent]

  /// No more bytes will come. Throws when the provider's own end marker is missing.
  mutating func end() throws(ModelError) -> [ModelEvent]
}

/// Reads the `data` of server-sent events, one after the other.
package protocol EventReader: Sendable {
  mutating func receive(_ event: ServerSentEvent) throws(ModelError) -> [ModelEvent]
  mutating func end() throws(ModelError) -> [ModelEvent]
}

/// An answer that arrives as server-sent events.
package struct EventAnswer<Reader: Sendable>: Sendable {
  private var events = ServerSentEvents()
  private var reader: Reader

  init(_ reader: Reader) {
    self.reader = reader
  }
}

extension EventAnswer: ModelAnswer where Reader: EventReader {
  package mutating func receive(_ bytes: [UInt8]) throws(ModelError) -> [ModelEvent] {
    let complete: [ServerSentEvent]
    do {
      complete = try events.receive(bytes)
    } catch {
      throw .malformed("an event is longer than \(error.limit) bytes")
    }
    var events: [ModelEvent] = []
    for event in complete { events += try reader.receive(event) }
    return events
  }

  package mutating func end() throws(ModelError) -> [ModelEvent] { try reader.end() }
}
