import Glibc

/// Finds passages by their words (BM25), straight from the bytes of an index file.
///
/// Opening checks the digest and the bounds of each section and copies nothing; searching decodes
/// the postings of the question's terms and the passages it returns. A file with a right digest and
/// wrong contents gives fewer hits, never an access outside of it.
package struct LexicalIndex: Sendable {
  package struct Hit: Sendable, Equatable {
    package var passage: Passage
    /// BM25; comparable within one question only.
    package var score: Float
    /// The share of the question's weight whose terms stand in the passage, 0 to 1.
    package var share: Float
  }

  /// BM25's constants: how fast repetition saturates, how much length counts.
  private static let k1: Float = 1.2
  private static let b: Float = 0.75

  package let count: Int
  private let terms: Int
  private let bytes: [UInt8]
  private let sections: [Range<Int>]
  private let groups: [PassageGroup]
  private let averageLength: Float

  package init(_ bytes: [UInt8]) throws(LexicalIndexError) {
    let header = try IndexHeader(bytes)
    self.bytes = bytes
    count = header.passages
    terms = header.terms
    sections = header.sections
    groups = try header.groups(in: bytes)
    averageLength = max(1, Float(header.total) / Float(max(1, header.passages)))
  }

  /// The best passages for a question, best first; equal scores stand in the file's order.
  package func search(_ question: String, limit: Int, filter: PassageFilter) -> [Hit] {
    search(Terms.ofQuestion(question), limit: limit, filter: filter)
  }

  private func search(_ question: [String: Float], limit: Int, filter: PassageFilter) -> [Hit] {
    guard limit > 0, count > 0 else { return [] }
    let admitted = groups.map(filter.admits)
    return bytes.withUnsafeBytes { file in
      var scores = Scores(count: count)
      var total: Float = 0
      for (term, weight) in question.sorted(by: { $0.key < $1.key }) {
        let entry = find(term, in: file)
        let rarity = weight * inverseFrequency(entry?.count ?? 0)
        total += rarity
        if let entry { add(entry, rarity, in: file, to: &scores) }
      }
      let best = scores.best(limit) { isAdmitted($0, admitted, in: file) }
      return best.compactMap { number in
        passage(number, in: file).map {
          Hit(passage: $0, score: scores.score[number], share: scores.weight[number] / total)
        }
      }
    }
  }

  /// Every passage in the file's order.
  package func passages() -> [Passage] {
    bytes.withUnsafeBytes { file in (0..<count).compactMap { passage($0, in: file) } }
  }

  // MARK: Terms

  private struct Entry {
    var postings: Range<Int>
    var count: Int
  }

  private func inverseFrequency(_ frequency: Int) -> Float {
    logf(1 + (Float(count - frequency) + 0.5) / (Float(frequency) + 0.5))
  }

  private func find(_ term: String, in file: UnsafeRawBufferPointer) -> Entry? {
    let wanted = Array(term.utf8)
    let entries = part(.termEntries, of: file)
    let texts = part(.terms, of: file)
    var low = 0
    var high = terms
    while low < high {
      let middle = (low + high) / 2
      guard let start = entries.number(at: middle * 12, as: UInt32.self),
        let end = entries.number(at: middle * 12 + 12, as: UInt32.self),
        start <= end, Int(end) <= texts.count
      else { return nil }
      let text = texts[Int(start)..<Int(end)]
      if text.elementsEqual(wanted) { return entry(middle, in: entries) }
      if text.lexicographicallyPrecedes(wanted) { low = middle + 1 } else { high = middle }
    }
    return nil
  }

  private func entry(_ number: Int, in entries: UnsafeRawBufferPointer) -> Entry? {
    guard let start = entries.number(at: number * 12 + 4, as: UInt32.self),
      let end = entries.number(at: number * 12 + 16, as: UInt32.self),
      let count = entries.number(at: number * 12 + 8, as: UInt32.self), start <= end,
      Int(end) <= sections[LexicalIndexFile.Section.postings.rawValue].count,
      Int(count) <= self.count
    else { return nil }
    return Entry(postings: Int(start)..<Int(end), count: Int(count))
  }

  private func add(
    _ entry: Entry, _ rarity: Float, in file: UnsafeRawBufferPointer, to scores: inout Scores
  ) {
    let postings = part(.postings, of: file)
    let lengths = part(.lengthOfPassage, of: file)
    var reader = IndexReader(UnsafeRawBufferPointer(rebasing: postings[entry.postings]))
    var number = 0
    while !reader.isAtEnd, let packed = reader.varint() {
      number += packed / 2
      guard let frequency = packed % 2 == 1 ? 1 : reader.varint(), number < count,
        let length = lengths.number(at: number * 4, as: UInt32.self)
      else { return }
      let tf = Float(frequency)
      let norm = Self.k1 * (1 - Self.b + Self.b * Float(length) / averageLength)
      scores.add(rarity * tf * (Self.k1 + 1) / (tf + norm), weight: rarity, to: number)
    }
  }

  // MARK: Passages

  private func isAdmitted(
    _ number: Int, _ admitted: [Bool], in file: UnsafeRawBufferPointer
  ) -> Bool {
    guard let group = part(.groupOfPassage, of: file).number(at: number * 2, as: UInt16.self),
      Int(group) < admitted.count
    else { return false }
    return admitted[Int(group)]
  }

  private func passage(_ number: Int, in file: UnsafeRawBufferPointer) -> Passage? {
    let offsets = part(.passageOffsets, of: file)
    let records = part(.passages, of: file)
    guard let group = part(.groupOfPassage, of: file).number(at: number * 2, as: UInt16.self),
      Int(group) < groups.count,
      let start = offsets.number(at: number * 4, as: UInt32.self),
      let end = offsets.number(at: number * 4 + 4, as: UInt32.self), start <= end,
      Int(end) <= records.count
    else { return nil }
    var reader = IndexReader(UnsafeRawBufferPointer(rebasing: records[Int(start)..<Int(end)]))
    guard let id = reader.text(), let source = reader.text(), let title = reader.text(),
      let text = reader.text(), let tagCount = reader.varint()
    else { return nil }
    var tags: [String] = []
    while tags.count < tagCount, let tag = reader.text() { tags.append(tag) }
    let kind = groups[Int(group)]
    return Passage(
      id: id, source: source, title: title, text: text, type: kind.type, tags: tags,
      tenant: kind.tenant, owner: kind.owner)
  }

  private func part(
    _ section: LexicalIndexFile.Section, of file: UnsafeRawBufferPointer
  ) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: file[sections[section.rawValue]])
  }
}

/// What the passages of an index have reached so far for one question.
private struct Scores {
  var score: [Float]
  var weight: [Float]
  private var touched: [Int] = []

  init(count: Int) {
    score = [Float](repeating: 0, count: count)
    weight = score
  }

  mutating func add(_ points: Float, weight rarity: Float, to number: Int) {
    if weight[number] == 0 { touched.append(number) }
    score[number] += points
    weight[number] += rarity
  }

  /// The numbers of the best admitted passages. Keeps `limit` candidates, worst last.
  func best(_ limit: Int, where isAdmitted: (Int) -> Bool) -> [Int] {
    var best: [Int] = []
    for number in touched {
      if best.count == limit, let last = best.last, !precedes(number, last) { continue }
      guard isAdmitted(number) else { continue }
      let place = best.firstIndex { precedes(number, $0) } ?? best.endIndex
      best.insert(number, at: place)
      if best.count > limit { best.removeLast() }
    }
    return best
  }

  private func precedes(_ a: Int, _ b: Int) -> Bool {
    score[a] != score[b] ? score[a] > score[b] : a < b
  }
}
