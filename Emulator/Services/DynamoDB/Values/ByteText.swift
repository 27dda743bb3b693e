/// Text that is compared, ordered and hashed by its UTF-8 bytes, as the service does.
///
/// To Swift's `String`, "é" as one scalar and as two are equal; to DynamoDB they are two names.
struct ByteText: Hashable, Comparable, Sendable {
  let string: String

  init(_ string: String) { self.string = string }

  init(bytes: some Collection<UInt8>) { string = String(decoding: bytes, as: UTF8.self) }

  var count: Int { string.utf8.count }
  var isEmpty: Bool { string.isEmpty }
  var bytes: [UInt8] { Array(string.utf8) }

  static func == (left: ByteText, right: ByteText) -> Bool {
    guard left.count == right.count else { return false }
    return left.withBytes { a in right.withBytes { b in a.elementsEqual(b) } }
  }

  static func < (left: ByteText, right: ByteText) -> Bool {
    left.withBytes { a in right.withBytes { b in a.lexicographicallyPrecedes(b) } }
  }

  func hash(into hasher: inout Hasher) {
    withBytes { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }

  func hasPrefix(_ prefix: ByteText) -> Bool {
    withBytes { a in prefix.withBytes { b in a.starts(with: b) } }
  }

  func contains(_ part: ByteText) -> Bool { bytes.contains(sequence: part.bytes) }

  private func withBytes<T>(_ body: (UnsafeBufferPointer<UInt8>) -> T) -> T {
    if let result = string.utf8.withContiguousStorageIfAvailable(body) { return result }
    return Array(string.utf8).withUnsafeBufferPointer(body)
  }
}

extension ByteText: ExpressibleByStringLiteral, CustomStringConvertible {
  init(stringLiteral value: String) { string = value }
  var description: String { string }
}

extension [UInt8] {
  /// Whether `part` stands anywhere in these bytes. Linear: the search never goes back
  /// (Knuth, Morris and Pratt), since both sides come from outside.
  func contains(sequence part: [UInt8]) -> Bool {
    guard !part.isEmpty else { return true }
    guard part.count <= count else { return false }
    var fallback = [Int](repeating: 0, count: part.count)
    var matched = 0
    for index in 1..<Swift.max(1, part.count) {
      while matched > 0, part[index] != part[matched] { matched = fallback[matched - 1] }
      if part[index] == part[matched] { matched += 1 }
      fallback[index] = matched
    }
    matched = 0
    for byte in self {
      while matched > 0, byte != part[matched] { matched = fallback[matched - 1] }
      if byte == part[matched] { matched += 1 }
      if matched == part.count { return true }
    }
    return false
  }
}
