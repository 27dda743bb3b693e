import CVectors

/// The vectors of a segment, searched where they lie.
///
/// Up to 20,000 rows: all bytes are compared, the best 40 again with f16. More: sign bits choose 400,
/// their bytes against the question's floats choose among those. Scores are cosines.
struct VectorRows: Sendable {
  struct Hit: Sendable, Equatable {
    /// The number of its passage in the segment.
    var passage: Int
    /// The cosine, -1 to 1.
    var score: Float
  }

  private static let candidates = 40
  private static let bitCandidates = 400
  /// So few admitted rows are compared one by one.
  private static let few = 2_000

  let embedder: EmbedderID
  let count: Int
  private let stride: Int
  private let usesBits: Bool
  private let file: IndexBytes
  private let sections: [Range<Int>]
  private let isPortable: Bool

  /// nil when the segment has no vectors. Throws when a row belongs to no passage.
  init?(_ header: SegmentHeader, _ file: IndexBytes, isPortable: Bool = false) throws(IndexError) {
    guard let embedder = header.embedder, header.rows > 0 else { return nil }
    self.embedder = embedder
    count = header.rows
    stride = SegmentFile.stride(header.dimension)
    sections = header.sections
    self.file = file
    usesBits =
      header.hasUsableBits
      && !header.sections[SegmentFile.Section.bits.rawValue].isEmpty
      && !header.sections[SegmentFile.Section.mean.rawValue].isEmpty
    self.isPortable = isPortable
  }

  /// The widest instructions that this machine has.
  private var kernels: cv_kernels { ((isPortable ? nil : cv_wide()) ?? cv_portable()).pointee }

  /// The nearest admitted rows, best first.
  func search(_ question: [Float], limit: Int, admitted: [Bool]?) -> [Hit] {
    guard limit > 0, question.count == embedder.dimension,
      let unit = SegmentBuilder.unit(question)
    else { return [] }
    let query = unit + [Float](repeating: 0, count: stride - unit.count)
    return file.withUnsafeBytes { file in
      let rows = chosen(query, limit, admitted, file)
      var best = Best(limit: limit)
      for row in rows { best.add(row, exact(query, row, file)) }
      return best.rows.map { Hit(passage: passage($0.row, file), score: $0.score) }
    }
  }

  // MARK: Choosing

  /// Rows worth an exact look.
  private func chosen(
    _ query: [Float], _ limit: Int, _ admitted: [Bool]?, _ file: UnsafeRawBufferPointer
  ) -> [Int] {
    var isAdmitted: [Bool]?
    if let admitted {
      let rows = (0..<count).map { row in
        let number = passage(row, file)
        return number < admitted.count && admitted[number]
      }
      let these = rows.indices.filter { rows[$0] }
      if these.count <= Self.few { return these }
      isAdmitted = rows
    }
    return usesBits
      ? byBits(query, max(Self.bitCandidates, limit * 10), isAdmitted, file)
      : byBytes(query, max(Self.candidates, limit * 4), isAdmitted, file)
  }

  private func byBytes(
    _ query: [Float], _ wanted: Int, _ admitted: [Bool]?, _ file: UnsafeRawBufferPointer
  ) -> [Int] {
    var bytes = [Int8](repeating: 0, count: stride)
    _ = cv_quantize(query, stride, stride, &bytes)
    let wide = bytes.map(Int16.init)
    let dots = [Int32](unsafeUninitializedCapacity: count) { dots, size in
      if let start = part(.bytes, file).baseAddress, let output = dots.baseAddress {
        kernels.dot_int8(wide, start.assumingMemoryBound(to: Int8.self), count, stride, output)
      }
      size = count
    }
    let scales = part(.scales, file)
    var best = Best(limit: wanted)
    dots.withUnsafeBufferPointer { dots in
      for row in 0..<count where admitted?[row] ?? true {
        let scale = scales.loadUnaligned(fromByteOffset: row * 4, as: Float.self)
        best.add(row, Float(dots[row]) * scale)
      }
    }
    return best.rows.map(\.row)
  }

