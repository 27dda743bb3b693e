/// DEFLATE compression (RFC 1951), for answers that a client wants compressed.
///
/// One pass finds repetitions with a table of the last place of each three bytes, then each block of
/// symbols gets codes of its own. Data that do not become shorter stay close to their size.
package struct Deflate {
  /// A literal byte, or a length with a distance.
  private struct Symbol {
    var length: UInt16
    /// 0 for a literal, whose byte is in `length`.
    var distance: UInt16
  }

  private static let shortest = 3
  private static let longest = 258
  private static let farthest = 32_768
  private static let far = 1024
  /// Symbols of a block.
  private static let blockSize = 32_768
  /// Earlier places that are tried for each place.
  private static let tries = 16

  private var bits = BitWriter()

  /// A gzip file with one member (RFC 1952).
  package static func gzip(_ input: [UInt8]) -> [UInt8] {
    var deflate = Self()
    deflate.bits.bytes = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]
    deflate.compress(input)
    let size = UInt32(truncatingIfNeeded: input.count)
    for number in [CRC32.checksum(input), size] {
      for shift: UInt32 in [0, 8, 16, 24] {
        deflate.bits.bytes.append(UInt8(truncatingIfNeeded: number >> shift))
      }
    }
    return deflate.bits.bytes
  }

  /// A zlib stream (RFC 1950), which is what `Content-Encoding: deflate` means.
  package static func zlib(_ input: [UInt8]) -> [UInt8] {
    var deflate = Self()
    deflate.bits.bytes = [0x78, 0x9C]
    deflate.compress(input)
    let sum = Inflate.adler32(input)
    for shift: UInt32 in [24, 16, 8, 0] {
      deflate.bits.bytes.append(UInt8(truncatingIfNeeded: sum >> shift))
    }
    return deflate.bits.bytes
  }

  private mutating func compress(_ input: [UInt8]) {
    let symbols = Self.symbols(of: input)
    var start = 0
    repeat {
      let end = min(symbols.count, start + Self.blockSize)
      write(symbols[start..<end], isLast: end == symbols.count)
      start = end
    } while start < symbols.count
    bits.align()
  }

  // MARK: - Repetitions

  private static func symbols(of input: [UInt8]) -> [Symbol] {
    var symbols: [Symbol] = []
    symbols.reserveCapacity(input.count / 2)
    var heads = [Int32](repeating: -1, count: 1 << 15)
    var earlier = [Int32](repeating: -1, count: farthest)
    input.withUnsafeBufferPointer { input in
      func note(_ place: Int) {
        guard place + shortest <= input.count else { return }
        let hash = hash(input, place)
        earlier[place & (farthest - 1)] = heads[hash]
        heads[hash] = Int32(truncatingIfNeeded: place)
      }
      var place = 0
      while place < input.count {
        var best = (length: 0, distance: 0)
        if place + shortest <= input.count {
          var candidate = Int(heads[hash(input, place)])
          var left = tries
          while candidate >= 0, place - candidate < farthest, left > 0 {
            let length = match(input, candidate, place)
            if length > best.length { best = (length, place - candidate) }
            if length == longest { break }
            let next = Int(earlier[candidate & (farthest - 1)])
            guard next < candidate else { break }
            candidate = next
            left -= 1
          }
        }
        // Three bytes from far away take more bits than as they are.
        if best.length == shortest, best.distance > Self.far { best.length = 0 }
        guard best.length >= shortest else {
          symbols.append(Symbol(length: UInt16(input[place]), distance: 0))
          note(place)
          place += 1
          continue
        }
        symbols.append(Symbol(length: UInt16(best.length), distance: UInt16(best.distance)))
        for covered in place..<(place + best.length) { note(covered) }
        place += best.length
      }
    }
    return symbols
  }

  private static func hash(_ input: UnsafeBufferPointer<UInt8>, _ place: Int) -> Int {
    let word =
      UInt32(input[place]) << 16 | UInt32(input[place + 1]) << 8 | UInt32(input[place + 2])
    return Int((word &* 0x9E37_79B1) >> 17)
  }

  private static func match(
    _ input: UnsafeBufferPointer<UInt8>, _ candidate: Int, _ place: Int
  ) -> Int {
    let limit = min(longest, input.count - place)
    var length = 0
    while length < limit, input[candidate + length] == input[place + length] { length += 1 }
    return length
  }

  // MARK: - Blocks

  /// Writes a block with codes of its own (§3.2.7).
  private mutating func write(_ symbols: ArraySlice<Symbol>, isLast: Bool) {
    var literalCounts = [Int](repeating: 0, count: 286)
    var distanceCounts = [Int](repeating: 0, count: 30)
    literalCounts[256] = 1
    for symbol in symbols {
      if symbol.distance == 0 {
        literalCounts[Int(symbol.length)] += 1
      } else {
        literalCounts[257 + Self.place(Int(symbol.length), .lengths)] += 1
        distanceCounts[Self.place(Int(symbol.distance), .distances)] += 1
      }
    }
    let literals = HuffmanCode(counts: literalCounts, limit: 15)
    let distances = HuffmanCode(counts: distanceCounts, limit: 15)
    bits.write(isLast ? 1 : 0, 1)
    bits.write(2, 2)
    writeLengths(literals.lengths, distances.lengths)
    for symbol in symbols {
      guard symbol.distance > 0 else {
        bits.write(literals, Int(symbol.length))
        continue
      }
      let length = Int(symbol.length)
      let lengthPlace = Self.place(length, .lengths)
      bits.write(literals, 257 + lengthPlace)
      if lengthPlace < 28 {
        let (base, extra) = Inflate.lengthBases[lengthPlace]
        bits.write(UInt32(length - base), extra)
      }
      let distancePlace = Self.place(Int(symbol.distance), .distances)
      let (base, extra) = Inflate.distanceBases[distancePlace]
      bits.write(distances, distancePlace)
      bits.write(UInt32(Int(symbol.distance) - base), extra)
    }
    bits.write(literals, 256)
  }

  /// The lengths of both codes, each as it is: repeated lengths are not shortened.
  private mutating func writeLengths(_ literals: [UInt8], _ distances: [UInt8]) {
    let all = literals + distances
    var counts = [Int](repeating: 0, count: 19)
    for length in all { counts[Int(length)] += 1 }
    let code = HuffmanCode(counts: counts, limit: 7)
    bits.write(UInt32(literals.count - 257), 5)
    bits.write(UInt32(distances.count - 1), 5)
    bits.write(UInt32(Inflate.lengthOrder.count - 4), 4)
    for index in Inflate.lengthOrder { bits.write(UInt32(code.lengths[index]), 3) }
    for length in all { bits.write(code, Int(length)) }
  }

  private enum Kind {
    case lengths
    case distances
  }

  /// The symbol of a length or distance, without its extra bits.
  private static func place(_ value: Int, _ kind: Kind) -> Int {
    let bases = kind == .lengths ? Inflate.lengthBases : Inflate.distanceBases
    if kind == .lengths, value == longest { return 28 }
    var (low, high) = (0, bases.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if bases[middle].base <= value { low = middle } else { high = middle }
    }
    return low
  }
}

