import Foundation
import Testing

@testable import Crypto

/// A case of awslabs/aws-c-auth's signing test suite.
private struct Official: Decodable {
  struct Case: Decodable {
    let name: String
    let request: String
    let context: Context
    let headerCanonicalRequest: String
    let headerStringToSign: String
    let headerSignature: String
    let queryCanonicalRequest: String
    let querySignature: String
    let querySignedRequest: String

    enum CodingKeys: String, CodingKey {
      case name, request, context
      case headerCanonicalRequest = "header-canonical-request"
      case headerStringToSign = "header-string-to-sign"
      case headerSignature = "header-signature"
      case queryCanonicalRequest = "query-canonical-request"
      case querySignature = "query-signature"
      case querySignedRequest = "query-signed-request"
    }
  }
  struct Context: Decodable {
    struct Credentials: Decodable {
      let accessKeyId: String
      let secretAccessKey: String
      let token: String?
    }
    let credentials: Credentials
    let region: String
    let service: String
    let timestamp: String
    let expirationInSeconds: Int
    let normalize: Bool
    let signBody: Bool
    let omitSessionToken: Bool?

    var time: SigningTime? {
      SigningTime(timestamp.filter { $0 != "-" && $0 != ":" })
    }

    var signing: RequestSigning {
      var signing = RequestSigning(
        credentials: AWSCredentials(
          accessKeyID: credentials.accessKeyId, secretAccessKey: credentials.secretAccessKey,
          sessionToken: credentials.token),
        region: region, service: service)
      signing.pathRule = normalize ? .normalized : .asSent
      signing.sendsPayloadHash = signBody
      signing.omitsSessionToken = omitSessionToken ?? false
      return signing
    }
  }
  let cases: [Case]
}

/// Reads a request as the suite writes it: paths with blanks, folded headers.
private func parse(_ text: String) -> (request: SignableRequest, body: [UInt8]) {
  let parts = text.split(separator: "\n\n", maxSplits: 1, omittingEmptySubsequences: false)
  var lines = parts[0].split(separator: "\n").map(String.init)
  let first = lines.removeFirst()
  let target = first.dropFirst(first.prefix { $0 != " " }.count + 1).dropLast(" HTTP/1.1".count)
  var headers: [SignableRequest.Header] = []
  for line in lines {
    if line.hasPrefix(" ") {
      headers[headers.count - 1].value += "\n" + line
    } else {
      let name = line.prefix { $0 != ":" }
      headers.append((String(name), String(line.dropFirst(name.count + 1))))
    }
  }
  let path = target.prefix { $0 != "?" }
  return (
    SignableRequest(
      method: String(first.prefix { $0 != " " }), path: String(path),
      query: String(target.dropFirst(path.count + 1)), headers: headers),
    parts.count > 1 ? bytes(String(parts[1])) : []
  )
}

@Suite struct RequestSigningTests {
  @Test func `signs as AWS's own suite does`() throws {
    let official: Official = try vectors("sigv4/official.json")
    #expect(official.cases.count == 38)
    for test in official.cases {
      let (request, body) = parse(test.request)
      let time = try #require(test.context.time)
      let signing = test.context.signing
      let headers = signing.headers(for: request, payload: .bytes(body), at: time)
      let authorization = try #require(headers.last?.value)
      #expect(authorization.hasSuffix("Signature=" + test.headerSignature), "\(test.name)")

      let query = signing.presignedQuery(
        for: request, expires: test.context.expirationInSeconds, payload: .bytes(body),
        at: time)
      #expect(query.contains("X-Amz-Signature=" + test.querySignature), "\(test.name)")
    }
  }

  @Test func `accepts what AWS's own suite signed`() throws {
    let official: Official = try vectors("sigv4/official.json")
    for test in official.cases {
      var (request, body) = parse(test.request)
      let time = try #require(test.context.time)
      let signing = test.context.signing
      var verification = RequestVerification()
      verification.pathRule = signing.pathRule
      request.headers += signing.headers(for: request, payload: .bytes(body), at: time)
      #expect(throws: Never.self, "\(test.name)") {
        try verification.verify(
          request, body: body, credentials: signing.credentials, now: time.seconds)
      }
      // A token that is added after signing stands in the query unsigned: not for us.
      guard !signing.omitsSessionToken else { continue }
      let presigned = parse(test.querySignedRequest).request
      #expect(throws: Never.self, "\(test.name), presigned") {
        try verification.verify(
          presigned, body: body, credentials: signing.credentials, now: time.seconds + 60)
      }
    }
  }

  /// Amazon S3 API reference, "Signature calculations: transferring payload in chunks", example.
  @Test func `signs chunks as the S3 reference prints`() throws {
    let signing = RequestSigning(
      credentials: AWSCredentials(
        accessKeyID: "AKIAIOSFODNN7EXAMPLE",
        secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
      region: "us-east-1", service: "s3")
    let time = try #require(SigningTime("20130524T000000Z"))
    let request = SignableRequest(
      method: "PUT", path: "/examplebucket/chunkObject.txt",
      headers: [
        ("Host", "s3.amazonaws.com"), ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ("Content-Encoding", "aws-chunked"), ("x-amz-decoded-content-length", "66560"),
        ("Content-Length", "66824"),
      ])
    let headers = signing.headers(
      for: request, payload: .streaming("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"), at: time)
    let seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
    #expect(headers.last?.value.hasSuffix("Signature=" + seed) == true)

    var chunks = ChunkSigning(signing, at: time, seed: seed)
    let first = chunks.sign([UInt8](repeating: 0x61, count: 65_536))
    #expect(first == "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648")
    let isAccepted = chunks.accepts(
      "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
      for: [UInt8](repeating: 0x61, count: 1_024))
    #expect(isAccepted)
    let last = chunks.sign([])
    #expect(last == "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9")
    let isRefused = !chunks.accepts(seed, for: [])
    #expect(isRefused)
  }

  @Test func `writes and reads times`() {
    #expect(SigningTime(seconds: 0).text == "19700101T000000Z")
    #expect(SigningTime(seconds: 951_782_399).text == "20000228T235959Z")
    #expect(SigningTime(seconds: 951_782_400).text == "20000229T000000Z")
    #expect(SigningTime("20150830T123600Z")?.seconds == 1_440_938_160)
    for wrong in [
      "", "20150230T000000Z", "20150830T123660Z", "20150830T243600Z", "2015083OT123600Z",
      "20150830 123600Z", "20150830T123600", "19690830T123600Z",
    ] {
      #expect(SigningTime(wrong) == nil, "\(wrong)")
    }
    for day in stride(from: 0, to: 40_000, by: 7) {
      let time = SigningTime(seconds: day * 86_400 + 3_661)
      #expect(SigningTime(time.text) == time)
    }
  }

  @Test func `a printed credential holds no secret`() {
    let credentials = AWSCredentials(
      accessKeyID: "id", secretAccessKey: "hush", sessionToken: "token")
    #expect("\(credentials)" == "AWSCredentials(id)")
    #expect("\(Optional(credentials) as Any)".contains("hush") == false)
  }
}
