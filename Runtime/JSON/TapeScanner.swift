import Glibc

/// Reads a text once and writes its tape. Not recursive: depth costs a word, never stack.
///
/// It lives only inside `tape(of:limits:)`, where the bytes it points at stay in place.
struct TapeScanner {
  let base: UnsafePointer<UInt8>
  let count: Int
  let limits: JSONLimits
  var position = 0
  var tape: [TapeEntry] = []
  /// Tape indices of the arrays and objects that are open.
  private var open: [Int] = []

  static func tape(of bytes: [UInt8], limits: JSONLimits) throws(JSONError) -> [TapeEntry] {
    guard bytes.count <= limits.bytes else {
      throw JSONError(.tooLarge(bytes: bytes.count, limit: limits.bytes), at: 0, in: bytes)
    }
    let outcome = bytes.withUnsafeBufferPointer { buffer -> Result<[TapeEntry], JSONError> in
      guard let base = buffer.baseAddress, !buffer.isEmpty else {
        return .failure(JSONError(.empty, at: 0, in: bytes))
      }
      var scanner = TapeScanner(base: base, count: buffer.count, limits: limits)
      do throws(JSONError) {
        try scanner.scan()
        return .success(scanner.tape)
      } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
  }

  private init(base: UnsafePointer<UInt8>, count: Int, limits: JSONLimits) {
    self.base = base
    self.count = count
    self.limits = limits
    tape.reserveCapacity(count / 12 + 4)
  }

  func error(_ kind: JSONError.Kind, at offset: Int) -> JSONError {
    JSONError(kind, at: offset, in: UnsafeBufferPointer(start: base, count: count))
  }

  /// The error of something else standing at the current place, or of the text ending there.
  func expected(_ what: String) -> JSONError {
    guard position < count else { return error(.unexpectedEnd(expected: what), at: position) }
    return error(
      .unexpected(found: JSONError.found(base[position]), expected: what), at: position)
  }

  // MARK: Structure

  private mutating func scan() throws(JSONError) {
    if count >= 3, base[0] == 0xEF, base[1] == 0xBB, base[2] == 0xBF {
      throw error(.byteOrderMark, at: 0)
    }
    skipSpace()
    guard position < count else { throw error(.empty, at: position) }
    while true {
      if try beginValue() { continue }
      guard try finishValue() else { return }
    }
  }

  /// Reads a value, or the beginning of an array or object that is not empty (then true, and its
  /// first value is next).
  private mutating func beginValue() throws(JSONError) -> Bool {
    skipSpace()
    guard position < count else { throw expected("a value") }
    let start = position
    switch base[position] {
    case 0x22:  // "
      try readString()
    case 0x2D, 0x30...0x39:  // - 0…9
      try readNumber()
      append(.number, from: start)
    case 0x7B:  // {
      return try beginContainer(.object, closing: 0x7D)
    case 0x5B:  // [
      return try beginContainer(.array, closing: 0x5D)
    case 0x74:  // t
      try readWord("true")
      append(.true, from: start)
    case 0x66:  // f
      try readWord("false")
      append(.false, from: start)
    case 0x6E:  // n
      try readWord("null")
      append(.null, from: start)
    default:
      throw expected("a value")
    }
    return false
  }

  private mutating func beginContainer(
    _ kind: TapeEntry.Kind, closing: UInt8
  ) throws(JSONError) -> Bool {
    guard open.count < limits.depth else {
      throw error(.tooDeep(limit: limits.depth), at: position)
    }
    let index = tape.count
    tape.append(TapeEntry(kind, start: position, end: position, next: index))
    position += 1
    skipSpace()
    if position < count, base[position] == closing {
      position += 1
      close(index)
      return false
    }
    open.append(index)
    tape[index].count = 1
    if kind == .object { try readKey(or: " or \"}\"") }
    return true
  }

  /// Goes on after a value: closes what ends here. False at the end of the text.
  private mutating func finishValue() throws(JSONError) -> Bool {
    while let index = open.last {
      skipSpace()
      let isObject = tape[index].kind == .object
      guard position < count else { throw expected(isObject ? "\",\" or \"}\"" : "\",\" or \"]\"") }
      let byte = base[position]
      if byte == 0x2C {  // ,
        position += 1
        tape[index].count += 1
        if isObject { try readKey(or: "") }
        return true
      }
      guard byte == (isObject ? 0x7D : 0x5D) else {
        throw expected(isObject ? "\",\" or \"}\"" : "\",\" or \"]\"")
      }
      position += 1
      open.removeLast()
      close(index)
      if isObject, limits.duplicates == .refused { try refuseDuplicates(in: index) }
    }
    skipSpace()
    guard position == count else {
      throw error(.trailing(found: JSONError.found(base[position])), at: position)
    }
    return false
  }

  private mutating func close(_ index: Int) {
    tape[index].end = UInt32(truncatingIfNeeded: position)
    tape[index].next = UInt32(truncatingIfNeeded: tape.count)
  }

  private mutating func readKey(or alternative: String) throws(JSONError) {
    skipSpace()
    guard position < count, base[position] == 0x22 else {
      throw expected("a member's name in double quotes\(alternative)")
    }
    try readString()
    skipSpace()
    guard position < count, base[position] == 0x3A else { throw expected("\":\"") }
    position += 1
  }

  private mutating func readWord(_ word: StaticString) throws(JSONError) {
    let length = word.utf8CodeUnitCount
    guard position + length <= count, memcmp(base + position, word.utf8Start, length) == 0 else {
      throw expected("a value (true, false and null are the only words of JSON)")
    }
    position += length
  }

  @inline(__always)
  private mutating func skipSpace() {
    while position < count {
      let byte = base[position]
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
      position += 1
    }
  }

  @inline(__always)
  mutating func append(_ kind: TapeEntry.Kind, from start: Int) {
    tape.append(TapeEntry(kind, start: start, end: position, next: tape.count + 1))
  }
}
