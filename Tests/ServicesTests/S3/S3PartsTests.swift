import Crypto
import Server
import Testing

@testable import Services

@Suite struct XMLReaderTests {
  @Test func `reads elements, entities and CDATA, without their prefixes`() throws {
    let text = """
      <?xml version="1.0"?><!-- a --><s:Delete xmlns:s="urn:x" b='>'>
        <Object><Key>a&amp;b&#x98df;<![CDATA[<c>]]></Key></Object><Quiet/></s:Delete>
      """
    let xml = try XMLReader.read(Array(text.utf8))
    #expect(xml.name == "Delete")
    #expect(xml["Object"]?["Key"]?.text == "a&b食<c>")
    #expect(xml["Quiet"]?.text == "")
  }

  @Test(arguments: [
    "", "<a>", "<a></b>", "<a/><b/>", "a", "<a b></a>", "<a b=c/>", "<a>&nbsp;</a>",
    "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "<a>&#xd800;</a>", "<a><![CDATA[</a>", "<a",
    "<a><!-- </a>", "<1", "<>", "</a>",
  ])
  func `refuses what is not well-formed`(text: String) {
    #expect(throws: XMLReader.Failure.self) { try XMLReader.read(Array(text.utf8)) }
  }

  @Test func `refuses deep nesting`() {
    let deep = String(repeating: "<a>", count: 10_000)
    #expect(throws: XMLReader.Failure.self) { try XMLReader.read(Array(deep.utf8)) }
  }

  @Test func `reads back what the writer writes`() throws {
    let name = "a<b>&\"'\u{1}\r\n食"
    let bytes = XMLWriter.document("R") { $0.element("K", name) }
    #expect(try XMLReader.read(bytes)["K"]?.text == name)
  }
}

@Suite struct ChunkedUploadTests {
  private let body =
    "5;chunk-signature=abc\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n"

  @Test func `takes the chunks apart, cut at every place`() throws {
    let bytes = Array(body.utf8)
    for cut in 0...bytes.count {
      var chunks = ChunkedUpload()
      var output: [UInt8] = []
      try chunks.decode(Array(bytes[..<cut]), into: &output)
      try chunks.decode(Array(bytes[cut...]), into: &output)
      #expect(String(decoding: output, as: UTF8.self) == "hello world")
      #expect(chunks.isComplete)
      #expect(chunks.trailers["x-amz-checksum-crc32"] == "DUoRhQ==")
    }
  }

  @Test func `is incomplete before its last byte`() throws {
    let bytes = Array(body.utf8)
    for end in 0..<bytes.count {
      var chunks = ChunkedUpload()
      var output: [UInt8] = []
      try chunks.decode(Array(bytes[..<end]), into: &output)
      #expect(!chunks.isComplete)
    }
  }

  @Test(arguments: [
    "x\r\n", "-1\r\n", "\r\n", "5\nhello", "2\r\nabc\r\n", "ffffffffffffffffff\r\n",
    "0\r\nno colon\r\n\r\n", "0\r\n\r\nmore", "1;\n",
  ])
  func `refuses broken chunks`(text: String) {
    #expect(throws: S3Error.self) {
      var chunks = ChunkedUpload()
      var output: [UInt8] = []
      try chunks.decode(Array(text.utf8), into: &output)
    }
  }

  @Test func `bounds a line that never ends`() {
    #expect(throws: S3Error.self) {
      var chunks = ChunkedUpload()
      var output: [UInt8] = []
      for _ in 0..<100 { try chunks.decode([UInt8](repeating: 0x31, count: 1_000), into: &output) }
    }
  }
}

