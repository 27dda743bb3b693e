import Crypto
import JSON
import Server
import Storage
import Template
import Testing

@testable import Services

/// A router that checks signatures, with a service of each family and S3.
private struct Signed {
  static let now = 1_767_323_045  // 2026-01-02T03:04:05Z
  static let credentials = AWSCredentials(
    accessKeyID: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: nil)
  static let temporary = AWSCredentials(
    accessKeyID: "ASIAEXAMPLE", secretAccessKey: "other", sessionToken: "token/+=")

  let router: ServiceRouter

  init() async throws {
    let check = SignatureCheck([Self.credentials, Self.temporary], now: { Self.now * 1_000 })
    let s3 = try await S3(
      try Database(":memory:"), folder: nil, signatures: check, now: { Self.now * 1_000 })
    try await s3.create(buckets: [BucketDefinition(logicalID: "B", name: "bkt")])
    @Sendable func ok(_ request: HTTPRequest) async -> HTTPResponse {
      HTTPResponse(status: 200, text: "ok")
    }
    router = ServiceRouter(
      [
        EmulatedService(
          name: "dynamodb", signingNames: ["dynamodb"], targets: ["DynamoDB_"], answer: ok),
        EmulatedService(
          name: "secretsmanager", signingNames: ["secretsmanager"], targets: ["secretsmanager."],
          answer: ok),
        EmulatedService(name: "lambda", signingNames: ["lambda"], family: .rest, answer: ok),
        EmulatedService(name: "sts", signingNames: ["sts"], family: .query, answer: ok),
      ], fallback: EmulatedService(name: "s3", signingNames: ["s3"], answer: s3.answer),
      signatures: check)
  }

  struct Reply {
    var status: Int
    var text: String
    var headers: HTTPHeaders
    var type: String {
      (try? JSONValue(parsing: Array(text.utf8)))?["__type"]?.string
        ?? headers["x-amzn-ErrorType"] ?? ""
    }
    var xml: XMLElement? { try? XMLReader.read(Array(text.utf8)) }
    var code: String { (xml?["Code"] ?? xml?["Error"]?["Code"])?.text ?? "" }
  }

  func send(_ request: HTTPRequest) async -> Reply {
    let response = await router.answer(request)
    guard case .bytes(let bytes) = response.body else {
      return Reply(status: response.status, text: "", headers: response.headers)
    }
    return Reply(
      status: response.status, text: String(decoding: bytes, as: UTF8.self),
      headers: response.headers)
  }

  /// A signed request; `change` spoils it afterwards.
  func request(
    _ service: String, _ method: String = "POST", _ target: String = "/", body: [UInt8] = [],
    headers: [(String, String)] = [], signer: AWSCredentials = credentials,
    region: String = "us-east-1", at seconds: Int = now, payload: SignedPayload? = nil
  ) -> HTTPRequest {
    let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
    let plain = SignableRequest(
      method: method, path: parts[0], query: parts.count > 1 ? parts[1] : "",
      headers: [("Host", "localhost")] + headers)
    let signing = RequestSigning(credentials: signer, region: region, service: service)
    let added = signing.headers(
      for: plain, payload: payload ?? .bytes(body), at: SigningTime(seconds: seconds))
    var all = HTTPHeaders()
    for (name, value) in plain.headers + added { all.append(name, value) }
    return HTTPRequest(method: method, target: target, headers: all, body: RequestBody(body))
  }
}

@Suite struct SignatureTests {
  @Test func `right signatures pass, of each family and of temporary credentials`() async throws {
    let signed = try await Signed()
    for service in ["dynamodb", "lambda", "sts"] {
      #expect(await signed.send(signed.request(service, body: [1, 2])).text == "ok", "\(service)")
    }
    #expect(await signed.send(signed.request("sts", signer: Signed.temporary)).text == "ok")
    let put = signed.request("s3", "PUT", "/bkt/a%20b", body: [1])
    #expect(await signed.send(put).status == 200)
    #expect(await signed.send(signed.request("s3", "GET", "/bkt/a%20b")).status == 200)
  }

