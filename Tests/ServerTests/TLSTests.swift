import COpenSSL
import Foundation
import Server
import Support
import Testing

/// A key and a certificate for it, made for the test, as PEM files.
private func makeCertificate(in folder: String) throws -> TLSFiles {
  let maker = try #require(EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, nil))
  defer { EVP_PKEY_CTX_free(maker) }
  var made: OpaquePointer?
  EVP_PKEY_keygen_init(maker)
  EVP_PKEY_keygen(maker, &made)
  let key = try #require(made)
  defer { EVP_PKEY_free(key) }
  let certificate = try #require(X509_new())
  defer { X509_free(certificate) }
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1)
  X509_gmtime_adj(X509_getm_notBefore(certificate), 0)
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3_600)
  X509_set_pubkey(certificate, key)
  let name = X509_get_subject_name(certificate)
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, "localhost", -1, -1, 0)
  X509_set_issuer_name(certificate, name)
  X509_sign(certificate, key, nil)
  let files = TLSFiles(certificate: folder + "/certificate.pem", key: folder + "/key.pem")
  for (path, write) in [
    (files.certificate, { PEM_write_bio_X509($0, certificate) }),
    (files.key, { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) }),
  ] as [(String, (OpaquePointer?) -> Int32)] {
    let file = try #require(BIO_new_file(path, "w"))
    #expect(write(file) == 1)
    BIO_free(file)
  }
  return files
}

/// A blocking TLS client on a socket.
private final class TLSClient: @unchecked Sendable {
  // One test uses it, one call after the other.
  private let context: OpaquePointer
  private let session: OpaquePointer
  private let socket: Client

  init(port: UInt16) throws {
    socket = try Client(port: port)
    context = try #require(SSL_CTX_new(TLS_client_method()))
    session = try #require(SSL_new(context))
    SSL_set_fd(session, socket.descriptor)
  }

  deinit {
    SSL_free(session)
    SSL_CTX_free(context)
  }

  func connect() async throws -> Bool {
    try await onThread { [self] in SSL_connect(session) == 1 }
  }

  func send(_ bytes: [UInt8]) async throws {
    _ = try await onThread { [self] in SSL_write(session, bytes, Int32(bytes.count)) }
  }

  /// Reads until so many bytes are there or the server ends.
  func receive(_ count: Int) async throws -> [UInt8] {
    try await onThread { [self] in
      var all: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 65_536)
      while all.count < count {
        let part = SSL_read(session, &buffer, Int32(buffer.count))
        guard part > 0 else { break }
        all += buffer.prefix(Int(part))
      }
      return all
    }
  }
}

@Suite struct TLSTests {
  @Test func `serves small and big answers over TLS`() async throws {
    try await withTemporaryFolder { folder in
      let files = try makeCertificate(in: folder)
      let path = folder + "/big"
      let content = [UInt8]((0..<64).map { UInt8($0 * 3) })
      let big = (0..<45_000).flatMap { _ in content }
      try Data(big).write(to: URL(filePath: path))
      try await TestServer(
        { $0.tls = files },
        handler: { request in
          switch request.path {
          case "/file":
            guard let file = try? FileBody(path: path) else { return text(404, "") }
            return .response(HTTPResponse(status: 200, body: .file(file)))
          case "/bytes":
            return .response(
              HTTPResponse(status: 200, body: .bytes(.init(repeating: 9, count: 2_000_000))))
          default: return await sample(request)
          }
        }
      ).run { port async throws in
        let client = try TLSClient(port: port)
        #expect(try await client.connect())
        try await client.send(
          Array("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc".utf8))
        var first = try await client.receive(1)
        while !first.suffix(3).elementsEqual(Array("abc".utf8)), first.count < 1_000 {
          first += try await client.receive(1)
        }
        #expect(String(decoding: first, as: UTF8.self).hasSuffix("\r\n\r\nabc"))
        try await client.send(Array("GET /bytes HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        #expect(try await client.receive(2_000_050).suffix(2_000_000).allSatisfy { $0 == 9 })
        try await client.send(
          Array("GET /file HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8))
        let all = try await client.receive(4_000_000)
        #expect(Array(all.suffix(big.count)) == big)
      }
    }
  }

  @Test func `drops a client that speaks no TLS`() async throws {
    try await withTemporaryFolder { folder in
      let files = try makeCertificate(in: folder)
      try await TestServer({ $0.tls = files }, handler: sample).run { port async throws in
        let client = try Client(port: port)
        try await client.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        let all = try await client.receiveAll()
        #expect(!String(decoding: all, as: UTF8.self).contains("200 OK"))
      }
    }
  }

  @Test func `names the file that is no certificate`() async throws {
    let loop = try EventLoop()
    var configuration = ServerConfiguration()
    configuration.tls = TLSFiles(certificate: "/no/such.pem", key: "/no/such.key")
    do {
      _ = try await HTTPServer.start(configuration, on: loop, handler: sample)
      Issue.record("it started")
    } catch ServerError.badCertificate(let reason) {
      #expect(reason.hasPrefix("/no/such.pem"))
    }
    loop.end()
  }
}
