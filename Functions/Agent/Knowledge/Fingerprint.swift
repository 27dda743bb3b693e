import Crypto

/// Names contents: equal names mean equal bytes.
package struct Fingerprint: Sendable, Equatable {
  /// 64 hexadecimal digits.
  package let text: String

  /// The parts in order, each with its length, so that moving a border gives another name.
  package init(of parts: [[UInt8]]) {
    var hash = SHA256()
    for part in parts {
      hash.update("\(part.count):")
      hash.update(part)
    }
    text = Hex.encode(hash.finish())
  }
}
