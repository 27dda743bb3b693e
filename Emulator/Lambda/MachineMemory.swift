import Glibc

/// The memory of the machine that all sandboxes share.
enum MachineMemory {
  /// Whether at least this share of it could be given to new processes. True where nobody can tell.
  ///
  /// Source: `MemAvailable` of proc_meminfo(5).
  static func isFree(share: Double) -> Bool {
    guard let all = number(after: "MemTotal:"), let free = number(after: "MemAvailable:") else {
      return true
    }
    return free >= all * share
  }

  private static func number(after name: String) -> Double? {
    let file = open("/proc/meminfo", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    let bytes = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
      count = max(0, read(file, buffer.baseAddress, buffer.count))
    }
    for line in bytes.split(separator: UInt8(ascii: "\n")) where line.starts(with: name.utf8) {
      let digits = line.filter { (0x30...0x39).contains($0) }
      return Double(String(decoding: digits, as: UTF8.self))
    }
    return nil
  }
}
