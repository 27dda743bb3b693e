import Synchronization

/// The part of a streamed request body that has been made but not sent.
final class UploadBuffer: Sendable {
  private struct State {
    var bytes: [UInt8] = []
    var sent = 0
    var isComplete = false
    /// libcurl asked for bytes when there were none.
    var isStarved = false
    var isClosed = false
    var failure: NetworkError?
    var producer: CheckedContinuation<Void, Never>?
  }

  /// What there is to send now.
  enum Portion: Equatable {
    case bytes(Int)
    case end
    case later
    case failed
  }

  private static let limit = 64 << 10
  private let state = Mutex(State())

  var failure: NetworkError? { state.withLock { $0.failure } }

  /// Adds a piece and waits until less than the limit is left unsent. False when it is in vain.
  func add(_ piece: [UInt8], wake: () -> Void) async -> Bool {
    let (isStarved, isFull) = state.withLock { state in
      state.bytes += piece
      let isStarved = state.isStarved
      state.isStarved = false
      return (isStarved, state.bytes.count - state.sent > UploadBuffer.limit)
    }
    if isStarved { wake() }
    if isFull { await drained() }
    return state.withLock { !$0.isClosed }
  }

  func complete(wake: () -> Void) {
    let isStarved = state.withLock { state in
      state.isComplete = true
      return state.isStarved
    }
    if isStarved { wake() }
  }

  func fail(_ error: NetworkError, wake: () -> Void) {
    state.withLock { $0.failure = error }
    wake()
  }

  /// Nothing more will be taken.
  func close() {
    let producer = state.withLock { state in
      state.isClosed = true
      state.bytes = []
      state.sent = 0
      let producer = state.producer
      state.producer = nil
      return producer
    }
    producer?.resume()
  }

  /// Moves bytes into libcurl's buffer.
  func take(into target: UnsafeMutableRawBufferPointer) -> Portion {
    let (portion, producer) = state.withLock { state in
      let none: CheckedContinuation<Void, Never>? = nil
      guard state.failure == nil else { return (Portion.failed, none) }
      let count = min(state.bytes.count - state.sent, target.count)
      guard count > 0 else {
        state.isStarved = !state.isComplete
        return (state.isComplete ? .end : .later, none)
      }
      state.bytes[state.sent..<state.sent + count].withUnsafeBytes { target.copyMemory(from: $0) }
      state.sent += count
      if state.sent == state.bytes.count {
        state.bytes.removeAll(keepingCapacity: true)
        state.sent = 0
      }
      guard state.bytes.count - state.sent <= UploadBuffer.limit else {
        return (.bytes(count), none)
      }
      let producer = state.producer
      state.producer = nil
      return (.bytes(count), producer)
    }
    producer?.resume()
    return portion
  }

  private func drained() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isReady = state.withLock { state in
          if state.isClosed || state.bytes.count - state.sent <= UploadBuffer.limit { return true }
          state.producer = continuation
          return false
        }
        if isReady { continuation.resume() }
      }
    } onCancel: {
      close()
    }
  }
}
