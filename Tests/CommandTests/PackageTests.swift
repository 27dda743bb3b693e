import Foundation
import Support
import Testing

@testable import Command

@Suite struct ELFFileTests {
  private let bytes: [UInt8]

  init() throws {
    bytes = try [UInt8](Data(contentsOf: URL(filePath: Project.programs + "/martlet")))
  }

  @Test func `reads what a program needs, as readelf shows it`() throws {
    let file = try ELFFile(bytes)
    #expect(file.interpreter?.hasPrefix("/lib") == true)
    #expect(file.needed.contains("libc.so.6"))
    #expect(file.versions.contains { $0.library == "GLIBC" && $0.numbers == [2, 34] })
    #expect(file.searchPath.contains("$ORIGIN"))
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/readelf")
    process.arguments = ["-dW", Project.programs + "/martlet"]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let needed = text.split(separator: "\n").filter { $0.contains("(NEEDED)") }.compactMap {
      $0.split(separator: "[").last?.dropLast()
    }
    #expect(file.needed == needed.map(String.init))
  }

  @Test func `refuses what is no program of this kind`() {
    #expect(throws: ELFFile.Malformed.self) { try ELFFile([]) }
    #expect(throws: ELFFile.Malformed.self) { try ELFFile(Array("#!/bin/sh\n".utf8)) }
    var narrow = bytes
    narrow[4] = 1
    #expect(throws: ELFFile.Malformed.self) { try ELFFile(narrow) }
  }

  /// Whatever is broken: an error or a value, never a crash.
  @Test func `survives damage at any place of its tables`() throws {
    let head = Array(bytes.prefix(8192))
    for place in 0..<1024 {
      for change: UInt8 in [1, 0x80, 0xFF] {
        var damaged = head
        damaged[place] ^= change
        _ = try? ELFFile(damaged)
      }
      _ = try? ELFFile(Array(head.prefix(place)))
    }
  }

  @Test func `finds the libraries that a program opens by name`() {
    let text =
      "\0libcurl.so.4\0no libcurl.so.9\0lib%s.so.1\0libx.so\0libstdc++.so.6\0libcurl.so.4 here\0libé.so.1\0"
    #expect(ELFFile.namedLibraries(in: Array(text.utf8)) == ["libcurl.so.4", "libstdc++.so.6"])
  }

  @Test func `orders versions by their numbers`() throws {
    let versions = ["GLIBC_2.4", "GLIBC_2.34", "GLIBC_2.2.5"].compactMap(SymbolVersion.init)
    #expect(versions.sorted().map(\.description) == ["GLIBC_2.2.5", "GLIBC_2.4", "GLIBC_2.34"])
    #expect(SymbolVersion("GLIBC_PRIVATE") == nil)
    let newest = try #require(SymbolVersion("GLIBC_2.36"))
    let limit = try #require(TargetSystem.limits["GLIBC"])
    #expect(newest > limit)
  }

  @Test func `follows libraries of libraries to the loader`() throws {
    let file = try ELFFile(bytes)
    let libraries = try LibrarySearch().closure(
      of: file, at: Project.programs + "/martlet", opened: ["libcurl.so.4", "libabsent.so.9"])
    let names = Set(libraries.map(\.name))
    #expect(names.isSuperset(of: ["libc.so.6", "libcurl.so.4", "libssl.so.3"]))
    #expect(!names.contains("libabsent.so.9"))
    for library in libraries { #expect(names.isSuperset(of: library.file.needed)) }
    #expect(throws: LibrarySearch.Missing.self) {
      try LibrarySearch(folders: ["/nowhere"]).closure(of: file, at: "/x", opened: [])
    }
  }
}
