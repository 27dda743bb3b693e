import Foundation
import Testing

@testable import Crypto

/// Whole requests as boto3 sends them.
private struct Requests: Decodable {
  struct Request: Decodable {
    let name: String
    let method: String
    let url: String
    let headers: [String: String]
    let bodyBase64: String
    let service: String
    let region: String
    let accessKeyId: String
    let secretAccessKey: String
    let sessionToken: String?

    var credentials: AWSCredentials {
      AWSCredentials(accessKeyID: accessKeyId, secretAccessKey: secretAccessKey)
    }

    var body: [UInt8] { [UInt8](Data(base64Encoded: bodyBase64) ?? Data()) }

    func signable() throws -> SignableRequest {
      let rest = url.dropFirst("http://".count)
      let host = rest.prefix { $0 != "/" }
      let target = rest.dropFirst(host.count)
      let path = target.prefix { $0 != "?" }
      // The file's Host header is the endpoint's; the wire has the URL's.
      let named = headers.map { $0.key == "Host" ? ("Host", String(host)) : ($0.key, $0.value) }
      return SignableRequest(
        method: method, path: String(path), query: String(target.dropFirst(path.count + 1)),
        headers: named)
    }
  }
  let signedAt: String
  let requests: [Request]
}

@Suite struct RequestVerificationTests {
  private let now = 1_767_323_045  // 2026-01-02T03:04:05Z
  private let verification = RequestVerification()

  private func check(
    _ signed: SignableRequest, _ test: Requests.Request, body: [UInt8]?, at time: Int? = nil
  ) throws {
    try verification.verify(
      signed, body: body, credentials: test.credentials, now: time ?? now)
  }

  @Test func `accepts what boto3 signs`() throws {
    let file: Requests = try vectors("sigv4/boto3-requests.json")
    #expect(file.requests.count == 36)
    for test in file.requests {
      #expect(throws: Never.self, "\(test.name)") {
        try check(test.signable(), test, body: test.body)
      }
    }
  }

  @Test func `refuses every change of what was signed`() throws {
    let file: Requests = try vectors("sigv4/boto3-requests.json")
    for test in file.requests {
      let signed = try test.signable()
      var changed = signed
      changed.method = signed.method == "GET" ? "DELETE" : "GET"
      refuses(changed, test, "method")
      changed = signed
      changed.path += "x"
      refuses(changed, test, "path")
      changed = signed
      changed.query += changed.query.isEmpty ? "a=b" : "&a=b"
      refuses(changed, test, "query")
      let signature = try RequestSignature(of: signed)
      for (index, header) in signed.headers.enumerated()
      where signature.signedHeaders.contains(header.name.lowercased()) {
        changed = signed
        changed.headers[index].value += "x"
        refuses(changed, test, header.name)
      }
      if signed.headers.contains(where: { $0.name.lowercased() == "x-amz-content-sha256" }) {
        #expect {
          try check(signed, test, body: test.body + [0])
        } throws: {
          if case .wrongPayload = $0 as? SignatureFailure { true } else { false }
        }
      }
    }
  }

  private func refuses(_ request: SignableRequest, _ test: Requests.Request, _ what: String) {
    #expect(throws: SignatureFailure.self, "\(test.name): \(what)") {
      try check(request, test, body: test.body)
    }
  }

  @Test func `names the kind of failure`() throws {
    let signing = RequestSigning(
      credentials: AWSCredentials(accessKeyID: "id", secretAccessKey: "secret"),
      region: "us-east-1", service: "dynamodb")
    let time = SigningTime(seconds: now)
    var request = SignableRequest(
      method: "POST", path: "/", headers: [("Host", "localhost"), ("X-Amz-Target", "T.Op")])
    #expect(throws: SignatureFailure.missing) { try RequestSignature(of: request) }
    request.headers += signing.headers(for: request, payload: .bytes([1]), at: time)

    func verify(_ request: SignableRequest, body: [UInt8]? = [1], now time: Int) throws {
      try verification.verify(request, body: body, credentials: signing.credentials, now: time)
    }
    try verify(request, now: now)
    try verify(request, now: now + 300)
    try verify(request, now: now - 300)
    #expect(throws: SignatureFailure.expired(seconds: 1)) { try verify(request, now: now + 301) }
    #expect(throws: SignatureFailure.notYetValid(seconds: 301)) {
      try verify(request, now: now - 301)
    }
    #expect {
      try verify(request, body: [2], now: now)
    } throws: {
      guard case .wrongSignature(let text, let sign) = $0 as? SignatureFailure else { return false }
      return text.hasPrefix("POST\n/\n\n") && sign.hasPrefix("AWS4-HMAC-SHA256\n20260102T030405Z")
    }
    #expect(throws: SignatureFailure.unknownAccessKey("id")) {
      try verification.verify(
        request, body: [1],
        credentials: AWSCredentials(accessKeyID: "other", secretAccessKey: "secret"), now: now)
    }
    var unsigned = request
    unsigned.headers.append(("X-Amz-Acl", "public-read"))
    #expect(throws: SignatureFailure.unsignedHeader("x-amz-acl")) { try verify(unsigned, now: now) }
    var form = request
    form.headers[form.headers.count - 1].value = "AWS4-HMAC-SHA256 Credential=id/x"
    #expect(throws: SignatureFailure.incomplete(["Signature", "SignedHeaders"])) {
      try verify(form, now: now)
    }
    form.headers[form.headers.count - 1].value =
      "AWS4-HMAC-SHA256 Credential=id/x, SignedHeaders=host, Signature=00"
    #expect(throws: SignatureFailure.badCredential("id/x")) { try verify(form, now: now) }
    form.headers[form.headers.count - 1].value = "Bearer x"
    #expect(throws: SignatureFailure.otherAlgorithm("Bearer x")) { try verify(form, now: now) }
  }

  @Test func `a presigned URL ends`() throws {
    let credentials = AWSCredentials(
      accessKeyID: "id", secretAccessKey: "secret", sessionToken: "a/b+c=")
    let signing = RequestSigning(credentials: credentials, region: "us-east-1", service: "s3")
    var request = SignableRequest(
      method: "GET", path: "/bucket/a%20b//c", query: "versionId=1", headers: [("Host", "h:1")])
    request.query = signing.presignedQuery(
      for: request, expires: 60, payload: .unsigned, at: SigningTime(seconds: now))
    #expect(try RequestSignature(of: request).sessionToken == "a/b+c=")
    try verification.verify(request, body: nil, credentials: credentials, now: now + 60)
    #expect(throws: SignatureFailure.expired(seconds: 1)) {
      try verification.verify(request, body: nil, credentials: credentials, now: now + 61)
    }
    request.query = request.query.replacingOccurrences(of: "Expires=60", with: "Expires=6000")
    #expect(throws: SignatureFailure.self) {
      try verification.verify(request, body: nil, credentials: credentials, now: now + 60)
    }
  }

  @Test func `only S3 leaves a body unsigned`() throws {
    let credentials = AWSCredentials(accessKeyID: "id", secretAccessKey: "secret")
    for service in ["s3", "dynamodb"] {
      var signing = RequestSigning(credentials: credentials, region: "r", service: service)
      signing.sendsPayloadHash = true
      var request = SignableRequest(method: "PUT", path: "/b/k", headers: [("Host", "h")])
      request.headers += signing.headers(
        for: request, payload: .unsigned, at: SigningTime(seconds: now))
      let isAccepted =
        (try? verification.verify(request, body: [1], credentials: credentials, now: now)) != nil
      #expect(isAccepted == (service == "s3"))
    }
  }
}
