import Compression
import Server
import Testing

@testable import Services

@Suite struct AnswerEncodingTests {
  @Test(arguments: [
    ("identity", AnswerEncoding.identity), ("", .identity), ("br", .identity),
    ("x-gzip", .identity),
    ("gzip", .gzip), ("deflate", .deflate), ("gzip, deflate", .gzip),
    ("br, identity, deflate, gzip", .deflate), ("GZIP, identity", .gzip),
    ("dog, gzip ,, cat", .gzip), ("gzip;q=0.8, deflate;q=0.5", .gzip),
    ("gzip;q=0.5, deflate;q=0.8", .deflate),
    ("br, gzip;q=0, deflate; q = 0.5 , identity;q=0", .deflate),
    ("*", .gzip), ("*, deflate;q=0.5", .gzip), ("*, deflate", .deflate),
    ("*, gzip;q=0.5", .deflate),
    ("gzip ;q=0", .identity), ("deflate;q=0.5, gzip;q=0.x", .gzip),
    ("gzip;q=31,deflate;q=51", .gzip), ("gzip br", .identity),
    ("gzip:q=1", .identity), ("*;q=0", .identity), ("identity;q=0", .identity),
    ("*;q=0.5,identity", .gzip),
    ("deflate;q=-0.5,gzip;q=0.2", .gzip), ("gzip;nq=1;q=0 ", .identity),
    ("gzip;q=0, gzip;q=1, gzip;q=0", .gzip), ("deflate;q=0.5,gzip;q=0.", .deflate),
    ("br,identity;q=0.5,gzip;q=0.0001", .gzip),
  ])
  func `the client's preference decides`(_ list: String, _ wanted: AnswerEncoding) {
    #expect(AnswerEncoding(accepted: list) == wanted)
  }

  @Test func `only long answers are compressed`() throws {
    let short = [UInt8](repeating: 120, count: AnswerEncoding.threshold - 1)
    #expect(AnswerEncoding.gzip.encode(short).body == short)
    let long = short + [120]
    let (body, name) = AnswerEncoding.gzip.encode(long)
    #expect(name == "gzip")
    #expect(try Inflate.gzip(body, limit: long.count) == long)
  }
}
