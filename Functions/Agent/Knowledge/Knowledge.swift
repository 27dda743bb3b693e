/// The index of an assistant's knowledge, loaded at first use and again when a newer one is there.
///
/// Several turns that need it at once share one load. When a newer one cannot be had, the one at hand
/// is used: `isStale` says so.
package actor Knowledge {
  /// What a load brings: the file and the tag that a later load compares with.
  package struct File: Sendable {
    package var bytes: [UInt8]
    package var tag: String

    package init(bytes: [UInt8], tag: String) {
      self.bytes = bytes
      self.tag = tag
    }
  }

  /// The index as it is now.
  package struct State: Sendable {
    package var index: SearchIndex
    package var tag: String
    /// The last look for a newer one failed, in whole or in part.
    package var isStale = false

    package init(index: SearchIndex, tag: String, isStale: Bool = false) {
      self.index = index
      self.tag = tag
      self.isStale = isStale
    }
  }

  private let interval: Duration
  private let load: @Sendable (_ tag: String?) async throws -> State?
  private var state: State?
  private var checked: ContinuousClock.Instant?
  private var loading: Task<State, any Error>?

  /// An index is used for `interval` before the next look for a newer one. `load` brings the file,
  /// or nil when its tag is still the given one.
  package init(
    checkEvery interval: Duration,
    load: @escaping @Sendable (_ tag: String?) async throws -> File?
  ) {
    self.init(
      checkEvery: interval,
      states: { tag in
        guard let file = try await load(tag) else { return nil }
        var segment = try IndexSegment(IndexBytes(file.bytes))
        segment.name = file.tag
        return State(index: SearchIndex([segment]), tag: file.tag)
      })
  }

  /// `states` brings the newest index, or nil when its tag is still the given one.
  package init(
    checkEvery interval: Duration,
    states: @escaping @Sendable (_ tag: String?) async throws -> State?
  ) {
    self.interval = interval
    load = states
  }

  /// The newest index. Throws only when none was ever loaded.
  package func current() async throws -> State {
    if let state, let checked, checked.duration(to: .now) < interval { return state }
    let task = loading ?? Task { [state, load] in try await Self.renew(state, load) }
    loading = task
    do {
      let newest = try await task.value
      finish(task, newest)
      return newest
    } catch {
      finish(task, nil)
      throw error
    }
  }

  private func finish(_ task: Task<State, any Error>, _ newest: State?) {
    guard loading == task else { return }
    loading = nil
    guard let newest else { return }
    state = newest
    checked = .now
  }

  private static func renew(
    _ state: State?, _ load: @Sendable (String?) async throws -> State?
  ) async throws -> State {
    do {
      guard let newest = try await load(state?.tag) else {
        guard let state else { throw IndexError.notAnIndex }
        return State(index: state.index, tag: state.tag)
      }
      return newest
    } catch {
      guard let state else { throw error }
      return State(index: state.index, tag: state.tag, isStale: true)
    }
  }
}
