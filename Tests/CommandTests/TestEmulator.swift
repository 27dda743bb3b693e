import Foundation
import JSON
import Support

/// The built program with a template of two small Python functions: what is tried here needs no
/// `bootstrap`.
struct TestEmulator {
  /// A project's folder with `template.json` and the functions.
  let folder: String

  static let function = #"""
    #!/usr/bin/python3 -S
    import http.client, json, os, sys, time
    host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
    api = http.client.HTTPConnection(host, int(port))
    def call(method, path, body=None):
        api.request(method, "/2018-06-01/runtime/" + path, body)
        answer = api.getresponse()
        return dict(answer.getheaders()), answer.read()
    while True:
        headers, body = call("GET", "invocation/next")
        id = headers["Lambda-Runtime-Aws-Request-Id"]
        event = json.loads(body)
        if event.get("do") == "fail": os._exit(3)
        if event.get("do") == "sleep":
            open("sleeping", "w").write(str(os.getpid()))
            time.sleep(60)
        print("seen", flush=True)
        call("POST", f"invocation/{id}/response", json.dumps({"statusCode": 200, "body": "hello"}))
    """#

  static let template = #"""
    {"Transform": "AWS::Serverless-2016-10-31", "Resources": {
      "Hello": {"Type": "AWS::Serverless::Function", "Properties": {
        "Handler": "hello", "Runtime": "provided.al2023", "CodeUri": "code", "Timeout": 1,
        "Events": {"Any": {"Type": "HttpApi", "Properties": {"Path": "/hello", "Method": "get"}}}}},
      "Zipped": {"Type": "AWS::Serverless::Function", "Properties": {
        "Handler": "zipped", "Runtime": "provided.al2023", "CodeUri": "code.zip", "Timeout": 30,
        "Events": {"Any": {"Type": "HttpApi", "Properties": {"Path": "/zipped", "Method": "get"}}}}}
    }}
    """#

  init(_ folder: String) throws {
    self.folder = folder
    let code = folder + "/code"
    try FileManager.default.createDirectory(atPath: code, withIntermediateDirectories: true)
    try Data(Self.function.utf8).write(to: URL(filePath: code + "/bootstrap"))
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: code + "/bootstrap")
    try Data(Self.template.utf8).write(to: URL(filePath: folder + "/template.json"))
    let zip = Process()
    zip.executableURL = URL(filePath: "/usr/bin/python3")
    zip.arguments = [
      "-c",
      "import zipfile, sys; zipfile.ZipFile('code.zip', 'w').write('code/bootstrap', 'bootstrap')",
    ]
    zip.currentDirectoryURL = URL(filePath: folder)
    try zip.run()
    zip.waitUntilExit()
  }

  /// Runs `martlet` to its end.
  func run(_ words: String..., input: String = "") async throws -> Ended {
    let process = program(words)
    let (output, errors, entry) = (Pipe(), Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = entry
    try process.run()
    try entry.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try entry.fileHandleForWriting.close()
    async let printed = Self.text(of: output)
    async let noted = Self.text(of: errors)
    let ended = await Ended(status: 0, output: printed, errors: noted)
    process.waitUntilExit()
    return Ended(
      status: process.terminationStatus, output: ended.output, errors: ended.errors)
  }

  struct Ended {
    var status: Int32
    var output: String
    var errors: String
  }

  /// Starts it on free ports; the caller ends it.
  func start(_ words: String...) async throws -> Started {
    let process = program(["start", "--json", "--port", "0", "--service-port", "0"] + words)
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let line = await Task.detached { output.fileHandleForReading.availableData }.value
    return Started(
      process: process, ready: try JSONValue(parsing: [UInt8](line)), folder: folder)
  }

  /// A running emulator.
  struct Started {
    let process: Process
    let ready: JSONValue
    let folder: String

    /// The body of a GET to the gateway; empty when nobody answers.
    func get(_ path: String) async -> String {
      await fetch((ready["gateway"]?.string ?? "") + path)
    }

    /// The answer to a POST to the services.
    func post(_ path: String, _ body: String) async -> String {
      await fetch((ready["services"]?.string ?? "") + path, body)
    }

    private func fetch(_ address: String, _ body: String...) async -> String {
      let script = """
        import sys, urllib.request
        data = sys.argv[2].encode() if len(sys.argv) > 2 else None
        print(urllib.request.urlopen(sys.argv[1], data, 20).read().decode(), end="")
        """
      let python = Process()
      python.executableURL = URL(filePath: "/usr/bin/python3")
      python.arguments = ["-c", script, address] + body
      python.environment = ["NO_PROXY": "*"]
      python.standardError = FileHandle.nullDevice
      let output = Pipe()
      python.standardOutput = output
      guard (try? python.run()) != nil else { return "" }
      return await TestEmulator.text(of: output)
    }

    /// Processes that work in this project: sandboxes and whatever they started.
    var sandboxes: [String] {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
      return names.filter { name in
        guard Int(name) != nil,
          let bytes = FileManager.default.contents(atPath: "/proc/\(name)/environ")
        else { return false }
        return String(decoding: bytes, as: UTF8.self).contains("LAMBDA_TASK_ROOT=\(folder)/")
      }
    }
  }

  private func program(_ words: [String]) -> Process {
    let process = Process()
    process.executableURL = URL(filePath: Project.programs + "/martlet")
    process.arguments = words
    process.currentDirectoryURL = URL(filePath: folder)
    process.environment = ["PATH": "/usr/bin:/bin", "HOME": folder]
    return process
  }

  fileprivate static func text(of pipe: Pipe) async -> String {
    await Task.detached {
      String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    }.value
  }
}

/// Runs a test with a project of its own.
func withProject(_ body: (TestEmulator) async throws -> Void) async throws {
  try await withTemporaryFolder { folder in
    try await body(TestEmulator(folder))
  }
}