  private func byBits(
    _ query: [Float], _ wanted: Int, _ admitted: [Bool]?, _ file: UnsafeRawBufferPointer
  ) -> [Int] {
    let mean = part(.mean, file)
    var bits = [UInt64](repeating: 0, count: stride / 64)
    for place in 0..<stride
    where query[place] > mean.loadUnaligned(fromByteOffset: place * 4, as: Float.self) {
      bits[place / 64] |= 1 << UInt64(place % 64)
    }
    let distances = [UInt32](unsafeUninitializedCapacity: count) { distances, size in
      if let start = part(.bits, file).baseAddress, let output = distances.baseAddress {
        let words = start.assumingMemoryBound(to: UInt64.self)
        kernels.differing_bits(bits, words, count, stride / 64, output)
      }
      size = count
    }
    return nearest(distances, wanted, admitted)
  }

  /// The rows with the smallest distances; of those at the border the first ones.
  private func nearest(_ distances: [UInt32], _ wanted: Int, _ admitted: [Bool]?) -> [Int] {
    var histogram = [Int](repeating: 0, count: stride + 1)
    distances.withUnsafeBufferPointer { distances in
      for row in 0..<count where admitted?[row] ?? true { histogram[Int(distances[row])] += 1 }
    }
    var border = 0
    var inside = 0
    while border < stride, inside + histogram[border] < wanted {
      inside += histogram[border]
      border += 1
    }
    var atBorder = wanted - inside
    var rows: [Int] = []
    distances.withUnsafeBufferPointer { distances in
      for row in 0..<count where distances[row] <= UInt32(border) && admitted?[row] ?? true {
        if distances[row] == UInt32(border) {
          guard atBorder > 0 else { continue }
          atBorder -= 1
        }
        rows.append(row)
      }
    }
    return rows
  }

  // MARK: Rows

  private func exact(_ query: [Float], _ row: Int, _ file: UnsafeRawBufferPointer) -> Float {
    let halves = part(.halves, file)
    if !halves.isEmpty, let start = halves.baseAddress {
      let halves = start.assumingMemoryBound(to: UInt16.self) + row * stride
      return kernels.dot_float_half(query, halves, stride)
    }
    guard let start = part(.bytes, file).baseAddress else { return 0 }
    let bytes = start.assumingMemoryBound(to: Int8.self) + row * stride
    let scale = part(.scales, file).loadUnaligned(fromByteOffset: row * 4, as: Float.self)
    return kernels.dot_float_int8(query, bytes, stride) * scale
  }

  /// A number past the last passage names none.
  private func passage(_ row: Int, _ file: UnsafeRawBufferPointer) -> Int {
    Int(part(.passageOfRow, file).loadUnaligned(fromByteOffset: row * 4, as: UInt32.self))
  }

  private func part(
    _ section: SegmentFile.Section, _ file: UnsafeRawBufferPointer
  ) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: file[sections[section.rawValue]])
  }

  /// Each row's passage and its vector, as exactly as it is stored.
  func all() -> [(passage: Int, vector: [Float])] {
    file.withUnsafeBytes { file in
      let halves = part(.halves, file)
      let bytes = part(.bytes, file)
      let scales = part(.scales, file)
      return (0..<count).map { row in
        let scale = scales.loadUnaligned(fromByteOffset: row * 4, as: Float.self)
        let vector = (0..<embedder.dimension).map { place in
          let index = row * stride + place
          return halves.isEmpty
            ? Float(bytes.load(fromByteOffset: index, as: Int8.self)) * scale
            : cv_float(halves.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
        }
        return (passage(row, file), vector)
      }
    }
  }
}

/// The best rows so far, best first; of equal ones the earlier row.
private struct Best {
  let limit: Int
  private(set) var rows: [(row: Int, score: Float)] = []

  init(limit: Int) {
    self.limit = limit
    rows.reserveCapacity(limit + 1)
  }

  mutating func add(_ row: Int, _ score: Float) {
    guard !score.isNaN else { return }
    if rows.count == limit {
      guard let last = rows.last, score > last.score else { return }
      rows.removeLast()
    }
    var low = 0
    var high = rows.count
    while low < high {
      let middle = (low + high) / 2
      if rows[middle].score >= score { low = middle + 1 } else { high = middle }
    }
    rows.insert((row, score), at: low)
  }
}
