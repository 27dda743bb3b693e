import Foundation
import JSON
import Support
import Testing

@testable import Command

/// The text of PDF files: with poppler where it is installed, and with programs in its place.
@Suite struct PDFTextTests {
  private static let isInstalled = (ProcessInfo.processInfo.environment["PATH"] ?? "")
    .split(separator: ":")
    .contains { FileManager.default.isExecutableFile(atPath: "\($0)/pdftotext") }

  /// A page with a line of text, as small as a PDF can be.
  private static func document(_ text: String) -> [UInt8] {
    let content = text.isEmpty ? "" : "BT /F1 24 Tf 72 720 Td (\(text)) Tj ET"
    var bytes = "%PDF-1.4\n"
    var offsets: [Int] = []
    for (number, object) in [
      "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
      "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        + "/Resources << /Font << /F1 5 0 R >> >> >>",
      "<< /Length \(content.utf8.count) >>\nstream\n\(content)\nendstream",
      "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ].enumerated() {
      offsets.append(bytes.utf8.count)
      bytes += "\(number + 1) 0 obj\n\(object)\nendobj\n"
    }
    let table = bytes.utf8.count
    bytes += "xref\n0 6\n0000000000 65535 f \n"
    for offset in offsets {
      let digits = String(offset)
      bytes += String(repeating: "0", count: 10 - digits.utf8.count) + digits + " 00000 n \n"
    }
    bytes += "trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n\(table)\n%%EOF\n"
    return Array(bytes.utf8)
  }

  /// What reading says, with a shell script in poppler's place.
  private func problem(_ script: String, _ path: String = "/nowhere.pdf") async throws -> String? {
    try await withTemporaryFolder { folder in
      let program = try Self.program(script, in: folder)
      do throws(DocumentFile.Problem) {
        _ = try PDFText.read(path, by: program)
        return nil
      } catch {
        return error.text
      }
    }
  }

  private static func program(_ script: String, in folder: String) throws -> String {
    let program = "\(folder)/totext"
    try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(filePath: program))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    return program
  }

  @Test(
    .enabled(if: isInstalled, "pdftotext is not installed: Debian's package poppler-utils"))
  func `poppler finds the text of a page`() async throws {
    try await withTemporaryFolder { folder in
      let path = "\(folder)/pets.pdf"
      try Data(Self.document("Pets sleep outside.")).write(to: URL(filePath: path))
      #expect(try PDFText.read(path).contains("Pets sleep outside."))
      let documents = DocumentFile(path: path).documents()
      #expect(documents.count == 1)
      let found = try #require(documents.first).content
      guard case .success(let document) = found else {
        Issue.record("\(found)")
        return
      }
      #expect(document["text"]?.string?.contains("Pets sleep outside.") == true)
      try Data(Self.document("")).write(to: URL(filePath: path))
      #expect(throws: DocumentFile.Problem.self) { () throws in try PDFText.read(path) }
      try Data("no PDF".utf8).write(to: URL(filePath: path))
      #expect(throws: DocumentFile.Problem.self) { () throws in try PDFText.read(path) }
    }
  }

  @Test func `is asked for the text alone, and a name is never an option`() async throws {
    try await withTemporaryFolder { folder in
      let program = try Self.program(#"printf '%s|' "$@""#, in: folder)
      #expect(try PDFText.read("/a b.pdf", by: program) == "-q|-enc|UTF-8|-nopgbrk|/a b.pdf|-|")
      #expect(
        try PDFText.read("-opw.pdf", by: program) == "-q|-enc|UTF-8|-nopgbrk|./-opw.pdf|-|")
    }
  }

  @Test func `what cannot be read is said`() async throws {
    #expect(try await problem("exit 3")?.contains("cannot read it (status 3)") == true)
    #expect(try await problem("kill -9 $$")?.contains("cannot read it") == true)
    #expect(try await problem("echo")?.contains("holds no text") == true)
    #expect(try await problem("exec cat /dev/zero")?.contains("bytes of text") == true)
    #expect(throws: DocumentFile.Problem(text: Self.absent)) { () throws in
      try PDFText.read("/a.pdf", by: "/nowhere/pdftotext")
    }
  }

  private static let absent =
    "needs /nowhere/pdftotext: install Debian's package poppler-utils"
}
