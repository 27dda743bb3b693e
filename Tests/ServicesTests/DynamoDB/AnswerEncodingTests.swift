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

/// What is looked at before the operation: method, type of content, JSON, target, signature.
@Suite struct WireTests {
  private func answer(
    _ method: String, _ headers: HTTPHeaders, _ body: String
  ) async throws -> (status: Int, headers: HTTPHeaders, text: String) {
    let service = try await ServiceUnderTest()
    var request = HTTPRequest(method: method, target: "/", headers: headers)
    if !body.isEmpty { request.body = RequestBody(Array(body.utf8)) }
    let response = await service.service.answer(request)
    guard case .bytes(let bytes) = response.body else { return (response.status, [:], "") }
    return (response.status, response.headers, String(decoding: bytes, as: UTF8.self))
  }

  @Test(arguments: [
    ("PUT", "application/x-amz-json-1.0"), ("POST", "text/plain"), ("POST", ""),
  ])
  func `other methods and types of content are not found`(
    _ method: String, _ type: String
  ) async throws {
    let found = try await answer(method, ["Content-Type": type], "{}")
    #expect(found.status == 404)
    #expect(found.text == "<UnknownOperationException/>\n")
    #expect(found.headers["x-amz-crc32"] == "3552371480")
  }

  @Test func `health has a request id and a checksum`() async throws {
    let found = try await answer("GET", [:], "")
    #expect(found.text == "healthy: dynamodb.us-east-1.amazonaws.com ")
    #expect(found.headers["x-amz-crc32"] == "3128867991")
    #expect(found.headers["x-amzn-RequestId"]?.utf8.count == 52)
  }

  @Test func `broken JSON comes before everything else, and answers have the request's type`()
    async throws
  {
    let broken = try await answer("POST", ["Content-Type": "application/json"], "{")
    #expect(broken.text == #"{"__type":"com.amazon.coral.service#SerializationException"}"#)
    #expect(broken.headers["Content-Type"] == "application/json")
    let unsigned = try await answer(
      "POST",
      [
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "DynamoDB_20120810.ListTables",
      ], "{}")
    #expect(unsigned.text.contains("MissingAuthenticationTokenException"))
  }
}
