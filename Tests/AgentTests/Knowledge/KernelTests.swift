import Foundation
import Support
import Testing

/// The wide kernels against the plain ones, bit by bit, on this machine and on aarch64.
@Suite struct KernelTests {
  private static let crossCompiler = "/usr/bin/aarch64-linux-gnu-gcc"
  private static let emulator = "/usr/bin/qemu-aarch64"
  private static let hasCross =
    FileManager.default.isExecutableFile(atPath: crossCompiler)
    && FileManager.default.isExecutableFile(atPath: emulator)

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/gcc")))
  func `agree on this machine`() throws {
    let check = try built(by: "/usr/bin/gcc")
    defer { try? FileManager.default.removeItem(atPath: check) }
    let (status, output) = try run(check, [])
    // 3: a machine without wide instructions.
    #expect(status == 0 || status == 3, "\(output)")
  }

  @Test(.enabled(if: Project.runsEverything && hasCross, "needs gcc-aarch64-linux-gnu, qemu-user"))
  func `agree on aarch64`() throws {
    let check = try built(by: Self.crossCompiler, ["-static"])
    defer { try? FileManager.default.removeItem(atPath: check) }
    let (status, output) = try run(Self.emulator, [check])
    #expect(status == 0 && output == "neon\n", "\(output)")
  }

  private func built(by compiler: String, _ options: [String] = []) throws -> String {
    let program = NSTemporaryDirectory() + "martlet-kernels-\(UUID().uuidString)"
    let sources = [
      "Tests/AgentTests/Vectors/kernels_check.c", "Functions/CVectors/portable.c",
      "Functions/CVectors/wide.c",
    ].map { Project.root + "/" + $0 }
    let (status, output) = try run(compiler, ["-O2", "-o", program] + options + sources + ["-lm"])
    try #require(status == 0, "\(output)")
    return program
  }
}

/// Runs a program to its end.
func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
  let process = Process()
  process.executableURL = URL(filePath: program)
  process.arguments = arguments
  let pipe = Pipe()
  process.standardOutput = pipe
  process.standardError = pipe
  try process.run()
  let output = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return (process.terminationStatus, String(decoding: output, as: UTF8.self))
}
