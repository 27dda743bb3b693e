import Synchronization

/// Carries a turn's events from the model's side to the receiver's, in order.
///
/// The receiver decides the pace: while it is busy with one event, text gathers and becomes one larger
/// chunk. A fast receiver gets small pieces as they come, a slow one few large ones. The buffer is
/// bounded: when it is full, the model's side waits.
final class Outbox: Sendable {
  /// Bytes of UTF-8 in a chunk: with every byte escaped (6 for 1) still under a frame's 32 KB.
  static let longestChunk = 4 * 1024
  /// A long backlog goes out in about this many chunks, never in pieces under `shortestChunk`.
  private static let chunksOfBacklog = 4
  private static let shortestChunk = 96
  /// Bytes that may wait.
  static let capacity = 64 * 1024

  private enum Entry {
    case text(String)
    case tool(ToolStep)
  }

  private struct State {
    var entries: [Entry] = []
    var waiting = 0
    var nextIndex = 0
    var isClosed = false
  }

  private let state = Mutex(State())
  private let filled: AsyncStream<Void>
  private let fill: AsyncStream<Void>.Continuation
  private let drained: AsyncStream<Void>
  private let drain: AsyncStream<Void>.Continuation

  init() {
    (filled, fill) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    (drained, drain) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Adds text; waits while the buffer is full. Throws when the task is cancelled meanwhile.
  func add(_ text: String) async throws {
    guard !text.isEmpty else { return }
    state.withLock { state in
      state.waiting += text.utf8.count
      guard case .text(var before)? = state.entries.last else {
        return state.entries.append(.text(text))
      }
      state.entries.removeLast()
      before += text
      state.entries.append(.text(before))
    }
    fill.yield()
    while state.withLock({ $0.waiting > Self.capacity }) {
      for await _ in drained { break }
      try Task.checkCancellation()
    }
  }

  func add(_ step: ToolStep) {
    state.withLock { $0.entries.append(.tool(step)) }
    fill.yield()
  }

  /// Nothing more will come; what waits is still handed out.
  func close() {
    state.withLock { $0.isClosed = true }
    fill.yield()
  }

  /// The next event; nil after the last one, or when the task is cancelled.
  func next() async -> TurnEvent? {
    while true {
      if Task.isCancelled { return nil }
      let (event, isOver) = state.withLock { state in
        (Self.take(&state), state.entries.isEmpty && state.isClosed)
      }
      if let event {
        drain.yield()
        return event
      }
      if isOver { return nil }
      for await _ in filled { break }
    }
  }

  private static func take(_ state: inout State) -> TurnEvent? {
    guard let first = state.entries.first else { return nil }
    switch first {
    case .tool(let step):
      state.entries.removeFirst()
      return .tool(step)
    case .text(let text):
      let size = min(max(shortestChunk, text.utf8.count / chunksOfBacklog), longestChunk)
      let chunk = text.prefix(utf8: size)
      let rest = String(text.dropFirst(utf8: chunk.utf8.count))
      if rest.isEmpty { state.entries.removeFirst() } else { state.entries[0] = .text(rest) }
      state.waiting -= chunk.utf8.count
      defer { state.nextIndex += 1 }
      return .chunk(index: state.nextIndex, text: chunk)
    }
  }
}

extension String {
  fileprivate func dropFirst(utf8 count: Int) -> Substring {
    self[utf8.index(utf8.startIndex, offsetBy: count)...]
  }
}
