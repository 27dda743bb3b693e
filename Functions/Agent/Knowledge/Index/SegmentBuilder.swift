import CVectors

/// Writes passages, with or without vectors, as one segment of the search index.
///
/// The file depends only on what is added and its order.
package struct SegmentBuilder {
  private let embedder: EmbedderID?
  private let stride: Int
  private var lexical = LexicalIndexBuilder()
  private var ids: Set<String> = []
  private var removed: Set<String> = []
  private var passageOfRow: [UInt32] = []
  /// Unit vectors as they were given; let go when the file is made.
  private var rows: [Float] = []

  /// All vectors come from this embedder; nil for a segment without any.
  package init(embedder: EmbedderID? = nil) {
    self.embedder = embedder
    stride = embedder.map { SegmentFile.stride($0.dimension) } ?? 0
  }

  package var count: Int { lexical.count }
  package var isEmpty: Bool { count == 0 && removed.isEmpty }

  /// Adds a passage. A vector of another length, without length or with a value that is no number
  /// counts as none; whether it was taken is the result. A second passage with one id is an error.
  @discardableResult
  package mutating func add(
    _ passage: Passage, vector: [Float]? = nil
  ) throws(IndexError) -> Bool {
    guard ids.insert(passage.id).inserted else { throw .damaged(section: "two ids are equal") }
    guard lexical.count < SegmentFile.mostPassages else { throw .tooLarge("passages") }
    let number = UInt32(lexical.count)
    try lexical.add(passage)
    guard let vector, vector.count == embedder?.dimension, let unit = Self.unit(vector) else {
      return false
    }
    guard passageOfRow.count < SegmentFile.mostRows else { throw .tooLarge("vectors") }
    passageOfRow.append(number)
    rows += unit + [Float](repeating: 0, count: stride - unit.count)
    return true
  }

  /// Passages of earlier segments with this id are no more.
  package mutating func remove(_ id: String) { removed.insert(id) }

  /// A vector of length 1 in the same direction; nil when it has none.
  static func unit(_ vector: [Float]) -> [Float]? {
    let square = vector.reduce(into: 0.0) { $0 += Double($1) * Double($1) }
    guard square.isFinite, square > 0 else { return nil }
    let scale = Float(1 / square.squareRoot())
    guard scale.isFinite else { return nil }
    return vector.map { $0 * scale }
  }

  // MARK: The file

  package consuming func file() throws(IndexError) -> [UInt8] {
    var sections: [[UInt8]] = [try lexical.file(), removedSection, [], [], [], [], [], []]
    let count = passageOfRow.count
    let usesBits = count > SegmentFile.mostScanned
    for number in passageOfRow { sections[2].appendLittleEndian(number) }
    let (scales, bytes) = quantized()
    for scale in scales { sections[3].appendLittleEndian(scale.bitPattern) }
    sections[4] = bytes
    if count > 0, !usesBits { sections[5] = halves() }
    if usesBits {
      let mean = mean()
      for value in mean { sections[6].appendLittleEndian(value.bitPattern) }
      sections[7] = bits(mean)
    }
    return SegmentWriter(
      passages: lexical.count, rows: count, stride: stride, embedder: count > 0 ? embedder : nil,
      hasUsableBits: usesBits, sections: sections
    ).file()
  }

  private var removedSection: [UInt8] {
    var section: [UInt8] = []
    section.appendVarint(removed.count)
    for id in removed.sorted() { section.appendText(id) }
    return section
  }

  private func quantized() -> (scales: [Float], bytes: [UInt8]) {
    var scales: [Float] = []
    let bytes = [UInt8](unsafeUninitializedCapacity: rows.count) { output, count in
      rows.withUnsafeBufferPointer { rows in
        guard let source = rows.baseAddress, let target = output.baseAddress else { return }
        target.withMemoryRebound(to: Int8.self, capacity: rows.count) { target in
          for row in passageOfRow.indices {
            let start = row * stride
            scales.append(cv_quantize(source + start, stride, stride, target + start))
          }
        }
      }
      count = rows.count
    }
    return (scales, bytes)
  }

  private func halves() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(rows.count * 2)
    for value in rows { bytes.appendLittleEndian(cv_half(value)) }
    return bytes
  }

  private func mean() -> [Float] {
    var sums = [Double](repeating: 0, count: stride)
    for (index, value) in rows.enumerated() { sums[index % stride] += Double(value) }
    return sums.map { Float($0 / Double(max(1, passageOfRow.count))) }
  }

  private func bits(_ mean: [Float]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(rows.count / 8)
    for start in Swift.stride(from: 0, to: rows.count, by: 64) {
      var word: UInt64 = 0
      let place = start % stride
      for bit in 0..<64 where rows[start + bit] > mean[place + bit] { word |= 1 << UInt64(bit) }
      bytes.appendLittleEndian(word)
    }
    return bytes
  }
}
