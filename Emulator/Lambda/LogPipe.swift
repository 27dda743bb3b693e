import CLoop
import Glibc
import Server

/// The pipe behind a sandbox's standard output and error. Lives on the event loop.
final class LogPipe: ReadinessTarget {
  /// What the sandbox writes to; closed once it has been passed on.
  private(set) var writeEnd: Int32?
  private var readEnd: Int32?
  private var token: UInt64?
  private let loop: EventLoop
  private var lines: LineSplitter
  private let write: (String) -> Void

  /// Answers nil when the system has no descriptors left.
  init?(loop: EventLoop, lineLimit: Int, write: @escaping (String) -> Void) {
    self.loop = loop
    self.write = write
    lines = LineSplitter(limit: lineLimit)
    var ends: [Int32] = [0, 0]
    guard warden_pipe(&ends) == 0 else { return nil }
    writeEnd = ends[1]
    readEnd = ends[0]
    token = loop.watch(ends[0], for: UInt32(LOOP_READ), self)
    guard token != nil else {
      Glibc.close(ends[0])
      Glibc.close(ends[1])
      return nil
    }
  }

  func closeWriteEnd() {
    if let writeEnd { Glibc.close(writeEnd) }
    writeEnd = nil
  }

  /// Gives on what lies in the pipe, without waiting and at most a megabyte of it.
  func drain() {
    guard let readEnd else { return }
    for _ in 0..<16 {
      let (count, isFull) = withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 16) {
        buffer -> (Int, Bool) in
        let count = read(readEnd, buffer.baseAddress, buffer.count)
        if count > 0 {
          for line in lines.append(UnsafeRawBufferPointer(rebasing: buffer[..<count])) {
            write(line)
          }
        }
        return (count, count == buffer.count)
      }
      if count == 0 { stopReading() }
      if count <= 0 || !isFull { return }
    }
  }

  /// Gives on the rest and closes. Nobody may still hold the write end.
  func close() {
    drain()
    if let line = lines.finish() { write(line) }
    stopReading()
    closeWriteEnd()
  }

  package func ready(_ events: UInt32) { drain() }

  private func stopReading() {
    guard let readEnd, let token else { return }
    loop.unwatch(readEnd, token)
    Glibc.close(readEnd)
    self.readEnd = nil
    self.token = nil
  }
}
