import Foundation
import Support
import Testing

@testable import Lambda

@Suite struct CodeArchiveTests {
  @Test func `unpacks what python's zipfile packs`() async throws {
    try await withTemporaryFolder { folder in
      let bytes = try zip(
        """
        import os
        for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
          info = zipfile.ZipInfo(f"bin/{method}/bootstrap")
          info.external_attr = 0o100755 << 16
          info.compress_type = method
          archive.writestr(info, b"#!/bin/sh\\n" + bytes(range(256)) * 1000)
        archive.writestr("empty.txt", b"")
        random.seed(1)
        archive.writestr("words.txt", " ".join(random.choice(["to", "eat", "食べる", "x" * 300])
          for _ in range(50000)), zipfile.ZIP_DEFLATED, 9)
        archive.writestr("noise", random.randbytes(100000), zipfile.ZIP_DEFLATED)
        """, in: folder)
      let archive = try CodeArchive(bytes)
      let target = try archive.unpack(below: folder + "/code")
      for method in [0, 8] {
        let content = try [UInt8](
          Data(contentsOf: URL(filePath: target + "/bin/\(method)/bootstrap")))
        #expect(content == Array("#!/bin/sh\n".utf8) + (0..<1000).flatMap { _ in 0...255 })
        #expect(FileManager.default.isExecutableFile(atPath: target + "/bin/\(method)/bootstrap"))
      }
      #expect(!FileManager.default.isExecutableFile(atPath: target + "/words.txt"))
      #expect(try archive.unpack(below: folder + "/code") == target, "unpacked again")
      let check = """
        import zipfile, sys
        archive = zipfile.ZipFile(sys.argv[1])
        for name in archive.namelist():
          assert open(sys.argv[2] + "/" + name, "rb").read() == archive.read(name), name
        """
      #expect(try python(check, folder + "/test.zip", target) == 0)
    }
  }

  @Test func `sweeps what no process uses, and nothing else`() async throws {
    try await withTemporaryFolder { folder in
      let place = folder + "/code"
      func pack(_ text: String) -> [UInt8] {
        CodePackage([.init("a/bootstrap", Array(text.utf8), isExecutable: true)]).bytes()
      }
      let used = try CodeArchive(pack("used")).unpack(below: place)
      let unused = place + "/" + String(repeating: "0a", count: 16)
      let draft = unused + ".0123456789abcdef"
      for path in [unused + "/b", draft, place + "/mine"] {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      }
      try Data("x".utf8).write(to: URL(filePath: unused + "/b/bootstrap"))
      try FileManager.default.createSymbolicLink(
        atPath: unused + "/b/link", withDestinationPath: place + "/mine")
      CodeArchive.sweep(place)
      let left = try FileManager.default.contentsOfDirectory(atPath: place).sorted()
      #expect(left == [(used as NSString).lastPathComponent, "mine"].sorted())
      #expect(FileManager.default.isExecutableFile(atPath: used + "/a/bootstrap"))
      #expect(try CodeArchive(pack("used")).unpack(below: place) == used)
    }
  }

  @Test func `what we pack is unpacked here and by python, and is the same each time`() async throws
  {
    try await withTemporaryFolder { folder in
      let noise = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3 ^ $0 >> 5) }
      let files = [
        ("words.txt", Array(String(repeating: "to eat 食べる ", count: 5000).utf8)),
        ("bootstrap", noise), ("empty", []), ("a/食.json", Array("{}".utf8)), ("a.b", [0]),
      ].map { CodePackage.File($0.0, $0.1, isExecutable: $0.0 == "bootstrap") }
      let bytes = CodePackage(files).bytes()
      #expect(CodePackage(files.reversed()).bytes() == bytes)
      #expect(CodePackage(files + files).files.map(\.path) == CodePackage(files).files.map(\.path))
      let target = try CodeArchive(bytes).unpack(below: folder + "/code")
      #expect(try [UInt8](Data(contentsOf: URL(filePath: target + "/bootstrap"))) == noise)
      #expect(FileManager.default.isExecutableFile(atPath: target + "/bootstrap"))
      #expect(!FileManager.default.isExecutableFile(atPath: target + "/a/食.json"))
      try Data(bytes).write(to: URL(filePath: folder + "/ours.zip"))
      let check = """
        import zipfile, sys
        archive = zipfile.ZipFile(sys.argv[1])
        assert archive.testzip() is None
        assert archive.namelist() == ["a.b", "a/食.json", "bootstrap", "empty", "words.txt"]
        assert archive.getinfo("bootstrap").external_attr >> 16 == 0o100755
        for name in archive.namelist():
          assert open(sys.argv[2] + "/" + name, "rb").read() == archive.read(name), name
        """
      #expect(try python(check, folder + "/ours.zip", target) == 0)
    }
  }

  @Test(arguments: ["../evil", "/evil", "a/../../evil", "a//b", ".", "a\\\\b"])
  func `refuses a path that leads outside`(name: String) async throws {
    try await withTemporaryFolder { folder in
      let bytes = try zip("archive.writestr('\(name)', b'x')", in: folder)
      #expect(throws: CodeArchive.Failure.self) { try CodeArchive(bytes) }
    }
  }

  @Test func `refuses links and bombs`() async throws {
    try await withTemporaryFolder { folder in
      let link = try zip(
        """
        info = zipfile.ZipInfo("link")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
        """, in: folder)
      #expect(throws: CodeArchive.Failure.refused("'link' is neither file nor folder")) {
        try CodeArchive(link)
      }
      let bomb = try zip(
        """
        for number in range(30):
          archive.writestr(str(number), bytes(10 << 20), zipfile.ZIP_DEFLATED)
        """, in: folder)
      #expect(throws: CodeArchive.Failure.refused("over 250 MB unpacked")) {
        try CodeArchive(bomb)
      }
    }
  }

  /// Whatever is broken: an error or the same content, never a crash, never a file outside.
  @Test func `survives damage at any place`() async throws {
    try await withTemporaryFolder { folder in
      let bytes = try zip(
        "archive.writestr('a/b.txt', b'to eat ' * 200, zipfile.ZIP_DEFLATED)", in: folder)
      for place in bytes.indices {
        for change: UInt8 in [1, 0x80, 0xFF] {
          var damaged = bytes
          damaged[place] ^= change
          guard let archive = try? CodeArchive(damaged) else { continue }
          _ = try? archive.unpack(below: folder + "/damaged")
        }
        _ = try? CodeArchive(Array(bytes.prefix(place)))
      }
      let drafts = try FileManager.default.contentsOfDirectory(atPath: folder + "/damaged")
      #expect(drafts.allSatisfy { !$0.contains(".") }, "drafts were left")
      let top = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(Set(top).subtracting(["damaged", "test.zip"]) == [])
    }
  }

  private func zip(_ script: String, in folder: String) throws -> [UInt8] {
    let path = folder + "/test.zip"
    let head = "import random, sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], 'w') as archive:\n"
    let body = script.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
    #expect(try python(head + body, path) == 0)
    return try [UInt8](Data(contentsOf: URL(filePath: path)))
  }

  private func python(_ script: String, _ arguments: String...) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/python3")
    process.arguments = ["-c", script] + arguments
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }
}
