import Foundation
import Network
import Support
import Testing

/// Runs OpenSSL's own program: makes certificates and serves them.
private enum OpenSSL {
  static let path = "/usr/bin/openssl"
  static var isThere: Bool { FileManager.default.isExecutableFile(atPath: path) }

  static func start(_ arguments: [String], output: Pipe = Pipe()) throws -> Process {
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    process.standardInput = Pipe()
    try process.run()
    return process
  }

  static func run(_ arguments: String...) throws {
    let process = try start(arguments)
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "openssl \(arguments)")
  }
}

@Suite(.timeLimit(.minutes(3)), .enabled(if: OpenSSL.isThere)) struct TrustTests {
  @Test func `trusts the folder's authorities and nobody else`() async throws {
    try await withTemporaryFolder { folder in
      let trusted = folder + "/trusted"
      let empty = folder + "/other"
      for path in [trusted, empty] {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try OpenSSL.run(
          "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2",
          "-addext", "subjectAltName=DNS:localhost", "-keyout", path + "/key.pem", "-out",
          path + "/cert.pem")
        try FileManager.default.moveItem(atPath: path + "/key.pem", toPath: path + ".key")
        try OpenSSL.run("rehash", path)
      }
      let output = Pipe()
      let server = try OpenSSL.start(
        [
          "s_server", "-accept", "127.0.0.1:0", "-cert", trusted + "/cert.pem", "-key",
          trusted + ".key", "-www",
        ], output: output)
      // Not SIGTERM: a child of a dispatch thread inherits its blocked signals.
      defer {
        kill(server.processIdentifier, SIGKILL)
        server.waitUntilExit()
      }
      var text = ""
      while !text.contains("ACCEPT 127.0.0.1:") || !text.hasSuffix("\n") {
        let more = output.fileHandleForReading.availableData
        try #require(!more.isEmpty, "the server did not start")
        text += String(decoding: more, as: UTF8.self)
      }
      let port = try #require(
        text.split(separator: "ACCEPT 127.0.0.1:").last?.prefix { $0.isNumber })
      try await check(port: String(port), trusted: trusted, other: empty)
    }
  }

  private func check(port: String, trusted: String, other: String) async throws {
    func client(_ folder: String) -> HTTPClient {
      var configuration = HTTPClientConfiguration()
      configuration.trust = TrustStore(folders: [folder])
      return HTTPClient(configuration)
    }
    func request(_ host: String) -> ClientRequest {
      var request = ClientRequest("GET", "https://\(host):\(port)/")
      request.address = "127.0.0.1"
      return request
    }
    let deadline = ContinuousClock.now + .seconds(20)
    let friend = client(trusted)
    #expect(try await friend.send(request("localhost"), deadline: deadline).status == 200)
    let stranger = client(other)
    for (client, request) in [
      (stranger, request("localhost")), (friend, request("other.test")),
      (HTTPClient(), request("localhost")),
    ] {
      let error = await #expect(throws: NetworkError.self) {
        try await client.send(request, deadline: deadline)
      }
      guard case .untrusted? = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
    }
  }

  @Test func `finds the folder as an environment says`() {
    #expect(TrustStore(environment: ["SSL_CERT_DIR": "/a:/b"]).folders == ["/a", "/b"])
    #expect(
      TrustStore(environment: ["LAMBDA_TASK_ROOT": "/var/task"]).folders
        == ["/var/task/certificates"] + TrustStore.systemFolders)
    #expect(TrustStore(environment: [:]) == TrustStore())
  }
}
