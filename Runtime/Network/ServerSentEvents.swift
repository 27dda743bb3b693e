/// An event of a `text/event-stream`.
package struct ServerSentEvent: Sendable, Equatable {
  /// The `event` field; `message` when there is none.
  package let name: String
  /// The `data` lines, joined by line feeds.
  package let data: String
  /// The last `id` of the stream up to here; empty when there was none.
  package let id: String

  package init(name: String = "message", data: String, id: String = "") {
    self.name = name
    self.data = data
    self.id = id
  }
}

/// An event is longer than its limit.
package struct EventTooLong: Error, Equatable {
  package let limit: Int

  package init(limit: Int) { self.limit = limit }
}

/// Reads server-sent events from bytes in pieces of any size.
///
/// Source: WHATWG HTML, 9.2.6 "Interpreting an event stream". Lines end with CR LF, LF or CR. What
/// stands behind the last empty line when the stream ends is no event.
package struct ServerSentEvents: Sendable {
  private let limit: Int
  private var line: [UInt8] = []
  private var data: [UInt8] = []
  private var hasData = false
  private var name = ""
  private var id = ""
  private var lastWasCR = false
  private var isFirstLine = true
  /// What the server asked for between two connections.
  package private(set) var reconnection: Duration?

  /// - Parameter limit: Bytes of an event's data, and of a line, at the most.
  package init(limit: Int = 1 << 20) {
    self.limit = limit
  }

  /// Takes more bytes; the events they complete.
  package mutating func receive(
    _ bytes: [UInt8]
  ) throws(EventTooLong) -> [ServerSentEvent] {
    var events: [ServerSentEvent] = []
    var rest = bytes[...]
    if lastWasCR, let first = rest.first {
      lastWasCR = false
      if first == 0x0A { rest = rest.dropFirst() }
    }
    while let end = rest.firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) {
      try append(rest[..<end])
      let isCR = rest[end] == 0x0D
      rest = rest[rest.index(after: end)...]
      if isCR {
        lastWasCR = rest.isEmpty
        if rest.first == 0x0A { rest = rest.dropFirst() }
      }
      if let event = try endLine() { events.append(event) }
    }
    try append(rest)
    return events
  }

  private mutating func append(_ bytes: ArraySlice<UInt8>) throws(EventTooLong) {
    guard line.count + bytes.count <= limit else { throw EventTooLong(limit: limit) }
    line.append(contentsOf: bytes)
  }

  private mutating func endLine() throws(EventTooLong) -> ServerSentEvent? {
    defer { line.removeAll(keepingCapacity: true) }
    if isFirstLine {
      isFirstLine = false
      if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
    }
    guard !line.isEmpty else { return dispatch() }
    let colon = line.firstIndex(of: 0x3A) ?? line.endIndex
    guard colon > 0 else { return nil }  // a comment
    var value = line[min(colon + 1, line.endIndex)...]
    if value.first == 0x20 { value = value.dropFirst() }
    switch String(decoding: line[..<colon], as: UTF8.self) {
    case "data":
      guard data.count + value.count < limit else { throw EventTooLong(limit: limit) }
      if hasData { data.append(0x0A) }
      hasData = true
      data.append(contentsOf: value)
    case "event": name = String(decoding: value, as: UTF8.self)
    case "id" where !value.contains(0): id = String(decoding: value, as: UTF8.self)
    case "retry" where !value.isEmpty && value.allSatisfy({ (0x30...0x39).contains($0) }):
      reconnection = Int(String(decoding: value, as: UTF8.self)).map { .milliseconds($0) }
    default: break
    }
    return nil
  }

  private mutating func dispatch() -> ServerSentEvent? {
    defer {
      data.removeAll(keepingCapacity: true)
      hasData = false
      name = ""
    }
    guard hasData else { return nil }
    return ServerSentEvent(
      name: name.isEmpty ? "message" : name, data: String(decoding: data, as: UTF8.self), id: id)
  }
}

extension StreamedResponse {
  /// The body as server-sent events.
  package func events(limit: Int = 1 << 20) -> ServerSentEventSequence {
    ServerSentEventSequence(body: body, limit: limit)
  }
}

/// The events of an answer as they come.
package struct ServerSentEventSequence: AsyncSequence, Sendable {
  package typealias Element = ServerSentEvent
  package typealias Failure = any Error

  fileprivate let body: ResponseBody
  fileprivate let limit: Int

  package struct AsyncIterator: AsyncIteratorProtocol {
    private var bytes: ResponseBody.AsyncIterator
    private var parser: ServerSentEvents
    private var waiting: ArraySlice<ServerSentEvent> = []

    fileprivate init(_ sequence: ServerSentEventSequence) {
      bytes = sequence.body.makeAsyncIterator()
      parser = ServerSentEvents(limit: sequence.limit)
    }

    package mutating func next() async throws -> ServerSentEvent? {
      while waiting.isEmpty {
        guard let piece = try await bytes.next() else { return nil }
        waiting = try parser.receive(piece)[...]
      }
      return waiting.removeFirst()
    }
  }

  package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }
}
