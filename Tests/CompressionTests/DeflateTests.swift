import Compression
import Testing

@Suite struct DeflateTests {
  private static let samples: [[UInt8]] = [
    [], [7], Array("abcabcabcabcabc".utf8), [UInt8](repeating: 120, count: 300_000),
    (0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) },
    (0..<100_000).map { _ in UInt8.random(in: .min ... .max) },
    (0..<5_000).flatMap { Array("{\"pk\":{\"S\":\"p\($0 % 97)\"},\"n\":{\"N\":\"\($0)\"}},".utf8) },
  ]

  @Test(arguments: samples) func `unpacks to what it was made of`(_ sample: [UInt8]) throws {
    #expect(try Inflate.gzip(Deflate.gzip(sample), limit: sample.count) == sample)
    #expect(try Inflate.zlib(Deflate.zlib(sample), limit: sample.count) == sample)
  }

  @Test func `repetitions and rare letters take less room`() {
    #expect(Deflate.gzip(Self.samples[3]).count < 1_000)
    #expect(Deflate.gzip(Self.samples[6]).count < Self.samples[6].count / 5)
    let letters = (0..<200_000).map { _ in UInt8.random(in: 97...122) }
    #expect(Deflate.zlib(letters).count < letters.count * 2 / 3)
  }

  @Test func `what cannot be shortened hardly grows`() {
    #expect(Deflate.zlib(Self.samples[5]).count < Self.samples[5].count + 1_000)
  }

  /// Counts that grow as the Fibonacci numbers ask for codes longer than the format has.
  @Test func `codes stay within their longest`() throws {
    var sample: [UInt8] = []
    var (count, next) = (1, 1)
    for letter in UInt8(0)..<26 {
      sample += repeatElement(letter, count: count)
      (count, next) = (next, count + next)
    }
    sample.shuffle()
    #expect(try Inflate.zlib(Deflate.zlib(sample), limit: sample.count) == sample)
  }
}
