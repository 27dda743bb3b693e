/// Everything that can be found: segments, oldest first. A passage of a later one hides the passage
/// with its id in earlier ones, and so does the mark that it was removed.
package struct SearchIndex: Sendable {
  package typealias Hit = LexicalIndex.Hit

  /// A passage near to a question in meaning.
  package struct Neighbour: Sendable, Equatable {
    package var passage: Passage
    /// The cosine, -1 to 1.
    package var score: Float
  }

  package let segments: [IndexSegment]
  /// For each segment which passages are hidden; nil for none.
  private let hidden: [[Bool]?]

  package init(_ segments: [IndexSegment]) {
    self.segments = segments
    var later: Set<String> = []
    var hidden: [[Bool]?] = []
    for (place, segment) in segments.enumerated().reversed() {
      let numbers = segment.lexical.numbers(of: later)
      if numbers.isEmpty {
        hidden.append(nil)
      } else {
        var marks = [Bool](repeating: false, count: segment.count)
        for number in numbers { marks[number] = true }
        hidden.append(marks)
      }
      guard place > 0 else { continue }
      later.formUnion(segment.removed)
      for number in 0..<segment.count {
        if let id = segment.lexical.passage(number)?.id { later.insert(id) }
      }
    }
    self.hidden = hidden.reversed()
  }

  /// Passages that can be found.
  package var count: Int {
    zip(segments, hidden).reduce(0) { sum, part in
      sum + part.0.count - (part.1?.count { $0 } ?? 0)
    }
  }

  /// What the segments' vectors were made by, each once.
  package var embedders: Set<EmbedderID> { Set(segments.compactMap(\.embedder)) }

  /// Names what everybody of a tenant can find: as long as it is the same name, it is the same.
  package func version(for tenant: String) -> String {
    Fingerprint(of: segments.filter { $0.concerns(tenant) }.map { Array($0.name.utf8) }).text
  }

  /// Whether there are passages that the filter's owner alone finds.
  package func hasOwn(_ filter: PassageFilter) -> Bool {
    segments.contains { segment in
      segment.lexical.groups.contains { $0.owner != nil && filter.admits($0) }
    }
  }

  // MARK: Searching

  /// The best passages by their words, best first.
  package func search(_ question: String, limit: Int, filter: PassageFilter) -> [Hit] {
    let terms = Terms.ofQuestion(question)
    var corpus = LexicalIndex.Corpus()
    for segment in segments { segment.lexical.add(to: &corpus, terms) }
    var hits: [Hit] = []
    for (segment, hidden) in zip(segments, hidden) {
      hits += segment.lexical.search(
        terms, limit: limit, admitted: Self.admitted(segment, hidden, filter), corpus)
    }
    guard segments.count > 1 else { return hits }
    return Self.best(hits, limit) { $0.score }
  }

  /// The nearest passages with vectors of this embedder, nearest first.
  package func nearest(
    to vector: [Float], of embedder: EmbedderID, limit: Int, filter: PassageFilter
  ) -> [Neighbour] {
    var found: [Neighbour] = []
    for (segment, hidden) in zip(segments, hidden) {
      guard let vectors = segment.vectors, vectors.embedder == embedder else { continue }
      let admitted = Self.admitted(segment, hidden, filter)
      for hit in vectors.search(vector, limit: limit, admitted: admitted) {
        guard let passage = segment.lexical.passage(hit.passage) else { continue }
        found.append(Neighbour(passage: passage, score: hit.score))
      }
    }
    return Self.best(found, limit) { $0.score }
  }

  /// Whether some passages that the filter admits should have a vector of this embedder and have not.
  package func lacksVectors(of embedder: EmbedderID, filter: PassageFilter) -> Bool {
    zip(segments, hidden).contains { segment, hidden in
      guard !segment.isWordsOnly else { return false }
      let admitted = Self.admitted(segment, hidden, filter)
      let wanted = admitted?.count { $0 } ?? segment.count
      guard let vectors = segment.vectors, vectors.embedder == embedder else { return wanted > 0 }
      return vectors.count < segment.count && wanted > 0
    }
  }

  private static func admitted(
    _ segment: IndexSegment, _ hidden: [Bool]?, _ filter: PassageFilter
  ) -> [Bool]? {
    let admitted = segment.lexical.admission(filter)
    guard let hidden else { return admitted }
    return hidden.indices.map { !hidden[$0] && admitted?[$0] ?? true }
  }

  private static func best<Found>(
    _ found: [Found], _ limit: Int, by score: (Found) -> Float
  ) -> [Found] {
    let order = found.indices.sorted { a, b in
      let (first, second) = (score(found[a]), score(found[b]))
      return first != second ? first > second : a < b
    }
    return order.prefix(limit).map { found[$0] }
  }

  // MARK: Putting together

  /// One segment with all that can be found; vectors of other embedders than `embedder` are left out.
  /// With `keepingMarks` it still says what is no more: earlier segments need to know.
  package func compacted(
    for embedder: EmbedderID?, keepingMarks: Bool = false
  ) throws(IndexError) -> [UInt8] {
    var builder = SegmentBuilder(embedder: embedder)
    if keepingMarks {
      for id in segments.reduce(into: Set(), { $0.formUnion($1.removed) }) { builder.remove(id) }
    }
    for (passage, vector) in everything(of: embedder) { try builder.add(passage, vector: vector) }
    return try builder.file()
  }

  /// All passages that can be found, each with its vector of this embedder as exactly as it is stored.
  func everything(of embedder: EmbedderID?) -> [(passage: Passage, vector: [Float]?)] {
    var everything: [(passage: Passage, vector: [Float]?)] = []
    for (segment, hidden) in zip(segments, hidden) {
      var vectors: [Int: [Float]] = [:]
      if let rows = segment.vectors, rows.embedder == embedder {
        for (passage, vector) in rows.all() { vectors[passage] = vector }
      }
      for (number, passage) in segment.lexical.passages().enumerated()
      where hidden.map({ !$0[number] }) ?? true {
        everything.append((passage, vectors[number]))
      }
    }
    return everything
  }
}
