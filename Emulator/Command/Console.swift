import Dispatch
import Glibc
import Synchronization

/// Standard output and error, written by a thread of their own: a terminal that does not read must
/// not stop the emulator. What it cannot take is dropped, and the log says how much.
final class Console: Sendable {
  static let shared = Console()
  /// Lines that wait.
  private static let limit = 10_000

  /// What comes within these microseconds is written at once: functions write several lines a turn,
  /// and each would wake the thread, and whoever reads.
  private static let gathering: UInt32 = 2_000

  private struct Piece: Sendable {
    let file: Int32
    var bytes: [UInt8]
  }

  private struct Waiting: Sendable {
    var pieces: [Piece] = []
    var lines = 0
    /// The thread will come for it.
    var isAwaited = false
  }

  private let queue = DispatchQueue(label: "martlet.console")
  private let waiting = Mutex(Waiting())
  private let dropped = Atomic<Int>(0)

  /// What the user asked for, on standard output. Never dropped.
  func print(_ text: String) {
    write(text, to: STDOUT_FILENO)
  }

  /// Bytes for standard output as they are.
  func print(_ bytes: [UInt8]) {
    write(bytes, to: STDOUT_FILENO)
  }

  /// What is told beside it, on standard error.
  func note(_ text: String) {
    write(text, to: STDERR_FILENO)
  }

  /// A line that a function wrote. Control characters are shown, not obeyed.
  func log(_ line: String) {
    guard waiting.withLock({ $0.lines }) < Self.limit else {
      dropped.add(1, ordering: .relaxed)
      return
    }
    let lost = dropped.exchange(0, ordering: .relaxed)
    if lost > 0 { note("… \(lost) log lines dropped") }
    note(Self.visible(line))
  }

  /// Waits until all is written.
  func flush() {
    queue.sync { writeAll() }
  }

  /// The text with control characters other than tabs escaped.
  static func visible(_ line: String) -> String {
    let isPlain = line.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F || $0 == 0x09 }
    guard !isPlain else { return line }
    var text = String.UnicodeScalarView()
    for scalar in line.unicodeScalars {
      let isControl = scalar.value < 0x20 && scalar != "\t" || (0x7F...0x9F).contains(scalar.value)
      // Also what reorders text on screen: bidirectional overrides and isolates.
      let isOverride =
        (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
      if isControl || isOverride {
        text.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
      } else {
        text.append(scalar)
      }
    }
    return String(text)
  }

  private func write(_ text: String, to file: Int32) {
    write(Array((text + "\n").utf8), to: file)
  }

  private func write(_ bytes: [UInt8], to file: Int32) {
    let isFirst = waiting.withLock { waiting in
      waiting.lines += 1
      if waiting.pieces.last?.file == file {
        waiting.pieces[waiting.pieces.count - 1].bytes += bytes
      } else {
        waiting.pieces.append(Piece(file: file, bytes: bytes))
      }
      defer { waiting.isAwaited = true }
      return !waiting.isAwaited
    }
    guard isFirst else { return }
    queue.async {
      usleep(Self.gathering)
      self.writeAll()
    }
  }

  /// On the queue alone.
  private func writeAll() {
    while true {
      let taken = waiting.withLock { waiting in
        defer { waiting = Waiting() }
        return waiting.pieces
      }
      guard !taken.isEmpty else { return }
      for piece in taken { Self.write(piece.bytes, to: piece.file) }
    }
  }

  private static func write(_ bytes: [UInt8], to file: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if count < 0, errno == EAGAIN {
        var ready = pollfd(fd: file, events: Int16(POLLOUT), revents: 0)
        poll(&ready, 1, -1)
      } else if count == 0 || errno != EINTR {
        return  // nobody reads any more
      }
    }
  }
}
