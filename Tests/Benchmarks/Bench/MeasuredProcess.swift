import Glibc

/// Monotonic nanoseconds.
func now() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// Starts a program as Lambda would: with the Runtime API's address and nothing else of ours.
func spawn(_ program: String, port: UInt16) throws -> pid_t {
  let environment = [
    "AWS_LAMBDA_RUNTIME_API=127.0.0.1:\(port)", "_HANDLER=health", "AWS_REGION=us-east-1",
    "PATH=/usr/bin:/bin",
  ]
  var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(program), nil]
  var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
  defer {
    for pointer in arguments + variables { free(pointer) }
  }
  var process = pid_t()
  let code = posix_spawn(&process, program, nil, nil, &arguments, &variables)
  guard code == 0 else { throw BenchError.system("\(program): \(String(cString: strerror(code)))") }
  return process
}

func end(_ process: pid_t) {
  kill(process, SIGKILL)
  var status: Int32 = 0
  while waitpid(process, &status, 0) < 0, errno == EINTR {}
}

/// The most memory that a running process has had, in megabytes.
func peakMemory(_ process: pid_t) -> Double {
  guard let file = fopen("/proc/\(process)/status", "r") else { return .nan }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 256)
  while fgets(&line, 256, file) != nil {
    let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    if text.hasPrefix("VmHWM:") {
      let digits = text.filter { ("0"..."9").contains($0) }
      return (Double(digits) ?? .nan) / 1024
    }
  }
  return .nan
}

/// The size of a file in megabytes.
func megabytes(_ path: String) -> Double {
  var status = stat()
  return stat(path, &status) == 0 ? Double(status.st_size) / 1_048_576 : .nan
}