/// A canonical Huffman code (RFC 1951, §3.2.2).
private struct HuffmanCode {
  /// Bits of each symbol's code, 0 for symbols that do not occur.
  let lengths: [UInt8]
  /// Codes with their first bit lowest, as they are written.
  let codes: [UInt32]

  /// The best code for symbols that occur so often, with at most `limit` bits each.
  init(counts: [Int], limit: Int) {
    var counts = counts
    // A code needs two symbols; ones that do not occur cost nothing.
    for symbol in counts.indices where counts.count(where: { $0 > 0 }) < 2 && counts[symbol] == 0 {
      counts[symbol] = 1
    }
    var lengths = Self.lengths(counts)
    while let longest = lengths.max(), Int(longest) > limit {
      // Flatter counts give shorter codes; this ends with all counts equal.
      counts = counts.map { $0 == 0 ? 0 : ($0 + 1) / 2 + 1 }
      lengths = Self.lengths(counts)
    }
    self.lengths = lengths
    codes = Self.codes(lengths)
  }

  private static func lengths(_ counts: [Int]) -> [UInt8] {
    let used = counts.indices.filter { counts[$0] > 0 }.sorted { counts[$0] < counts[$1] }
    // Leaves by count and inner nodes in the order they are made: the two least are at the fronts.
    var weights = used.map { counts[$0] }
    var parents = [Int](repeating: 0, count: 2 * used.count - 1)
    var (leaf, inner) = (0, used.count)
    func least() -> Int {
      if leaf < used.count, inner >= weights.count || weights[leaf] <= weights[inner] {
        leaf += 1
        return leaf - 1
      }
      inner += 1
      return inner - 1
    }
    for _ in 1..<used.count {
      let (first, second) = (least(), least())
      parents[first] = weights.count
      parents[second] = weights.count
      weights.append(weights[first] + weights[second])
    }
    var depths = [Int](repeating: 0, count: weights.count)
    for node in stride(from: weights.count - 2, through: 0, by: -1) {
      depths[node] = depths[parents[node]] + 1
    }
    var lengths = [UInt8](repeating: 0, count: counts.count)
    for (place, symbol) in used.enumerated() { lengths[symbol] = UInt8(depths[place]) }
    return lengths
  }

  private static func codes(_ lengths: [UInt8]) -> [UInt32] {
    var numbers = [Int](repeating: 0, count: 17)
    for length in lengths where length > 0 { numbers[Int(length)] += 1 }
    var next = [UInt32](repeating: 0, count: 17)
    for length in 1..<17 { next[length] = (next[length - 1] + UInt32(numbers[length - 1])) << 1 }
    return lengths.map { length in
      guard length > 0 else { return 0 }
      defer { next[Int(length)] += 1 }
      var (code, reversed) = (next[Int(length)], UInt32(0))
      for _ in 0..<length {
        reversed = reversed << 1 | code & 1
        code >>= 1
      }
      return reversed
    }
  }
}

/// Bits, the lowest of each byte first.
private struct BitWriter {
  var bytes: [UInt8] = []
  private var buffer: UInt64 = 0
  private var buffered = 0

  mutating func write(_ value: UInt32, _ count: Int) {
    buffer |= UInt64(value) << UInt64(buffered)
    buffered += count
    while buffered >= 8 {
      bytes.append(UInt8(truncatingIfNeeded: buffer))
      buffer >>= 8
      buffered -= 8
    }
  }

  mutating func write(_ code: HuffmanCode, _ symbol: Int) {
    write(code.codes[symbol], Int(code.lengths[symbol]))
  }

  mutating func align() {
    if buffered > 0 { write(0, 8 - buffered) }
  }
}
