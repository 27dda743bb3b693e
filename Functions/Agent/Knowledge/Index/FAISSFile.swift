import CVectors

/// Vectors in the files of FAISS: flat, 8-bit and fp16 scalar quantizers, with or without ids.
///
/// Little-endian. Header: fourcc, i32 d, i64 n, two i64 unused, u8 trained, i32 metric (0 inner
/// product, 1 L2). `IxFI`, `IxF2`, `IxFl` flat; `IxSQ` scalar quantizer; `IxM2` and `IxMp` an index with
/// ids. Source: faiss/impl/index_write.cpp, compared byte by byte with FAISS 1.7.3 and 1.15.1.
package struct FAISSFile: Sendable, Equatable {
  package enum Storage: Sendable { case flat, bytes, halves }

  package enum Problem: Error, Equatable {
    case cutShort
    /// The four letters of a kind that is not read.
    case unsupported(String)
    case damaged(String)
  }

  package var dimension: Int
  package var vectors: [[Float]]
  /// Nil: they count from 0.
  package var ids: [Int64]?

  static let mostValues = 400_000_000

  package init(dimension: Int, vectors: [[Float]], ids: [Int64]? = nil) {
    self.dimension = dimension
    self.vectors = vectors
    self.ids = ids
  }

  // MARK: Reading

  package init(_ bytes: [UInt8]) throws(Problem) {
    var reader = Reader(bytes)
    let kind = try reader.fourcc()
    guard kind == "IxM2" || kind == "IxMp" else {
      self = try Self.plain(kind, &reader)
      return
    }
    _ = try reader.header()
    self = try Self.plain(reader.fourcc(), &reader)
    let count = try reader.count(of: 8)
    guard count == vectors.count else { throw .damaged("ids") }
    var ids: [Int64] = []
    for _ in 0..<count { ids.append(try reader.number()) }
    self.ids = ids
  }

  private static func plain(_ kind: String, _ reader: inout Reader) throws(Problem) -> FAISSFile {
    let (dimension, count) = try reader.header()
    switch kind {
    case "IxFI", "IxF2", "IxFl":
      guard try reader.count(of: 4) == dimension * count else { throw .damaged("size") }
      return FAISSFile(
        dimension: dimension,
        vectors: try reader.rows(count, dimension) { reader throws(Problem) in
          Float(bitPattern: try reader.number())
        })
    case "IxSQ": return try quantized(dimension, count, &reader)
    default: throw .unsupported(kind)
    }
  }

  private static func quantized(
    _ dimension: Int, _ count: Int, _ reader: inout Reader
  ) throws(Problem) -> FAISSFile {
    let type: Int32 = try reader.number()
    let _: Int32 = try reader.number()
    let _: UInt32 = try reader.number()
    let width: UInt64 = try reader.number()
    let size: UInt64 = try reader.number()
    var trained: [Float] = []
    for _ in 0..<(try reader.count(of: 4)) {
      trained.append(Float(bitPattern: try reader.number()))
    }
    let bytes = try reader.count(of: 1)
    guard width == UInt64(dimension) else { throw .damaged("dimension") }
    switch type {
    case 0:
      guard trained.count == 2 * dimension, bytes == dimension * count,
        size == UInt64(dimension)
      else { throw .damaged("codes") }
      var place = 0
      return FAISSFile(
        dimension: dimension,
        vectors: try reader.rows(count, dimension) { reader throws(Problem) in
          let code: UInt8 = try reader.number()
          defer { place = (place + 1) % dimension }
          return trained[place] + (Float(code) + 0.5) / 255 * trained[dimension + place]
        })
    case 4:
      guard bytes == 2 * dimension * count else { throw .damaged("codes") }
      return FAISSFile(
        dimension: dimension,
        vectors: try reader.rows(count, dimension) { reader throws(Problem) in
          cv_float(try reader.number())
        })
    default: throw .unsupported("IxSQ of type \(type)")
    }
  }

  // MARK: Writing

  /// An index by inner product; ids are written when there are some.
  package func encoded(as storage: Storage) -> [UInt8] {
    var bytes: [UInt8] = []
    if ids != nil { appendHeader("IxM2", to: &bytes) }
    switch storage {
    case .flat:
      appendHeader("IxFI", to: &bytes)
      bytes.appendLittleEndian(UInt64(dimension * vectors.count))
      for value in vectors.joined() { bytes.appendLittleEndian(value.bitPattern) }
    case .bytes: appendBytes(to: &bytes)
    case .halves:
      appendQuantizer(type: 4, size: 2 * dimension, trained: [], to: &bytes)
      for value in vectors.joined() { bytes.appendLittleEndian(cv_half(value)) }
    }
    if let ids {
      bytes.appendLittleEndian(UInt64(ids.count))
      for id in ids { bytes.appendLittleEndian(id) }
    }
    return bytes
  }

  private func appendHeader(_ kind: String, to bytes: inout [UInt8]) {
    bytes += kind.utf8
    bytes.appendLittleEndian(Int32(dimension))
    bytes.appendLittleEndian(Int64(vectors.count))
    for _ in 0..<2 { bytes.appendLittleEndian(Int64(1 << 20)) }
    bytes.append(1)
    bytes.appendLittleEndian(Int32(0))
  }

  private func appendQuantizer(
    type: Int32, size: Int, trained: [Float], to bytes: inout [UInt8]
  ) {
    appendHeader("IxSQ", to: &bytes)
    bytes.appendLittleEndian(type)
    bytes.appendLittleEndian(Int32(0))
    bytes.appendLittleEndian(Float(0).bitPattern)
    bytes.appendLittleEndian(UInt64(dimension))
    bytes.appendLittleEndian(UInt64(size))
    bytes.appendLittleEndian(UInt64(trained.count))
    for value in trained { bytes.appendLittleEndian(value.bitPattern) }
    bytes.appendLittleEndian(UInt64(size * vectors.count))
  }

  private func appendBytes(to bytes: inout [UInt8]) {
    let low = (0..<dimension).map { place in vectors.map { $0[place] }.min() ?? 0 }
    let range = (0..<dimension).map { place in (vectors.map { $0[place] }.max() ?? 0) - low[place] }
    appendQuantizer(type: 0, size: dimension, trained: low + range, to: &bytes)
    for vector in vectors {
      for (place, value) in vector.enumerated() {
        let share = range[place] > 0 ? (value - low[place]) / range[place] : 0
        bytes.append(UInt8(min(255, max(0, (share * 255).rounded(.down)))))
      }
    }
  }
}

