import JSON

/// The events of a stream in their order, with waits between pieces and the break that a fault asks for.
struct EventSteps {
  /// What a provider's stream is made of.
  struct Parts {
    /// Before the first piece.
    var opening: [[UInt8]]
    /// Text and argument pieces.
    var pieces: [[UInt8]]
    /// After the last piece: the finish marker and what follows it.
    var ending: [[UInt8]]
    /// The provider's error event.
    var error: [UInt8]
    /// An event that cannot be read.
    var malformed: [UInt8]
  }

  static func steps(_ parts: Parts, of performance: Performance) -> [ProviderAnswer.Step] {
    var steps: [ProviderAnswer.Step] = performance.delay > .zero ? [.wait(performance.delay)] : []
    steps += parts.opening.map { .bytes($0) }
    let stop = performance.fault?.stream.map { _ in performance.fault?.after ?? 0 }
    for (place, piece) in parts.pieces.enumerated() {
      if place == stop { break }
      if place > 0, performance.pace > .zero { steps.append(.wait(performance.pace)) }
      steps.append(.bytes(piece))
    }
    switch performance.fault?.stream {
    case nil, .arguments: steps += parts.ending.map { .bytes($0) }
    case .error: steps.append(.bytes(parts.error))
    case .disconnect: steps.append(.cut)
    case .truncate: break
    case .malformed: steps += ([parts.malformed] + parts.ending).map { .bytes($0) }
    case .stall: steps += [.wait(Fault.stall), .cut]
    }
    return steps
  }

  /// `data: {…}` with an empty line behind it.
  static func event(_ value: JSONValue, name: String? = nil) -> [UInt8] {
    var event = name.map { Array("event: \($0)\n".utf8) } ?? []
    event += Array("data: ".utf8)
    event.appendJSON(value)
    event += [0x0A, 0x0A]
    return event
  }

  /// JSON text in parts, as providers stream arguments. A fault damages it.
  static func argumentParts(_ arguments: JSONValue, _ fault: Fault?) -> [String] {
    let text = arguments.description
    let shown = fault?.stream == .arguments ? String(text.dropLast()) + ", oops" : text
    return Array(Pieces(shown, words: 4))
  }
}