  /// Each kind of failure: how a request is spoilt, and the name it has in JSON, in the query protocol
  /// and in S3.
  @Test(arguments: [
    (
      "missing", "MissingAuthenticationTokenException", "MissingAuthenticationToken", "AccessDenied"
    ),
    (
      "incomplete", "IncompleteSignatureException", "IncompleteSignature",
      "AuthorizationHeaderMalformed"
    ),
    ("key", "UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId"),
    ("secret", "InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch"),
    ("past", "InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed"),
    ("future", "InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed"),
    (
      "region", "InvalidSignatureException", "SignatureDoesNotMatch", "AuthorizationHeaderMalformed"
    ),
    ("body", "InvalidSignatureException", "SignatureDoesNotMatch", "XAmzContentSHA256Mismatch"),
    ("token", "UnrecognizedClientException", "InvalidClientTokenId", "InvalidToken"),
  ])
  func `each failure has its name`(
    kind: String, json: String, query: String, s3: String
  )
    async throws
  {
    let signed = try await Signed()
    func spoilt(_ service: String) -> HTTPRequest {
      let method = service == "s3" ? "PUT" : "POST"
      let target = service == "s3" ? "/bkt/k" : "/"
      let extra =
        service == "dynamodb" ? [("X-Amz-Target", "DynamoDB_20120810.ListTables")] : []
      func make(
        _ signer: AWSCredentials = Signed.credentials, region: String = "us-east-1",
        at time: Int = Signed.now
      ) -> HTTPRequest {
        signed.request(
          service, method, target, body: [1], headers: extra, signer: signer, region: region,
          at: time)
      }
      var request = make()
      switch kind {
      case "missing":
        request.headers["Authorization"] = nil
        if service == "sts" { request.headers["Authorization"] = "Basic x" }
      case "incomplete":
        request.headers["Authorization"] = request.headers["Authorization"].map {
          String($0.prefix(while: { $0 != "," }))
        }
      case "key": request = make(AWSCredentials(accessKeyID: "NOBODY", secretAccessKey: "secret"))
      case "secret":
        request = make(AWSCredentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: "guess"))
      case "past": request = make(at: Signed.now - 901)
      case "future": request = make(at: Signed.now + 901)
      case "region": request = make(region: "mars-north-1")
      case "body": request.body = RequestBody([2])
      default:
        request = make(
          AWSCredentials(
            accessKeyID: Signed.temporary.accessKeyID,
            secretAccessKey: Signed.temporary.secretAccessKey, sessionToken: "stale"))
      }
      return request
    }
    let dynamoDB = await signed.send(spoilt("dynamodb"))
    #expect(dynamoDB.status == 400)
    #expect(dynamoDB.type == "com.amazon.coral.service#" + json)
    if kind != "missing" {
      let sts = await signed.send(spoilt("sts"))
      #expect(sts.code == query)
      #expect(sts.status == (kind == "incomplete" ? 400 : 403))
      let lambda = await signed.send(spoilt("lambda"))
      #expect(lambda.status == 403)
      #expect(lambda.type == json)
    }
    let bucket = await signed.send(spoilt("s3"))
    #expect(bucket.code == s3)
  }

  @Test func `the texts name what is wrong`() async throws {
    let signed = try await Signed()
    let target = [("X-Amz-Target", "DynamoDB_20120810.ListTables")]
    var request = signed.request("dynamodb", headers: target)
    request.headers["Authorization"] =
      "AWS4-HMAC-SHA256 Credential=a/20260102/r/dynamodb/aws4_request"
    request.headers["X-Amz-Date"] = nil
    var text = await signed.send(request).text
    for part in [
      "requires 'Signature' parameter", "requires 'SignedHeaders' parameter",
      "existence of either a 'X-Amz-Date'",
    ] { #expect(text.contains(part)) }
    #expect(!text.contains("'Credential' parameter"))
    text = await signed.send(
      signed.request("dynamodb", headers: target, at: Signed.now - 301)
    ).text
    #expect(
      text.contains(
        "Signature expired: 20260102T025904Z is now earlier than 20260102T025905Z "
          + "(20260102T030405Z - 5 min.)"))
    text = await signed.send(signed.request("secretsmanager", headers: target)).text
    #expect(text.contains("Credential should be scoped to correct service: 'dynamodb'"))
    let wrong = AWSCredentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: "guess")
    text = await signed.send(signed.request("dynamodb", headers: target, signer: wrong)).text
    #expect(text.contains("The Canonical String for this request should have been"))
    #expect(text.contains("AWS4-HMAC-SHA256\\n20260102T030405Z"))
    let s3 = await signed.send(signed.request("s3", "GET", "/bkt", signer: wrong))
    #expect(s3.status == 403)
    #expect(s3.xml?["CanonicalRequest"]?.text.hasPrefix("GET\n/bkt\n") == true)
    #expect(s3.xml?["StringToSignBytes"]?.text.hasPrefix("41 57 53 34 2d") == true)
  }

  @Test func `presigned addresses are checked and end`() async throws {
    let signed = try await Signed()
    _ = await signed.send(signed.request("s3", "PUT", "/bkt/k", body: [7]))
    func query(_ expires: Int, _ age: Int, key: String = "/bkt/k") -> String {
      let signing = RequestSigning(
        credentials: Signed.credentials, region: "us-east-1", service: "s3")
      return signing.presignedQuery(
        for: SignableRequest(method: "GET", path: key, headers: [("Host", "localhost")]),
        expires: expires, payload: .unsigned, at: SigningTime(seconds: Signed.now - age))
    }
    func get(_ query: String) async -> Signed.Reply {
      await signed.send(
        HTTPRequest(method: "GET", target: "/bkt/k?" + query, headers: ["Host": "localhost"]))
    }
    #expect(await get(query(60, 60)).status == 200)
    let over = await get(query(60, 61))
    #expect(over.code == "AccessDenied" && over.text.contains("Request has expired"))
    #expect(await get(query(60, 0, key: "/bkt/other")).code == "SignatureDoesNotMatch")
    #expect(
      await get("X-Amz-Algorithm=AWS4-HMAC-SHA256").code == "AuthorizationQueryParametersError")
    let month = query(60, 0).replacing("Expires=60", with: "Expires=2592000")
    #expect(await get(month).code == "AuthorizationQueryParametersError")
  }

  @Test func `older presigned addresses are checked too`() async throws {
    let signed = try await Signed()
    _ = await signed.send(signed.request("s3", "PUT", "/bkt/k", body: [7]))
    let end = Signed.now + 10
    let code = HMAC<SHA1>.code(
      for: "GET\n\n\n\(end)\n/bkt/k?response-content-type=a/b", key: Array("secret".utf8))
    let signature = PercentEncoding.encode(Base64.standard.encode(code))
    func get(_ signature: String, _ end: Int) async -> Signed.Reply {
      let query =
        "AWSAccessKeyId=AKIDEXAMPLE&Signature=\(signature)&Expires=\(end)"
        + "&response-content-type=a%2Fb"
      return await signed.send(
        HTTPRequest(method: "GET", target: "/bkt/k?" + query, headers: ["Host": "localhost"]))
    }
    let got = await get(signature, end)
    #expect(got.status == 200 && got.headers["Content-Type"] == "a/b")
    #expect(await get(signature, end + 1).code == "SignatureDoesNotMatch")
    #expect(await get("x", Signed.now - 1).code == "AccessDenied")
  }

  @Test func `every chunk and the trailer of a signed upload are checked`() async throws {
    let signed = try await Signed()
    let form = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
    let chunks = [Array("hello ".utf8), Array("world".utf8), []]
    let trailer = "x-amz-checksum-crc32:DUoRhQ=="
    func upload(spoil: Int?) async -> Signed.Reply {
      var request = signed.request(
        "s3", "PUT", "/bkt/k",
        headers: [
          ("Content-Encoding", "aws-chunked"), ("x-amz-decoded-content-length", "11"),
          ("x-amz-trailer", "x-amz-checksum-crc32"),
        ], payload: .streaming(form))
      let seed =
        request.headers["Authorization"]?.split(separator: "Signature=").last.map(String.init) ?? ""
      var signing = ChunkSigning(
        RequestSigning(credentials: Signed.credentials, region: "us-east-1", service: "s3"),
        at: SigningTime(seconds: Signed.now), seed: seed)
      var body = ""
      for (index, chunk) in chunks.enumerated() {
        var signature = signing.sign(chunk)
        if spoil == index { signature = String(signature.reversed()) }
        body += "\(String(chunk.count, radix: 16));chunk-signature=\(signature)\r\n"
        body += String(decoding: chunk, as: UTF8.self) + (chunk.isEmpty ? "" : "\r\n")
      }
      var last = signing.sign(trailer: trailer + "\n")
      if spoil == 3 { last = String(last.reversed()) }
      body += "\(trailer)\r\nx-amz-trailer-signature:\(last)\r\n\r\n"
      request.body = RequestBody(Array(body.utf8))
      return await signed.send(request)
    }
    let done = await upload(spoil: nil)
    #expect(done.status == 200, "\(done.text)")
    for place in 0...3 {
      #expect(await upload(spoil: place).code == "SignatureDoesNotMatch", "\(place)")
    }
  }

  @Test func `pages of named origins are let in, others are not`() async throws {
    let router = ServiceRouter(
      [],
      fallback: EmulatedService(name: "s3", signingNames: ["s3"]) { _ in
        HTTPResponse(status: 200, text: "ok")
      }, origins: ["https://app.test"])
    func send(_ method: String, _ headers: HTTPHeaders) async -> HTTPResponse {
      await router.answer(HTTPRequest(method: method, target: "/b/k", headers: headers))
    }
    let got = await send("GET", ["Origin": "https://app.test"])
    #expect(got.headers["Access-Control-Allow-Origin"] == "https://app.test")
    let preflight = await send(
      "OPTIONS",
      [
        "Origin": "https://app.test", "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "x-amz-date",
      ])
    #expect(preflight.status == 204)
    #expect(preflight.headers["Access-Control-Allow-Headers"] == "x-amz-date")
    #expect(await send("GET", ["Origin": "https://evil.test"]).status == 403)
    #expect(await send("GET", [:]).headers["Access-Control-Allow-Origin"] == nil)
  }
}