extension FAISSFile {
  /// Reads forward and never past the end.
  private struct Reader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func number<T: FixedWidthInteger>() throws(Problem) -> T {
      let value = bytes.withUnsafeBytes { $0.number(at: position, as: T.self) }
      guard let value else { throw .cutShort }
      position += MemoryLayout<T>.size
      return value
    }

    mutating func fourcc() throws(Problem) -> String {
      guard bytes.count - position >= 4 else { throw .cutShort }
      defer { position += 4 }
      return String(decoding: bytes[position..<position + 4], as: UTF8.self)
    }

    mutating func header() throws(Problem) -> (dimension: Int, count: Int) {
      let dimension: Int32 = try number()
      let count: Int64 = try number()
      let _: Int64 = try number()
      let _: Int64 = try number()
      let _: UInt8 = try number()
      let metric: Int32 = try number()
      guard (1...65_536).contains(dimension), count >= 0,
        count <= Int64(FAISSFile.mostValues) / Int64(dimension)
      else { throw .damaged("size") }
      guard metric == 0 || metric == 1 else { throw .unsupported("metric \(metric)") }
      return (Int(dimension), Int(count))
    }

    /// A count of elements that are all there.
    mutating func count(of size: Int) throws(Problem) -> Int {
      let count: UInt64 = try number()
      guard count <= UInt64((bytes.count - position) / size) else { throw .cutShort }
      return Int(count)
    }

    mutating func rows(
      _ count: Int, _ dimension: Int, _ value: (inout Reader) throws(Problem) -> Float
    ) throws(Problem) -> [[Float]] {
      var rows: [[Float]] = []
      for _ in 0..<count {
        var row: [Float] = []
        row.reserveCapacity(dimension)
        for _ in 0..<dimension { row.append(try value(&self)) }
        rows.append(row)
      }
      return rows
    }
  }
}
