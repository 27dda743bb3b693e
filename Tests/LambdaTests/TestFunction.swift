import Foundation
import Server
import Support
import Synchronization

@testable import Lambda

/// A function that speaks the Runtime API by hand and does what its events say.
enum TestFunction {
  static let script = #"""
    #!/usr/bin/python3 -S
    import base64, http.client, json, os, signal, socket, sys, time
    host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
    api = http.client.HTTPConnection(host, int(port))
    PREFIX = "/2018-06-01/runtime/"
    def call(method, path, body=None, headers={}):
        api.request(method, path, body, headers)
        answer = api.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    def post(id, what, body, headers={}):
        return call("POST", f"{PREFIX}invocation/{id}/{what}", body, headers)
    def stream(id, parts, trailers, wait=None):
        raw = socket.create_connection((host, int(port)))
        names = "".join(f"Trailer: {name}\r\n" for name in trailers)
        raw.sendall((f"POST {PREFIX}invocation/{id}/response HTTP/1.1\r\nHost: {host}:{port}\r\n"
            "Lambda-Runtime-Function-Response-Mode: streaming\r\nContent-Type: text/event-stream\r\n"
            f"{names}Transfer-Encoding: chunked\r\n\r\n").encode())
        for part in parts:
            raw.sendall(b"%x\r\n%s\r\n" % (len(part), part.encode()))
            while wait and not os.path.exists(wait): time.sleep(0.01)
        raw.sendall(b"0\r\n" + "".join(f"{k}: {v}\r\n" for k, v in trailers.items()).encode() + b"\r\n")
        return raw.recv(1000)
    mode = os.environ.get("MODE", "")
    print("initialising", mode, flush=True)
    if mode == "init-error":
        call("POST", PREFIX + "init/error", '{"errorMessage":"no settings","errorType":"Function.Settings"}',
            {"Lambda-Runtime-Function-Error-Type": "Function.Settings"})
        sys.exit(1)
    if mode == "init-exit": sys.exit(42)
    if mode == "init-sleep": time.sleep(60)
    if mode == "extension":
        def bye(number, frame):
            print("bye", flush=True)
            os._exit(0)
        signal.signal(signal.SIGTERM, bye)
        print(call("POST", "/2020-01-01/extension/register", '{"events":[]}',
            {"Lambda-Extension-Name": "quiet"})[2].decode(), flush=True)
    count = 0
    while True:
        status, headers, body = call("GET", PREFIX + "invocation/next")
        if status != 200: sys.exit(f"next: {status} {body}")
        id = headers["Lambda-Runtime-Aws-Request-Id"]
        count += 1
        event = json.loads(body)
        do = event.get("do", "echo") if isinstance(event, dict) else "echo"
        answer = body
        if do == "print": print(event["text"], flush=True)
        elif do == "count": answer = json.dumps({"count": count, "pid": os.getpid()})
        elif do == "headers": answer = json.dumps(headers)
        elif do == "environment": answer = json.dumps(dict(os.environ))
        elif do == "process":
            def readable(pid):
                try: open(f"/proc/{pid}/maps").read(1); return True
                except OSError: return False
            answer = json.dumps({"group": os.getpgrp() == os.getpid(), "input": os.readlink("/proc/self/fd/0"),
                "descriptors": sorted(int(f) for f in os.listdir("/proc/self/fd")), "folder": os.getcwd(),
                "parent": readable(os.getppid()), "pid": os.getpid(), "ppid": os.getppid()})
        elif do == "error":
            post(id, "error", '{"errorMessage":"on purpose","errorType":"Function.Purpose"}',
                {"Lambda-Runtime-Function-Error-Type": "Function.Purpose"})
            continue
        elif do == "exit": os._exit(event["status"])
        elif do == "signal": os.kill(os.getpid(), event["number"]); time.sleep(10)
        elif do == "sleep": time.sleep(event["seconds"])
        elif do == "slowly":
            for word in event["words"]: print(word, flush=True); time.sleep(0.02)
        elif do == "allocate":
            kept = []
            while True: kept.append(bytearray(b"x" * (1 << 20)))
        elif do == "fork":
            while True:
                try: os.fork()
                except OSError: pass
        elif do == "child":
            pid = os.fork()
            if pid == 0:
                os.setsid()
                if os.fork() == 0:
                    os.dup2(os.open("/dev/null", os.O_RDWR), 1); os.dup2(1, 2)
                    time.sleep(600)
                os._exit(0)
            os.waitpid(pid, 0)
            answer = "{}"
        elif do == "large": answer = "x" * event["size"]
        elif do == "stream":
            stream(id, event["parts"], event.get("trailers", {}), event.get("wait"))
            continue
        elif do == "background":
            post(id, "response", "{}")
            time.sleep(event["seconds"])
            print("done in the background", flush=True)
            continue
        elif do == "misbehave":
            seen = [call("GET", PREFIX + "invocation/next")[1]["Lambda-Runtime-Aws-Request-Id"] == id,
                post("unknown", "response", "{}")[0], post(id, "response", "{}", {"Lambda-Runtime-Function-Response-Mode": "fast"})[0],
                call("POST", PREFIX + "init/error", "{}")[0], call("GET", "/2018-06-01/ping")[0],
                call("GET", "/nowhere")[0], call("GET", PREFIX + "invocation/next", None, {"Host": "evil.test"})[0],
                call("GET", PREFIX + "invocation/next", None, {"Origin": "https://evil.test"})[0],
                call("PUT", "/2022-07-01/telemetry", "{}")[0],
                post(id, "response", json.dumps("first"))[0], post(id, "response", json.dumps("second"))[0]]
            print("seen", json.dumps(seen), flush=True)
            continue
        if do != "none": post(id, "response", answer, {"Content-Type": "application/json"})
    """#

  /// Writes the script into a folder; answers its path.
  static func write(to folder: String) throws -> String {
    let path = folder + "/function"
    try Data(script.utf8).write(to: URL(filePath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    return path
  }
}

/// What the functions of one test wrote.
final class RecordedLog: Sendable {
  private let records = Mutex<[LogRecord]>([])

  var all: [LogRecord] { records.withLock { $0 } }
  var lines: [String] { all.map(\.text) }
  /// What the function printed, without its greeting.
  var printed: [String] {
    all.filter { $0.source == .function && !$0.text.hasPrefix("initialising") }.map(\.text)
  }

  func add(_ record: LogRecord) { records.withLock { $0.append(record) } }
}

/// Runs a test with the test function, and proves that no process is left behind.
func withFunctions(
  mode: String = "", timeout: Duration = .seconds(10), memory: Int = 128,
  reservedConcurrency: Int? = nil, bootstrap: String? = nil,
  limits: LambdaLimits = LambdaLimits(),
  _ body: (Functions, RecordedLog) async throws -> Void
) async throws {
  try await withTemporaryFolder { folder in
    let log = RecordedLog()
    let path = try bootstrap ?? TestFunction.write(to: folder)
    let configuration = FunctionConfiguration(
      name: "test", handler: "test.handler", bootstrap: path, taskRoot: folder,
      environment: ["MODE": mode], timeout: timeout, memory: memory,
      reservedConcurrency: reservedConcurrency, aliases: ["live"])
    let loop = try EventLoop(name: "test")
    let functions = Functions([configuration], limits: limits, loop: loop) { log.add($0) }
    var failure: (any Error)?
    do { try await body(functions, log) } catch { failure = error }
    await functions.stop(grace: .zero)
    loop.end()
    let left = processes(mentioning: folder)
    if !left.isEmpty { throw LeftBehind(processes: left) }
    if let failure { throw failure }
  }
}

extension LambdaLimits {
  /// The standard ones with a change.
  static func with(_ change: (inout LambdaLimits) -> Void) -> LambdaLimits {
    var limits = LambdaLimits()
    change(&limits)
    return limits
  }
}

struct LeftBehind: Error {
  let processes: [String]
}

/// Processes whose environment names a folder.
func processes(mentioning folder: String) -> [String] {
  let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
  return names.filter { name in
    guard Int(name) != nil,
      let bytes = FileManager.default.contents(atPath: "/proc/\(name)/environ")
    else { return false }
    return String(decoding: bytes, as: UTF8.self).contains("LAMBDA_TASK_ROOT=\(folder)\0")
  }
}

extension InvocationResult {
  var text: String { String(decoding: payload, as: UTF8.self) }
}

extension Functions {
  /// Invokes the test function with a JSON text.
  func test(
    _ event: String, _ options: InvocationOptions = InvocationOptions()
  ) async throws -> InvocationResult {
    try await invoke("test", Array(event.utf8), options)
  }
}