@Suite struct ChecksumTests {
  // "123456789": the check values of the catalogue of parametrised CRC algorithms, and of FIPS 180-4.
  @Test(arguments: [
    (ChecksumAlgorithm.crc32, "cbf43926"), (.crc32c, "e3069283"),
    (.crc64nvme, "ae8b14860a799888"), (.sha1, "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
    (.sha256, "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
  ])
  func `gives the published values`(algorithm: ChecksumAlgorithm, value: String) {
    let bytes = Array("123456789".utf8)
    #expect(Hex.encode(ChecksumState.bytes(of: algorithm, bytes)) == value)
    var pieces = ChecksumState(algorithm)
    for byte in bytes { withUnsafeBytes(of: byte) { pieces.update($0) } }
    #expect(Hex.encode(pieces.bytes()) == value)
  }
}

@Suite struct ByteRangeTests {
  @Test(
    arguments: [
      (nil, nil), ("bytes=0-0", 0..<1), ("bytes=2-", 2..<10), ("bytes=-3", 7..<10),
      ("bytes=-30", 0..<10), ("bytes=5-99999999999999999999", 5..<10), ("bytes=1-2,4-5", nil),
      ("bytes=3-2", nil), ("bytes=-", nil), ("items=0-1", nil), ("bytes=a-b", nil),
      ("bytes=+1-2", nil),
    ] as [(String?, Range<Int>?)])
  func `reads a range of ten bytes`(header: String?, range: Range<Int>?) throws {
    #expect(try ByteRange.part(header, of: 10) == range)
  }

  @Test(arguments: ["bytes=10-", "bytes=-0", "bytes=99999999999999999999-"])
  func `refuses a range beyond the end`(header: String) {
    #expect(throws: S3Error.self) { try ByteRange.part(header, of: 10) }
  }
}

@Suite struct S3RequestTests {
  @Test(
    arguments: [
      ("127.0.0.1:4566", "/b/a%2Fb/c", "b", "a/b/c"), ("localhost", "/b/", "b", nil),
      ("localhost", "/", nil, nil), ("b.s3.localhost:1", "/k%20+", "b", "k +"),
      ("b.localhost", "/../x", "b", "../x"), ("s3.localhost", "/b/k", "b", "k"),
      ("s3.us-east-1.localhost", "/b/k", "b", "k"), ("localhost", "/b//k", "b", "/k"),
      ("localhost", "/b/%E9%A3%9F", "b", "食"),
    ] as [(String, String, String?, String?)])
  func `finds bucket and key`(host: String, path: String, bucket: String?, key: String?) throws {
    let request = try S3Request(
      HTTPRequest(method: "GET", target: path + "?a=1+2&b&c=%3D", headers: ["Host": host]))
    #expect(request.bucket == bucket)
    #expect(request.key == key)
    #expect(request["a"] == "1 2" && request["b"] == "" && request["c"] == "=")
  }

  @Test func `refuses a key that is no UTF-8 or too long`() {
    for key in ["%FF", String(repeating: "k", count: 1_025)] {
      #expect(throws: S3Error.self) {
        try S3Request(HTTPRequest(method: "GET", target: "/b/" + key))
      }
    }
  }

  @Test(arguments: [
    ("abc", true), ("a.b-c1", true), ("ab", false), ("Abc", false), ("a_b", false),
    ("192.168.0.1", false), ("a..b", false), ("-abc", false), ("openai", false),
    (String(repeating: "a", count: 63), true), (String(repeating: "a", count: 64), false),
  ])
  func `knows the names of buckets`(name: String, isValid: Bool) {
    #expect(BucketName.isValid(name) == isValid)
  }

  @Test func `reads and writes its times`() {
    #expect(WireTime.iso(784_111_777_123) == "1994-11-06T08:49:37.123Z")
    #expect(WireTime.http(784_111_777_999) == "Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(WireTime.seconds(http: "Sun, 06 Nov 1994 08:49:37 GMT") == 784_111_777)
    #expect(WireTime.seconds(basic: "19941106T084937Z") == 784_111_777)
    #expect(WireTime.seconds(basic: "19941306T084937Z") == nil)
  }
}
