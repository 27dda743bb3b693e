/// Undoes the DEFLATE compression of a zip's entry (RFC 1951).
struct Inflate {
  enum Failure: Error, Equatable {
    /// The data break RFC 1951.
    case malformed
    /// There is more than was announced.
    case tooLong
  }

  /// A canonical Huffman code: for each possible look-ahead the symbol and its length.
  private struct Code {
    /// Length in the low four bits, symbol above; 0 where no code begins so.
    let table: [UInt16]
    let bits: Int

    /// Codes by length and symbol (§3.2.2). More codes than fit are an error, fewer are not: a code
    /// of one symbol is incomplete.
    init(lengths: ArraySlice<UInt8>) throws(Failure) {
      let longest = Int(lengths.max() ?? 0)
      bits = max(1, longest)
      var counts = [Int](repeating: 0, count: 16)
      for length in lengths { counts[Int(length)] += 1 }
      counts[0] = 0
      var next = [Int](repeating: 0, count: 17)
      var code = 0
      for length in 1...15 {
        next[length] = code
        code += counts[length]
        guard code <= 1 << length else { throw .malformed }
        code <<= 1
      }
      var table = [UInt16](repeating: 0, count: 1 << bits)
      for (symbol, length) in lengths.enumerated() where length > 0 {
        let length = Int(length)
        var place = Self.reversed(next[length], length)
        next[length] += 1
        while place < table.count {
          table[place] = UInt16(symbol << 4 | length)
          place += 1 << length
        }
      }
      self.table = table
    }

    /// Codes are stored from their first bit on, look-ahead begins with the last one.
    private static func reversed(_ code: Int, _ length: Int) -> Int {
      var code = code
      var result = 0
      for _ in 0..<length {
        result = result << 1 | code & 1
        code >>= 1
      }
      return result
    }
  }

  private static let lengthBases: [(base: Int, extra: Int)] = bases(
    first: 3,
    extras: [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5])
  private static let distanceBases: [(base: Int, extra: Int)] = bases(
    first: 1, extras: (0..<30).map { max(0, $0 / 2 - 1) })
  private static let lengthOrder = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
  ]

  private static func bases(first: Int, extras: [Int]) -> [(base: Int, extra: Int)] {
    var base = first
    return extras.map { extra in
      defer { base += 1 << extra }
      return (base, extra)
    }
  }

  private let input: ArraySlice<UInt8>
  private var position: Int
  private var buffer: UInt32 = 0
  private var buffered = 0
  private var output: [UInt8] = []
  private let limit: Int

  /// All bytes of compressed data, at most `limit` of them.
  static func bytes(of input: ArraySlice<UInt8>, limit: Int) throws(Failure) -> [UInt8] {
    var inflate = Inflate(input, limit: limit)
    try inflate.run()
    return inflate.output
  }

  private init(_ input: ArraySlice<UInt8>, limit: Int) {
    self.input = input
    self.limit = limit
    position = input.startIndex
    output.reserveCapacity(min(limit, 64 << 20))
  }

  private mutating func run() throws(Failure) {
    var isLast = false
    while !isLast {
      isLast = try take(1) == 1
      switch try take(2) {
      case 0: try copyStored()
      case 1: try expand(Self.fixed())
      case 2: try expand(readCodes())
      default: throw .malformed
      }
    }
  }

  // MARK: - Blocks

  private mutating func copyStored() throws(Failure) {
    position -= buffered / 8
    buffer = 0
    buffered = 0
    guard input.endIndex - position >= 4 else { throw .malformed }
    let length = Int(input[position]) | Int(input[position + 1]) << 8
    let check = Int(input[position + 2]) | Int(input[position + 3]) << 8
    position += 4
    guard length == check ^ 0xFFFF, input.endIndex - position >= length else { throw .malformed }
    guard output.count + length <= limit else { throw .tooLong }
    output += input[position..<position + length]
    position += length
  }

  private mutating func expand(_ codes: (literals: Code, distances: Code)) throws(Failure) {
    while true {
      let symbol = try self.symbol(codes.literals)
      if symbol < 256 {
        guard output.count < limit else { throw .tooLong }
        output.append(UInt8(symbol))
        continue
      }
      if symbol == 256 { return }
      let length = try self.length(symbol - 257)
      let place = try self.symbol(codes.distances)
      guard place < Self.distanceBases.count else { throw .malformed }
      let (base, extra) = Self.distanceBases[place]
      let distance = base + (try take(extra))
      guard distance <= output.count else { throw .malformed }
      guard output.count + length <= limit else { throw .tooLong }
      // May overlap what it writes, so byte by byte.
      var source = output.count - distance
      for _ in 0..<length {
        output.append(output[source])
        source += 1
      }
    }
  }

  private mutating func length(_ place: Int) throws(Failure) -> Int {
    if place == 28 { return 258 }
    guard place < Self.lengthBases.count else { throw .malformed }
    let (base, extra) = Self.lengthBases[place]
    return base + (try take(extra))
  }

  private static func fixed() throws(Failure) -> (Code, Code) {
    let lengths = (0..<288).map { (symbol: Int) -> UInt8 in
      symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8
    }
    return (
      try Code(lengths: lengths[...]), try Code(lengths: [UInt8](repeating: 5, count: 30)[...])
    )
  }

  /// The codes that stand before a dynamic block (§3.2.7).
  private mutating func readCodes() throws(Failure) -> (Code, Code) {
    let literals = try take(5) + 257
    let distances = try take(5) + 1
    let count = try take(4) + 4
    guard literals <= 286, distances <= 30 else { throw .malformed }
    var lengths = [UInt8](repeating: 0, count: 19)
    for index in Self.lengthOrder.prefix(count) { lengths[index] = UInt8(try take(3)) }
    let code = try Code(lengths: lengths[...])
    var all: [UInt8] = []
    while all.count < literals + distances {
      let symbol = try self.symbol(code)
      switch symbol {
      case 0..<16: all.append(UInt8(symbol))
      case 16:
        guard let last = all.last else { throw .malformed }
        all += repeatElement(last, count: try take(2) + 3)
      case 17: all += repeatElement(0, count: try take(3) + 3)
      default: all += repeatElement(0, count: try take(7) + 11)
      }
    }
    guard all.count == literals + distances, all[256] > 0 else { throw .malformed }
    return (try Code(lengths: all[..<literals]), try Code(lengths: all[literals...]))
  }

  // MARK: - Bits

  private mutating func symbol(_ code: Code) throws(Failure) -> Int {
    while buffered < code.bits, position < input.endIndex { fill() }
    let entry = code.table[Int(buffer) & (code.table.count - 1)]
    let length = Int(entry & 15)
    guard length > 0, length <= buffered else { throw .malformed }
    buffer >>= UInt32(length)
    buffered -= length
    return Int(entry >> 4)
  }

  private mutating func take(_ count: Int) throws(Failure) -> Int {
    while buffered < count {
      guard position < input.endIndex else { throw .malformed }
      fill()
    }
    let value = Int(buffer) & (1 << count - 1)
    buffer >>= UInt32(count)
    buffered -= count
    return value
  }

  private mutating func fill() {
    buffer |= UInt32(input[position]) << UInt32(buffered)
    position += 1
    buffered += 8
  }
}
