import Agent
import Cloud
import JSON
import LambdaRuntime

/// The way of a turn's events to its client, over as many connections as it takes.
///
/// When the client goes away, the turn goes on without posting for the grace time, and what was said
/// is kept for others to read. A client that comes back leaves a receiver with the last chunk it has;
/// the relay finds it, sends what was missed and then the live rest. Chunks are numbered here: while
/// nobody listens, pieces gather in larger chunks. One frame is under way at a time, so nothing
/// overtakes anything.
///
/// A client of server-sent events comes back to another sandbox, which cannot be sent to: it reads
/// what is kept here, and says again and again that it does.
actor TurnRelay {
  /// Takes an event to a client; throws when the client is gone.
  typealias Listener = @Sendable (TurnEvent) async throws -> Void

  /// How often a turn looks for wishes: to stop, or to go on elsewhere.
  static let lookInterval: Duration = .milliseconds(300)
  /// The same on a machine that has too much to do, where looks would take time from answers.
  static let longestLookInterval: Duration = .seconds(1)
  /// A look that comes late puts off the next one by so many times as much.
  private static let patience = 30
  /// The same while nobody listens.
  static let awayInterval: Duration = .milliseconds(100)
  /// How often what an absent client misses is kept.
  private static let keepInterval: Duration = .seconds(1)
  /// The same while somebody reads it.
  private static let readInterval: Duration = .milliseconds(400)
  /// How long after its last word a reader counts as there.
  private static let readerLife: Duration = .seconds(6)
  private static let longestChunk = 4 * 1024
  /// Clients that come back while the end is written, at the most.
  private static let mostReturns = 8

  private enum Frame {
    case start
    case chunk(Int)
    case tool(ToolStep)
    case end(TurnEvent)
  }

  private let id: String
  private let name: LiveTurnName
  private let message: String
  private let live: any LiveTurns
  private let sender: any FrameSender
  private let grace: Duration

  private var listener: Listener?
  private var awaySince: ContinuousClock.Instant?
  private var hasReader = false
  private var kept: (at: ContinuousClock.Instant, bytes: Int, events: Int)?
  private var served: String?
  private var isOver = false

  private var start: TurnEvent?
  private var chunks: [String] = []
  private var steps: [Int: ToolStep] = [:]
  private var end: TurnEvent?
  private var waiting: [Frame] = []

  private var isBusy = false
  private var line: [CheckedContinuation<Void, Never>] = []

  /// `id` is the client's name for the message, `key` what it is recognised by, `listener` the way to
  /// the client that asked, `grace` how long the turn goes on without one.
  init(
    id: String, key: MessageKey, listener: @escaping Listener, live: any LiveTurns,
    sender: any FrameSender, grace: Duration
  ) {
    self.id = id
    name = LiveTurnName(owner: key.owner, id: id)
    message = key.messageID
    self.listener = listener
    self.live = live
    self.sender = sender
    self.grace = grace
  }

  /// Whether somebody listens now.
  var isAttached: Bool { listener != nil }

  // MARK: The turn's side

  /// Takes an event and sends it, or keeps it while nobody listens. Throws when the grace time is over.
  func take(_ event: TurnEvent) async throws {
    await enter()
    defer { leave() }
    add(event)
    guard listener == nil else { return await flush() }
    if isGraceOver { throw FrameSenderError.gone }
  }

  private func add(_ event: TurnEvent) {
    switch event {
    case .started:
      start = event
      waiting.append(.start)
    case .chunk(_, let text):
      // What nobody was sent yet can still grow.
      if listener == nil, case .chunk(let last)? = waiting.last,
        chunks[last].utf8.count + text.utf8.count <= Self.longestChunk
      {
        chunks[last] += text
        return
      }
      waiting.append(.chunk(chunks.count))
      chunks.append(text)
    case .tool(let step):
      steps[step.number] = step
      waiting.append(.tool(step))
    case .completed, .failed:
      end = event
      waiting.append(.end(event))
    }
  }

  /// Sends what waits, until the client is gone.
  private func flush() async {
    while let next = waiting.first, let listener {
      do {
        // Whole, even when the invocation is being ended: half an event would look like a client that
        // has gone.
        if let event = event(next) { try await uninterrupted { try await listener(event) } }
        waiting.removeFirst()
      } catch {
        self.listener = nil
        awaySince = .now
        // The frame may have arrived although its answer did not: it keeps its number and its text.
        if case .chunk = next { waiting.removeFirst() }
        return
      }
    }
  }

  private func event(_ frame: Frame) -> TurnEvent? {
    switch frame {
    case .start: start
    case .chunk(let index): .chunk(index: index, text: chunks[index])
    case .tool(let step): .tool(step)
    case .end(let event): event
    }
  }

  private var isGraceOver: Bool {
    let patience = hasReader ? max(grace, Self.readerLife) : grace
    return awaySince.map { $0.duration(to: .now) >= patience } ?? false
  }

  // MARK: Wishes

  /// Returns when the turn is to end before its time: the person wants it, or nobody has come back.
  /// A store that fails to answer is no wish; the next look may succeed.
  func watch() async -> TurnInterruption {
    var usual = Self.lookInterval
    while true {
      let pause = listener == nil ? Self.awayInterval : usual
      let due = ContinuousClock.now + pause
      if (try? await Task.sleep(until: due)) == nil { return .gone }
      usual = Self.interval(afterLateness: due.duration(to: .now))
      if let turn = try? await live.find(name), turn.message == message {
        if turn.isStopRequested { return .stopped }
        if let receiver = turn.receiver { await serve(receiver) }
      }
      if listener == nil {
        if isGraceOver { return .gone }
        await keep()
      }
    }
  }

  /// How long to wait before the next look when one came this much too late.
  static func interval(afterLateness lateness: Duration) -> Duration {
    let lost = max(lateness - .milliseconds(2), .zero) * patience
    return min(lookInterval + lost, longestLookInterval)
  }

  /// Sends a client that came back what it missed; from then on it is the one that is sent to.
  private func serve(_ receiver: Receiver) async {
    await enter()
    defer { leave() }
    guard receiver.token != served else { return }
    served = receiver.token
    hasReader = receiver.address == nil
    guard let address = receiver.address else {
      listener = nil
      awaySince = .now
      return
    }
    listener = { [sender, id] event in
      try await sender.send(
        ServerFrame.turn(event, id: id).encoded(), to: address.connection, at: address.gateway)
    }
    awaySince = nil
    waiting = start == nil ? [] : [.start]
    waiting += steps.values.sorted { $0.number < $1.number }.map { .tool($0) }
    waiting += chunks.indices.filter { $0 > receiver.after }.map { .chunk($0) }
    if let end { waiting.append(.end(end)) }
    await flush()
  }

  private func keep() async {
    let now = ContinuousClock.now
    let sizes = chunks.map(\.utf8.count)
    let bytes = sizes.reduce(0, +)
    let steps = steps.values.sorted { $0.number < $1.number }
    if let kept {
      let pause = hasReader ? Self.readInterval : Self.keepInterval
      guard bytes > kept.bytes || steps.events > kept.events, kept.at.duration(to: now) >= pause
      else { return }
    }
    kept = (now, bytes, steps.events)
    try? await live.keep(
      name, message: message, text: chunks.joined(), sizes: sizes, steps: steps)
  }

  // MARK: The end

  /// Writes down how the turn ended; clients that came back meanwhile are sent the rest before.
  func finish(_ report: TurnReport) async throws {
    var problem: String?
    if report.turn == nil, let end { problem = ServerFrame.turn(end, id: id).description }
    for _ in 0..<Self.mostReturns {
      let end = LiveTurnEnd(
        conversation: report.conversation.text, sizes: chunks.map(\.utf8.count),
        turn: report.turn, problem: problem)
      if try await live.end(name, message: message, end, served: served) { return }
      if let receiver = try await live.find(name)?.receiver { await serve(receiver) }
    }
  }

  // MARK: One at a time

  private func enter() async {
    guard isBusy else {
      isBusy = true
      return
    }
    await withCheckedContinuation { line.append($0) }
  }

  private func leave() {
    guard !line.isEmpty else {
      isBusy = false
      return
    }
    line.removeFirst().resume()
  }
}
