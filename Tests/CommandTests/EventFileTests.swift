import Foundation
import JSON
import Support
import Testing

@testable import Command

@Suite struct EventFileTests {
  private func read<Result>(
    _ text: String, _ body: (String) throws -> Result
  ) async throws -> Result {
    try await withTemporaryFolder { folder in
      let path = folder + "/event.json"
      try Data(text.utf8).write(to: URL(filePath: path))
      return try body(path)
    }
  }

  @Test func `puts tokens in the place of their marks`() async throws {
    let bytes = try await read(
      #"{"a":"MARTLET_TOKEN","b":"bearer.MARTLET_ADMIN_TOKEN,MARTLET_TOKEN"}"#
    ) { try EventFile($0).bytes(user: "u", admin: "x") }
    #expect(String(decoding: bytes, as: UTF8.self) == #"{"a":"u","b":"bearer.x,u"}"#)
  }

  @Test func `names file, line and column of a mistake`() async throws {
    try await read("{\n  \"a\": 1,\n  \"b\": }\n") { path in
      let error = #expect(throws: ProjectError.self) { try EventFile(path) }
      #expect(error?.description.hasPrefix("\(path), line 3, column 8: ") == true)
    }
    let absent = #expect(throws: ProjectError.self) { try EventFile("/nowhere/event.json") }
    #expect(absent?.description == "/nowhere/event.json does not exist")
  }

  @Test func `makes the connect event of an open connection only`() async throws {
    let message = try Support.Project.text("events/chat.json")
    let opening = try await read(message) { try EventFile($0).opening(token: "t") }
    let event = try JSONValue(parsing: try #require(opening))
    #expect(event["headers"]?["Authorization"] == "Bearer t")
    #expect(event["requestContext"]?["routeKey"] == "$connect")
    #expect(event["requestContext"]?["eventType"] == "CONNECT")
    #expect(event["requestContext"]?["connectionId"] == "R1kmxc2VNjMCFIA=")
    #expect(event["requestContext"]?["messageId"] == nil)
    for file in ["connect", "health"] {
      let text = try Support.Project.text("events/\(file).json")
      #expect(try await read(text) { try EventFile($0).opening(token: "t") } == nil)
    }
  }
}

@Suite struct StateFolderTests {
  @Test func `is private and used once at a time`() async throws {
    try await withTemporaryFolder { folder in
      let state = try StateFolder(folder + "/state")
      let mode = try FileManager.default.attributesOfItem(atPath: state.path)[.posixPermissions]
      #expect(mode as? Int == 0o700)
      let lock = try state.lock()
      #expect(throws: StateError.inUse(path: state.path, pid: getpid())) { try state.lock() }
      _ = consume lock
      _ = try state.lock()
    }
  }

  @Test func `refuses a symbolic link, and closes an open folder`() async throws {
    try await withTemporaryFolder { folder in
      let real = folder + "/real"
      try FileManager.default.createDirectory(
        atPath: real, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/link", withDestinationPath: real)
      #expect(throws: StateError.self) { try StateFolder(folder + "/link") }
      _ = try StateFolder(real)
      let mode = try FileManager.default.attributesOfItem(atPath: real)[.posixPermissions]
      #expect(mode as? Int == 0o700)
    }
  }
}
