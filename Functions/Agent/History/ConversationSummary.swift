import Events

/// What was said in a conversation up to a turn, in few words.
///
/// It is kept with the turn up to which it reaches. A turn has one past, whatever branches begin
/// behind it: so a summary never tells of a branch that was left.
package struct ConversationSummary: Sendable, Equatable {
  /// Bytes of its text.
  package static let longest = 2_400

  package var text: String
  /// Turns that it tells of.
  package var turns: Int
  /// Who wrote it; `extract` is nobody: sentences of the turns themselves.
  package var model: String

  package static let extract = "extract"

  package init(text: String, turns: Int, model: String) {
    self.text = text.prefix(utf8: Self.longest)
    self.turns = turns
    self.model = model
  }

  var attribute: AttributeValue {
    ["text": .string(text), "turns": AttributeValue(turns), "model": .string(model)]
  }

  init?(_ attribute: AttributeValue) {
    guard let text = attribute["text"]?.string, let turns = attribute["turns"]?.int,
      let model = attribute["model"]?.string
    else { return nil }
    self.init(text: text, turns: turns, model: model)
  }

  /// Made of what the turns begin with, the newest as far as there is room; asks nobody.
  package init(extractedFrom turns: [Turn], after before: ConversationSummary?) {
    var room = Self.longest
    var lines: [String] = []
    for turn in turns.reversed() {
      let line =
        "- \(Conversation.title(from: turn.question)) → \(Conversation.title(from: turn.answer))"
      guard line.utf8.count < room else { break }
      room -= line.utf8.count + 1
      lines.append(line)
    }
    // Of what is known already the newest stays: it stands at the end.
    for line in (before?.text ?? "").split(separator: "\n").reversed() {
      guard line.utf8.count < room else { break }
      room -= line.utf8.count + 1
      lines.append(String(line))
    }
    self.init(
      text: lines.reversed().joined(separator: "\n"), turns: turns.count + (before?.turns ?? 0),
      model: Self.extract)
  }
}
