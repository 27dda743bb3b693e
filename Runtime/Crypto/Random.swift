import COpenSSL

/// Randomness for keys, nonces and names that must not be guessed: the kernel's own.
package enum Random {
  package static func bytes(_ count: Int) -> [UInt8] {
    guard count > 0 else { return [] }
    return [UInt8](unsafeUninitializedCapacity: count) { bytes, written in
      // Without randomness nothing here can keep its promise; Linux has it from early boot on.
      precondition(
        martlet_random(bytes.baseAddress, count) == 1, "the kernel gives no random bytes")
      written = count
    }
  }

  /// Text of `count` characters, each drawn evenly from `alphabet` (ASCII, 2 to 256 characters).
  package static func text(_ count: Int, from alphabet: StaticString) -> String {
    let size = alphabet.utf8CodeUnitCount
    precondition(alphabet.hasPointerRepresentation && (2...256).contains(size))
    // Bytes at or over the greatest multiple of the size would favour the first characters.
    let limit = 256 - 256 % size
    var text: [UInt8] = []
    text.reserveCapacity(count)
    while text.count < count {
      for byte in bytes(count - text.count + 8) where Int(byte) < limit && text.count < count {
        text.append(alphabet.utf8Start[Int(byte) % size])
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
