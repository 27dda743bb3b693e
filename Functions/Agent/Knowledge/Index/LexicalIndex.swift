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
  private let bytes: IndexBytes
  private let sections: [Range<Int>]
  let groups: [PassageGroup]
  /// The number of terms in all passages together.
  let total: UInt64

  package init(_ bytes: [UInt8]) throws(IndexError) {
    try self.init(IndexBytes(bytes), verifies: true)
  }

  /// Without `verifies` the digest is not computed: hits may then be wrong in a damaged file, an
  /// access outside of it happens never.
  init(_ bytes: IndexBytes, verifies: Bool) throws(IndexError) {
    let (header, groups) = try bytes.withUnsafeBytes {
      file throws(IndexError) -> (IndexHeader, [PassageGroup]) in
      let header = try IndexHeader(file, verifies: verifies)
      return (header, try header.groups(in: file))
    }
    self.bytes = bytes
    self.groups = groups
    count = header.passages
    terms = header.terms
    sections = header.sections
    total = header.total
  }

  /// The best passages for a question, best first; equal scores stand in the file's order.
  package func search(_ question: String, limit: Int, filter: PassageFilter) -> [Hit] {
    let terms = Terms.ofQuestion(question)
    var corpus = Corpus()
    add(to: &corpus, terms)
    return search(terms, limit: limit, admitted: admission(filter), corpus)
  }

  /// What rarity and length are measured against: all indexes that a question goes to.
  struct Corpus {
    var passages = 0
    var total: UInt64 = 0
    var frequencies: [String: Int] = [:]

    var averageLength: Float { max(1, Float(total) / Float(max(1, passages))) }

    func rarity(of term: String) -> Float {
      let frequency = min(frequencies[term] ?? 0, passages)
      return logf(1 + (Float(passages - frequency) + 0.5) / (Float(frequency) + 0.5))
    }
  }

  func add(to corpus: inout Corpus, _ question: [String: Float]) {
    corpus.passages += count
    corpus.total += min(total, UInt64(UInt32.max) * 64)
    bytes.withUnsafeBytes { file in
      for term in question.keys {
        corpus.frequencies[term, default: 0] += find(term, in: file)?.count ?? 0
      }
    }
  }

  /// `admitted` says for each passage whether it may be found; nil admits all.
  func search(
    _ question: [String: Float], limit: Int, admitted: [Bool]?, _ corpus: Corpus
  ) -> [Hit] {
    guard limit > 0, count > 0 else { return [] }
    return bytes.withUnsafeBytes { file in
      var scores = Scores(count: count)
      var total: Float = 0
      for (term, weight) in question.sorted(by: { $0.key < $1.key }) {
        let rarity = weight * corpus.rarity(of: term)
        total += rarity
        guard let entry = find(term, in: file) else { continue }
        add(entry, rarity, corpus.averageLength, in: file, to: &scores)
      }
      let best = scores.best(limit) { admitted?[$0] ?? true }
      return best.compactMap { number in
        passage(number, in: file).map {
          Hit(passage: $0, score: scores.score[number], share: scores.weight[number] / total)
        }
      }
    }
  }

  // MARK: Who may be found

  /// For each passage whether the filter admits it; nil when it admits all.
  func admission(_ filter: PassageFilter) -> [Bool]? {
    let byGroup = groups.map(filter.admits)
    guard byGroup.contains(false) || filter.looksAtRecords else { return nil }
    return bytes.withUnsafeBytes { file in
      let numbers = part(.groupOfPassage, of: file)
      var admitted = [Bool](repeating: false, count: count)
      for number in 0..<count {
        guard let group = numbers.number(at: number * 2, as: UInt16.self),
          Int(group) < byGroup.count, byGroup[Int(group)]
        else { continue }
        admitted[number] =
          !filter.looksAtRecords || passage(number, in: file).map(filter.admits) ?? false
      }
      return admitted
    }
  }

  /// The numbers of the passages with one of these ids.
  func numbers(of ids: Set<String>) -> [Int] {
    guard !ids.isEmpty else { return [] }
    let lengths = Set(ids.map(\.utf8.count))
    return bytes.withUnsafeBytes { file in
      (0..<count).filter { number in
        guard var reader = record(number, in: file), let length = reader.varint(),
          lengths.contains(length), var again = record(number, in: file), let id = again.text()
        else { return false }
        return ids.contains(id)
      }
    }
  }

  func passage(_ number: Int) -> Passage? {
    guard (0..<count).contains(number) else { return nil }
    return bytes.withUnsafeBytes { passage(number, in: $0) }
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
    _ entry: Entry, _ rarity: Float, _ averageLength: Float, in file: UnsafeRawBufferPointer,
    to scores: inout Scores
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

  private func record(_ number: Int, in file: UnsafeRawBufferPointer) -> IndexReader? {
    let offsets = part(.passageOffsets, of: file)
    let records = part(.passages, of: file)
    guard let start = offsets.number(at: number * 4, as: UInt32.self),
      let end = offsets.number(at: number * 4 + 4, as: UInt32.self), start <= end,
      Int(end) <= records.count
    else { return nil }
    return IndexReader(UnsafeRawBufferPointer(rebasing: records[Int(start)..<Int(end)]))
  }

  private func passage(_ number: Int, in file: UnsafeRawBufferPointer) -> Passage? {
    guard let group = part(.groupOfPassage, of: file).number(at: number * 2, as: UInt16.self),
      Int(group) < groups.count, var reader = record(number, in: file),
      let id = reader.text(), let source = reader.text(), let title = reader.text(),
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
