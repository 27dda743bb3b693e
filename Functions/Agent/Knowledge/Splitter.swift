/// Cuts a text into passages along its paragraphs and sentences.
///
/// Sizes count characters as people see them. A passage never exceeds `size`; neighbours share up
/// to `overlap` characters, whole sentences of them where there are any. Only a sentence longer than
/// `size` is cut at a space, and only a text without spaces between characters.
package struct Splitter: Sendable {
  package var size: Int
  package var overlap: Int

  /// Sizes out of range are brought into it: `size` at least 1, `overlap` under half of `size`.
  package init(size: Int = 1000, overlap: Int = 200) {
    self.size = max(1, size)
    self.overlap = min(max(0, overlap), self.size / 2)
  }

  /// The passages in order, each a part of `text` without white space at its ends.
  package func passages(of text: String) -> [Substring] {
    var passages: [Substring] = []
    var pending: [Piece] = []
    for piece in pieces(of: text) {
      let isFull =
        count(pending) + piece.count > size || (piece.opensSection && isSizeable(pending))
      if isFull, !pending.isEmpty {
        append(pending, of: text, to: &passages)
        pending = piece.opensSection ? [] : tail(of: pending, before: piece)
      }
      pending.append(piece)
    }
    append(pending, of: text, to: &passages)
    return passages
  }

  /// A part of the text that is kept whole: a sentence, or what had to be cut out of one.
  private struct Piece {
    var range: Range<String.Index>
    var count: Int
    /// A heading of Markdown: better the first line of a passage than its last.
    var opensSection: Bool
  }

  private func count(_ pieces: [Piece]) -> Int { pieces.reduce(0) { $0 + $1.count } }

  /// A section of its own is worth a passage only when it says something.
  private func isSizeable(_ pieces: [Piece]) -> Bool { count(pieces) * 4 >= size }

  /// The last pieces that fit both into the overlap and beside the next piece.
  private func tail(of pieces: [Piece], before next: Piece) -> [Piece] {
    var tail: [Piece] = []
    var room = min(overlap, size - next.count)
    for piece in pieces.reversed() {
      guard piece.count <= room else { break }
      room -= piece.count
      tail.append(piece)
    }
    return tail.reversed()
  }

  private func append(_ pieces: [Piece], of text: String, to passages: inout [Substring]) {
    guard let first = pieces.first, let last = pieces.last else { return }
    let passage = text[first.range.lowerBound..<last.range.upperBound].trimmed
    if !passage.isEmpty { passages.append(passage) }
  }

  /// Sentences with the white space after them; together they are the whole text.
  private func pieces(of text: String) -> [Piece] {
    var pieces: [Piece] = []
    var start = text.startIndex
    var index = start
    while index < text.endIndex {
      let next = text.index(after: index)
      if text.endsSentence(at: index, next: next) {
        let end = text.skipSpace(from: next)
        pieces += whole(text[start..<end])
        start = end
        index = end
      } else {
        index = next
      }
    }
    if start < text.endIndex { pieces += whole(text[start...]) }
    return pieces
  }

  /// The sentence itself, or its parts when it is longer than a passage may be.
  private func whole(_ sentence: Substring) -> [Piece] {
    var pieces: [Piece] = []
    var rest = sentence
    while !rest.isEmpty {
      let most = rest.index(rest.startIndex, offsetBy: size, limitedBy: rest.endIndex)
      var end = most ?? rest.endIndex
      if end < rest.endIndex, let space = rest[..<end].lastIndex(where: \.isWhitespace) {
        end = rest.index(after: space)
      }
      pieces.append(
        Piece(
          range: rest.startIndex..<end, count: rest.distance(from: rest.startIndex, to: end),
          opensSection: rest.startIndex == sentence.startIndex && rest.first == "#"))
      rest = rest[end...]
    }
    return pieces
  }
}

extension String {
  /// True after `。！？`, after `.!?` before a space, and at the end of a line.
  fileprivate func endsSentence(at index: Index, next: Index) -> Bool {
    switch self[index] {
    case "。", "！", "？", "．", "｡":
      guard next < endIndex else { return true }
      return !["」", "』", "）", ")", "\"", "”", "。", "！", "？"].contains(self[next])
    case "」", "』", "）", "”":
      guard index > startIndex else { return false }
      return ["。", "！", "？"].contains(self[self.index(before: index)])
    case ".", "!", "?": return next == endIndex || self[next].isWhitespace
    case "\n", "\r\n", "\r", "\u{2028}", "\u{2029}": return true
    default: return false
    }
  }

  fileprivate func skipSpace(from index: Index) -> Index {
    var index = index
    while index < endIndex, self[index].isWhitespace { index = self.index(after: index) }
    return index
  }
}

extension Substring {
  /// Without white space at both ends.
  var trimmed: Substring {
    var part = self
    while let first = part.first, first.isWhitespace { part.removeFirst() }
    while let last = part.last, last.isWhitespace { part.removeLast() }
    return part
  }
}
