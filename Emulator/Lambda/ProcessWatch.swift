import Glibc

/// Looks at a living sandbox through `/proc`: how much memory and how many processes it holds.
///
/// A limit on address space or data (`RLIMIT_AS`, `RLIMIT_DATA`) would count what a runtime only
/// reserves: thread stacks, allocator arenas, mapped indexes. Lambda counts what is resident, so
/// this is what is watched here.
final class ProcessWatch {
  private let pid: pid_t
  private let status: Int32

  init(pid: pid_t) {
    self.pid = pid
    status = open("/proc/\(pid)/status", O_RDONLY | O_CLOEXEC)
  }

  deinit {
    if status >= 0 { close(status) }
  }

  /// Resident now and at most so far, in KB, of the first process. Nil when it is gone.
  func memory() -> (resident: Int64, peak: Int64)? {
    guard status >= 0 else { return nil }
    return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 16) { buffer in
      let count = pread(status, buffer.baseAddress, buffer.count, 0)
      guard count > 0 else { return nil }
      let text = UnsafeRawBufferPointer(rebasing: buffer[..<count])
      guard let peak = Self.number(after: "VmHWM:", in: text),
        let resident = Self.number(after: "VmRSS:", in: text)
      else { return nil }
      return (resident, peak)
    }
  }

  /// What the processes below the first one hold, in KB, and how many there are, counted up to
  /// `limit`.
  func descendants(limit: Int) -> (count: Int, resident: Int64) {
    var found: [pid_t] = []
    var resident: Int64 = 0
    var next = [pid]
    while let parent = next.popLast(), found.count < limit {
      for child in Self.children(of: parent).prefix(limit - found.count) {
        found.append(child)
        next.append(child)
        resident += Self.ownMemory(of: child)
      }
    }
    return (found.count, resident)
  }

  /// Private resident memory in KB: what is shared with the parent counts there.
  private static func ownMemory(of pid: pid_t) -> Int64 {
    let fields = contents(of: "/proc/\(pid)/statm").split(separator: 0x20)
    guard fields.count > 2, let all = number(fields[1]), let shared = number(fields[2]) else {
      return 0
    }
    return max(0, all - shared) * Int64(sysconf(Int32(_SC_PAGESIZE))) / 1024
  }

  /// Children by any of a process's threads.
  private static func children(of pid: pid_t) -> [pid_t] {
    guard let folder = opendir("/proc/\(pid)/task") else { return [] }
    defer { closedir(folder) }
    var children: [pid_t] = []
    while let entry = readdir(folder) {
      let thread = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard thread.first != "." else { continue }
      let list = contents(of: "/proc/\(pid)/task/\(thread)/children")
      children += list.split(separator: 0x20).compactMap { number($0).map(pid_t.init) }
    }
    return children
  }

  private static func contents(of path: String) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return [] }
    defer { close(file) }
    return [UInt8](unsafeUninitializedCapacity: 16_384) { buffer, count in
      count = max(0, read(file, buffer.baseAddress, buffer.count))
    }
  }

  private static func number(_ digits: some Sequence<UInt8>) -> Int64? {
    Int64(String(decoding: Array(digits), as: UTF8.self))
  }

  private static func number(after name: StaticString, in text: UnsafeRawBufferPointer) -> Int64? {
    let size = name.utf8CodeUnitCount
    let starts = 0..<max(0, text.count - size)
    guard let base = text.baseAddress,
      let start = starts.first(where: { memcmp(base + $0, name.utf8Start, size) == 0 })
    else { return nil }
    var index = start + size
    while index < text.count, text[index] == 0x20 || text[index] == 0x09 { index += 1 }
    var value: Int64 = 0
    while index < text.count, (0x30...0x39).contains(text[index]) {
      value = value &* 10 &+ Int64(text[index] - 0x30)
      index += 1
    }
    return value
  }
}
