/// Undoes DEFLATE compression (RFC 1951): of a zip's entry, of a request's body.
package struct Inflate {
  package enum Failure: Error, Equatable {
    /// The data break RFC 1951, or the format around them.
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

  static let lengthBases: [(base: Int, extra: Int)] = bases(
    first: 3,
    extras: [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5])
  static let distanceBases: [(base: Int, extra: Int)] = bases(
    first: 1, extras: (0..<30).map { max(0, $0 / 2 - 1) })
  static let lengthOrder = [
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
  package static func bytes(of input: ArraySlice<UInt8>, limit: Int) throws(Failure) -> [UInt8] {
    var inflate = Inflate(input, limit: limit)
    try inflate.run()
    return inflate.output
  }

  /// The content of a gzip file of one or more members (RFC 1952), at most `limit` bytes.
  package static func gzip(_ input: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
    var content: [UInt8] = []
    var rest = input[...]
    repeat {
      var inflate = Inflate(try gzipBody(rest), limit: limit - content.count)
      try inflate.run()
      let trailer = inflate.unread.prefix(8)
      guard trailer.count == 8, number(trailer.prefix(4)) == CRC32.checksum(inflate.output),
        number(trailer.suffix(4)) == UInt32(truncatingIfNeeded: inflate.output.count)
      else { throw .malformed }
      content += inflate.output
      rest = inflate.unread.dropFirst(8)
    } while !rest.isEmpty
    return content
  }

  /// The content of a zlib stream (RFC 1950), which is what `Content-Encoding: deflate` means, or of
  /// bare DEFLATE data, which some clients send under that name.
  package static func zlib(_ input: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
    let isWrapped =
      input.count > 2 && input[0] & 0x0F == 8 && (Int(input[0]) << 8 | Int(input[1])) % 31 == 0
      && input[1] & 0x20 == 0
    guard isWrapped else { return try bytes(of: input[...], limit: limit) }
    var inflate = Inflate(input[2...], limit: limit)
    try inflate.run()
    let trailer = inflate.unread.prefix(4)
    guard trailer.count == 4, number(trailer).byteSwapped == adler32(inflate.output) else {
      throw .malformed
    }
    return inflate.output
  }

  /// What stands behind the head of a gzip member (§2.3).
  private static func gzipBody(_ input: ArraySlice<UInt8>) throws(Failure) -> ArraySlice<UInt8> {
    let head = Array(input.prefix(10))
    guard head.count == 10, head[0] == 0x1F, head[1] == 0x8B, head[2] == 8, head[3] & 0xE0 == 0
    else { throw .malformed }
    var rest = input.dropFirst(10)
    if head[3] & 4 != 0 {
      let length = rest.prefix(2)
      guard length.count == 2 else { throw .malformed }
      rest = rest.dropFirst(2 + Int(number(length)))
    }
    for flag: UInt8 in [8, 16] where head[3] & flag != 0 {
      guard let end = rest.firstIndex(of: 0) else { throw .malformed }
      rest = rest[(end + 1)...]
    }
    return head[3] & 2 != 0 ? rest.dropFirst(2) : rest
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// RFC 1950, §9.
  static func adler32(_ bytes: [UInt8]) -> UInt32 {
    var (low, high): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      low = (low + UInt32(byte)) % 65521
      high = (high + low) % 65521
    }
    return high << 16 | low
  }

  /// The input behind the end of the data; bits that are left of its last byte are padding.
  private var unread: ArraySlice<UInt8> { input[(position - buffered / 8)...] }

  private init(_ input: ArraySlice<UInt8>, limit: Int) {
    self.input = input
    self.limit = limit
    position = input.startIndex
    output.reserveCapacity(min(limit, 4 * input.count))
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
