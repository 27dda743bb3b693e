/// A part of the search index that never changes: passages, their words, and vectors of some of them.
package struct IndexSegment: Sendable {
  let lexical: LexicalIndex
  let vectors: VectorRows?
  /// Ids of earlier segments' passages that are no more.
  let removed: Set<String>
  /// Bytes of the file.
  package let size: Int

  /// Nobody expects vectors of it: its passages are found by their words, as they are meant to be.
  package var isWordsOnly = false
  /// Changes with its contents; empty when nobody told.
  package var name = ""

  /// Whether it decides on what somebody of this tenant can find.
  func concerns(_ tenant: String) -> Bool {
    lexical.groups.contains { $0.tenant == nil || $0.tenant == tenant }
      || removed.contains { Documents.concerns($0, tenant) }
  }

  package var count: Int { lexical.count }
  package var embedder: EmbedderID? { vectors?.embedder }

  /// `verifies` reads the whole file and compares all digests: for files that come from elsewhere.
  /// `isPortable` keeps to plain C, for comparisons.
  package init(
    _ bytes: IndexBytes, verifies: Bool = true, isPortable: Bool = false
  ) throws(IndexError) {
    let header = try bytes.withUnsafeBytes { file throws(IndexError) -> SegmentHeader in
      let header = try SegmentHeader(file)
      if verifies { try header.verify(file) }
      return header
    }
    let place = header.sections[SegmentFile.Section.lexical.rawValue]
    guard let part = bytes.part(at: place.lowerBound, count: place.count) else {
      throw .damaged(section: "lexical")
    }
    lexical = try LexicalIndex(part, verifies: false)
    guard lexical.count == header.passages else { throw .damaged(section: "lexical") }
    removed = try bytes.withUnsafeBytes { file throws(IndexError) -> Set<String> in
      try Self.removed(
        UnsafeRawBufferPointer(
          rebasing: file[header.sections[SegmentFile.Section.removed.rawValue]]
        ))
    }
    vectors = try VectorRows(header, bytes, isPortable: isPortable)
    size = bytes.count
  }

  /// The nearest passages by their vectors alone: numbers and cosines.
  package func nearest(_ vector: [Float], limit: Int) -> [(passage: Int, score: Float)] {
    (vectors?.search(vector, limit: limit, admitted: nil) ?? []).map { ($0.passage, $0.score) }
  }

  private static func removed(_ bytes: UnsafeRawBufferPointer) throws(IndexError) -> Set<String> {
    var reader = IndexReader(bytes)
    guard let count = reader.varint() else { throw .damaged(section: "removed") }
    var removed: Set<String> = []
    for _ in 0..<count {
      guard let id = reader.text() else { throw .damaged(section: "removed") }
      removed.insert(id)
    }
    return removed
  }
}
