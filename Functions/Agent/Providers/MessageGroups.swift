/// Messages as the providers want them that know only two sides: sides take turns, all results of one
/// round stand in one message.
struct MessageGroup: Equatable {
  enum Side { case user, model }

  enum Part: Equatable {
    case text(String)
    case call(ToolCall)
    case result(ToolCall, content: String, isError: Bool)
  }

  var side: Side
  var parts: [Part]

  /// Groups a conversation. It begins with the user; empty texts are left out.
  static func grouped(_ messages: [ModelMessage]) -> [MessageGroup] {
    var groups: [MessageGroup] = []
    func add(_ part: Part, _ side: Side) {
      if let last = groups.indices.last, groups[last].side == side {
        groups[last].parts.append(part)
      } else {
        groups.append(MessageGroup(side: side, parts: [part]))
      }
    }
    let begun = ModelMessage.repaired(messages).drop { message in
      if case .user(let text) = message { text.isEmpty } else { true }
    }
    for message in begun {
      switch message {
      case .user(let text): if !text.isEmpty { add(.text(text), .user) }
      case .assistant(let text, let calls):
        if !text.isEmpty { add(.text(text), .model) }
        for call in calls { add(.call(call), .model) }
      case .toolResult(let call, let content, let isError):
        add(.result(call, content: content, isError: isError), .user)
      }
    }
    return groups
  }
}

extension ModelMessage {
  /// The messages without calls that have no result and results that have no call: providers refuse
  /// the whole conversation for one of them, for ever.
  static func repaired(_ messages: [ModelMessage]) -> [ModelMessage] {
    var repaired: [ModelMessage] = []
    var index = 0
    while index < messages.count {
      guard case .assistant(let text, let calls) = messages[index] else {
        if case .user = messages[index] { repaired.append(messages[index]) }
        index += 1
        continue
      }
      index += 1
      var results: [ModelMessage] = []
      var answered: [ToolCall] = []
      while index < messages.count, case .toolResult(let call, _, _) = messages[index] {
        if calls.contains(call), !answered.contains(call) {
          answered.append(call)
          results.append(messages[index])
        }
        index += 1
      }
      let kept = calls.filter(answered.contains)
      if !text.isEmpty || !kept.isEmpty { repaired.append(.assistant(text, calls: kept)) }
      repaired += results
    }
    return repaired
  }
}
