import Glibc

/// Embeddings without a network: hashed words and character runs. Lexical, not semantic, and called so:
/// texts are near each other when they share words, not when they mean the same.
///
/// Features: English stems 1 and the character 3- and 4-grams of `<word>` 0.35; of Japanese runs single
/// characters 0.5, pairs 1, triples 0.6, all-kana ones a fifth of that. Each feature goes signed into one
/// bucket with log(1 + how often), and half into a second; the vector has unit length.
enum LexicalEmbedder {
  static let name = "lexical-hash-1"

  static func embedding(of text: String, dimensions: Int) -> [Float] {
    unit(sum(of: text, dimensions: dimensions))
  }

  /// The features added up, of any length: the more a text says, the longer.
  static func sum(of text: String, dimensions: Int) -> [Float] {
    var counts: [UInt64: (weight: Float, count: Float)] = [:]
    func add(_ feature: some Sequence<UInt8>, _ kind: UInt8, _ weight: Float) {
      counts[hash(feature, kind), default: (weight, 0)].count += 1
    }
    for token in Words.tokens(text.folded) {
      if token.script == .japanese {
        addJapanese(token.text, add)
      } else {
        addWord(token.text, add)
      }
    }
    var vector = [Float](repeating: 0, count: dimensions)
    for (hash, feature) in counts {
      let value = feature.weight * log1p(feature.count)
      let first = Int(hash % UInt64(dimensions))
      let second = Int((hash >> 32 &* 0x9E37_79B9) % UInt64(dimensions))
      vector[first] += hash & 1 << 62 == 0 ? value : -value
      vector[second] += (hash & 1 << 61 == 0 ? value : -value) / 2
    }
    return counts.isEmpty ? unit(vector) : vector
  }

  /// Little-endian 32-bit floats.
  static func bytes(_ vector: [Float]) -> [UInt8] {
    vector.flatMap { value in
      let bits = value.bitPattern
      return [
        UInt8(bits & 255), UInt8(bits >> 8 & 255), UInt8(bits >> 16 & 255), UInt8(bits >> 24),
      ]
    }
  }

  /// A text without any feature still gets a direction: the first.
  static func unit(_ vector: [Float]) -> [Float] {
    let length = sqrt(vector.reduce(0) { $0 + $1 * $1 })
    guard length > 0 else { return [1] + vector.dropFirst() }
    return vector.map { $0 / length }
  }

  private static func addWord(_ word: String, _ add: (ArraySlice<UInt8>, UInt8, Float) -> Void) {
    add(Array(Words.stem(word).utf8)[...], 1, 1)
    let framed = Array("<\(word)>".utf8)
    for length in [3, 4] where framed.count >= length {
      for start in 0...(framed.count - length) { add(framed[start..<start + length], 2, 0.35) }
    }
  }

  private static func addJapanese(_ run: String, _ add: (ArraySlice<UInt8>, UInt8, Float) -> Void) {
    let scalars = Array(run.unicodeScalars)
    for (length, weight) in [(1, Float(0.5)), (2, 1), (3, 0.6)] where scalars.count >= length {
      for start in 0...(scalars.count - length) {
        let gram = scalars[start..<start + length]
        let isKana = !gram.contains(where: Writing.isHan)
        let bytes = gram.flatMap { Array(String($0).utf8) }
        add(bytes[...], 3, isKana ? weight * 0.2 : weight)
      }
    }
  }

  /// FNV-1a with a last mix, so that all its bits can be used.
  private static func hash(_ bytes: some Sequence<UInt8>, _ kind: UInt8) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    hash = (hash ^ UInt64(kind)) &* 0x0000_0100_0000_01B3
    hash ^= hash >> 33
    hash = hash &* 0xFF51_AFD7_ED55_8CCD
    return hash ^ hash >> 33
  }
}
