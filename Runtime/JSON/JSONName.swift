import Glibc

/// A member's name, compared by its bytes: to Swift's `String`, "é" as one scalar and as two are
/// the same; to JSON and to every AWS service they are two names.
struct JSONName: Hashable {
  let text: String

  init(_ text: String) {
    self.text = text
  }

  static func == (left: JSONName, right: JSONName) -> Bool {
    guard left.text.utf8.count == right.text.utf8.count else { return false }
    return withBytes(of: right.text) { left.isSame(as: $0) }
  }

  func hash(into hasher: inout Hasher) {
    JSONName.withBytes(of: text) { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }

  func isSame(as other: UnsafeBufferPointer<UInt8>) -> Bool {
    JSONName.withBytes(of: text) { mine in
      guard mine.count == other.count else { return false }
      guard let first = mine.baseAddress, let second = other.baseAddress else { return true }
      return memcmp(first, second, mine.count) == 0
    }
  }

  static func withBytes<Result>(
    of text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Result
  ) -> Result {
    if let result = text.utf8.withContiguousStorageIfAvailable(body) { return result }
    return Array(text.utf8).withUnsafeBufferPointer(body)
  }
}
