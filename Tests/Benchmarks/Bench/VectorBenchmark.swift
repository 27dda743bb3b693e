import Agent
import CVectors
import Glibc

/// The search index at 10,000 and 100,000 vectors of 1,536 elements: time of a search, recall against
/// exact floats, and what the first question costs after opening the file (warm page cache).
///
/// The vectors are made up: 512 topics in 96 hidden dimensions, a common offset, noise in all dimensions.
/// They and the questions are written for `vectors.py`, which measures FAISS and NumPy on the same.
enum VectorBenchmark {
  private static let dimension = 1_536
  private static let questions = 100
  private static let found = 10

  static func run(_ arguments: [String]) throws {
    let sizes = try arguments.isEmpty ? [10_000, 100_000] : arguments.map { try size($0) }
    let folder = ".build/vectors"
    mkdir(folder, 0o755)
    print(
      row(["vectors", "kernels", "file MB", "open+first ms", "p50 ms", "p99 ms", "recall@10"]))
    for size in sizes {
      let made = Made(count: size, dimension: dimension, questions: questions)
      try made.write(to: "\(folder)/\(size)")
      try measure(made, path: "\(folder)/\(size).index")
    }
  }

  private static func size(_ text: String) throws -> Int {
    guard let size = Int(text), (100...200_000).contains(size) else {
      throw BenchError.system("\(text): a number of vectors from 100 to 200000")
    }
    return size
  }

  private static func row(_ cells: [String]) -> String {
    Bench.row(cells, widths: [8, 9, 8, 14, 8, 8, 9])
  }

  private static func measure(_ made: Made, path: String) throws {
    var builder = SegmentBuilder(
      embedder: EmbedderID(name: "made-up", version: "1", dimension: dimension))
    for number in 0..<made.count {
      let passage = Passage(id: "\(number)", source: "", title: "", text: "")
      try builder.add(passage, vector: made.vector(number))
    }
    let bytes = try builder.file()
    guard let file = fopen(path, "w") else { throw BenchError.system(path) }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
    let exact = (0..<questions).map { made.nearest($0, found) }
    for isPortable in [false, true] {
      try report(made, path, exact, isPortable: isPortable)
    }
  }

  private static func report(
    _ made: Made, _ path: String, _ exact: [[Int]], isPortable: Bool
  ) throws {
    var opening: [Double] = []
    for _ in 0..<15 {
      let start = now()
      let segment = try IndexSegment(
        IndexBytes(mapping: path), verifies: false, isPortable: isPortable)
      _ = segment.nearest(made.question(0), limit: found)
      opening.append(Double(now() - start) / 1e6)
    }
    let segment = try IndexSegment(
      IndexBytes(mapping: path), verifies: false, isPortable: isPortable)
    var times: [Double] = []
    var right = 0
    for round in 0..<3 {
      for number in 0..<questions {
        let question = made.question(number)
        let start = now()
        let hits = segment.nearest(question, limit: found)
        times.append(Double(now() - start) / 1e6)
        if round == 0 { right += Set(hits.map(\.passage)).intersection(exact[number]).count }
      }
    }
    let (opened, searched) = (Figures(opening), Figures(times))
    let kernels = isPortable ? cv_portable() : cv_wide() ?? cv_portable()
    print(
      row([
        "\(made.count)", String(cString: kernels.pointee.name), text(megabytes(path), digits: 0),
        text(opened.median, digits: 2), text(searched.median, digits: 2),
        text(searched.quantile(0.99), digits: 2),
        text(Double(right) / Double(questions * found), digits: 4),
      ]))
  }
}

/// Vectors like those of an embedder, always the same.
private struct Made {
  let count: Int
  let dimension: Int
  private var values: [Float]

  private static let topics = 512
  private static let hidden = 96

  init(count: Int, dimension: Int, questions: Int) {
    self.count = count
    self.dimension = dimension
    var random = Gauss()
    let basis = (0..<Self.hidden * dimension).map { _ in random.next() / 10 }
    let offset = (0..<dimension).map { _ in random.next() * 0.3 }
    let topics = (0..<Self.topics * Self.hidden).map { _ in random.next() }
    values = []
    values.reserveCapacity((count + questions) * dimension)
    var vector = [Float](repeating: 0, count: dimension)
    for _ in 0..<count + questions {
      let topic = random.number(below: Self.topics) * Self.hidden
      for place in 0..<dimension { vector[place] = offset[place] + random.next() * 0.35 }
      for factor in 0..<Self.hidden {
        let weight = topics[topic + factor] + random.next() * 0.6
        basis.withUnsafeBufferPointer { basis in
          let start = factor * dimension
          for place in 0..<dimension { vector[place] += weight * basis[start + place] }
        }
      }
      var square: Float = 0
      for value in vector { square += value * value }
      let scale = 1 / square.squareRoot()
      for value in vector { values.append(value * scale) }
    }
  }

  func vector(_ number: Int) -> [Float] {
    Array(values[number * dimension..<(number + 1) * dimension])
  }

  func question(_ number: Int) -> [Float] { vector(count + number) }

  /// The nearest by exact floats.
  func nearest(_ question: Int, _ limit: Int) -> [Int] {
    let kernels = (cv_wide() ?? cv_portable()).pointee
    let query = self.question(question)
    let scores = values.withUnsafeBufferPointer { values -> [Float] in
      guard let start = values.baseAddress else { return [] }
      return (0..<count).map { kernels.dot_float(query, start + $0 * dimension, dimension) }
    }
    return Array(scores.indices.sorted { scores[$0] > scores[$1] }.prefix(limit))
  }

  /// Little-endian floats: the vectors, and the questions.
  func write(to path: String) throws {
    for (name, range) in [
      ("\(path).f32", 0..<count * dimension),
      ("\(path)-questions.f32", count * dimension..<values.count),
    ] {
      guard let file = fopen(name, "w") else { throw BenchError.system(name) }
      values[range].withUnsafeBytes { _ = fwrite($0.baseAddress, 1, $0.count, file) }
      fclose(file)
    }
  }
}

/// Normally distributed numbers: the sum of four uniform ones, which is near enough.
private struct Gauss {
  private var state: UInt64 = 0x2545_F491_4F6C_DD1D

  private mutating func step() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }

  mutating func number(below limit: Int) -> Int { Int(step() >> 33) % limit }

  mutating func next() -> Float {
    let bits = step()
    var sum = 0
    for shift in [0, 16, 32, 48] { sum += Int(bits >> UInt64(shift) & 0xFFFF) }
    // Mean 2 * 65535, variance 4 * 65535^2 / 12.
    return (Float(sum) - 131_070) / 37_837
  }
}
