import Foundation
import Storage
import Testing

@Suite struct PlaceTests {
  private func isRefused(_ path: String) -> Bool {
    do {
      _ = try Database(path)
      return false
    } catch .refusedPath {
      return true
    } catch {
      return false
    }
  }

  @Test func `folder and files are private`() async throws {
    let folder = try TemporaryFolder()
    let database = try Database(folder.file(".martlet/state.sqlite"))
    try await database.write { try $0.execute("CREATE TABLE t (a)") }
    #expect(try folder.mode(".martlet") == 0o700)
    for name in ["state.sqlite", "state.sqlite-wal", "state.sqlite-shm"] {
      #expect(try folder.mode(".martlet/" + name) == 0o600, "\(name)")
    }
    await database.close()
  }

  @Test func `a file that was readable by others becomes private`() async throws {
    let folder = try TemporaryFolder()
    _ = FileManager.default.createFile(
      atPath: folder.file("s"), contents: nil, attributes: [.posixPermissions: 0o644])
    let database = try Database(folder.file("s"))
    #expect(try folder.mode("s") == 0o600)
    await database.close()
  }

  @Test func `symbolic links are refused`() throws {
    let folder = try TemporaryFolder()
    let manager = FileManager.default
    try manager.createSymbolicLink(
      atPath: folder.file("file"), withDestinationPath: folder.file("elsewhere"))
    try manager.createDirectory(atPath: folder.file("real"), withIntermediateDirectories: false)
    try manager.createSymbolicLink(
      atPath: folder.file("linked"), withDestinationPath: folder.file("real"))
    #expect(isRefused(folder.file("file")))
    #expect(isRefused(folder.file("linked/state")))
    #expect(!manager.fileExists(atPath: folder.file("elsewhere")))
  }

  @Test func `a folder that others may write to is refused`() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.file("open"), withIntermediateDirectories: false)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o777], ofItemAtPath: folder.file("open"))
    #expect(isRefused(folder.file("open/state")))
  }

  @Test(arguments: ["", "/", "folder/", "..", "a/.."])
  func `a path without a file name is refused`(_ path: String) {
    #expect(isRefused(path))
  }

  @Test func `a folder in the file's place and a missing parent are refused`() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.file("state"), withIntermediateDirectories: false)
    #expect(isRefused(folder.file("state")))
    #expect(isRefused(folder.file("no/such/state")))
  }

  @Test func `a file that is no database is refused as damaged`() throws {
    let folder = try TemporaryFolder()
    try Data(repeating: 65, count: 5000).write(to: URL(filePath: folder.file("s")))
    #expect {
      _ = try Database(folder.file("s"))
    } throws: { error in
      if case .corrupt = error as? DatabaseError { true } else { false }
    }
  }
}
