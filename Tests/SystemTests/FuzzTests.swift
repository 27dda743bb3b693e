import Foundation
import Support
import Testing

@Suite struct FuzzTests {
  @Test(.enabled(if: Project.runsEverything))
  func `a short run of every fuzz target finds nothing`() async throws {
    let process = Process()
    process.executableURL = URL(filePath: Project.root + "/scripts/fuzz")
    process.arguments = ["all", "10"]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = await Task.detached {
      String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    }.value
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(text)")
  }
}
