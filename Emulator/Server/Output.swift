import CLoop
import Glibc

/// What waits to be sent on a connection: bytes, and behind them at most one source that is read
/// as the peer takes it.
struct Output {
  /// A body that is not copied into the buffer as a whole.
  enum Source {
    case none
    case bytes([UInt8], from: Int)
    case file(FileBody, offset: Int64, remaining: Int)
  }

  enum Progress {
    /// All is sent.
    case empty
    /// More could be sent at once, but others on the loop come first.
    case yielded
    case peerIsFull
    case failed
  }

  var bytes: [UInt8] = []
  private var sent = 0
  var source = Source.none
  /// Bytes that the peer has taken in all.
  private(set) var total = 0

  /// Bytes in the buffer.
  var count: Int { bytes.count - sent }

  var isEmpty: Bool {
    guard count == 0, case .none = source else { return false }
    return true
  }

  /// Sends until all is out, the peer is full, or a fair share is used up.
  mutating func send(to descriptor: Int32, through tls: TLSSession?) -> Progress {
    let end = total + 2 * 1_048_576
    while total < end {
      if count > 0 {
        let result = bytes.withUnsafeBytes {
          loop_send(descriptor, $0.baseAddress?.advanced(by: sent), count)
        }
        if let stop = took(result) { return stop }
        compact()
      } else if case .none = source {
        return .empty
      } else if let stop = advance(descriptor, tls) {
        return stop
      }
    }
    return isEmpty ? .empty : .yielded
  }

  /// Gives memory back that an idle connection does not need.
  mutating func shrink(to capacity: Int) {
    if count == 0, bytes.capacity > capacity { bytes = [] }
  }

  private mutating func took(_ result: Int) -> Progress? {
    guard result >= 0 else { return result == -1 ? .peerIsFull : .failed }
    sent += result
    total += result
    return nil
  }

  private mutating func compact() {
    if count == 0 {
      bytes.removeAll(keepingCapacity: true)
      sent = 0
    } else if sent > 65_536 {
      bytes.removeFirst(sent)
      sent = 0
    }
  }

  private mutating func advance(_ descriptor: Int32, _ tls: TLSSession?) -> Progress? {
    switch source {
    case .none: return nil
    case .bytes(let body, let start):
      let end = min(body.count, start + 262_144)
      source = .none
      if let tls {
        guard tls.encrypt(body[start..<end], into: &bytes) else { return .failed }
        if end < body.count { source = .bytes(body, from: end) }
        return nil
      }
      let result = body.withUnsafeBytes {
        loop_send(descriptor, $0.baseAddress?.advanced(by: start), body.count - start)
      }
      let next = start + max(0, result)
      if next < body.count { source = .bytes(body, from: next) }
      return counted(result)
    case .file(let file, let offset, let remaining):
      return tls.map { read(file, offset, remaining, $0) }
        ?? copy(file, offset, remaining, descriptor)
    }
  }

  private mutating func counted(_ result: Int) -> Progress? {
    guard result >= 0 else { return result == -1 ? .peerIsFull : .failed }
    total += result
    return nil
  }

  private mutating func copy(
    _ file: FileBody, _ offset: Int64, _ remaining: Int, _ descriptor: Int32
  ) -> Progress? {
    var position = offset
    let result = loop_send_file(descriptor, file.descriptor, &position, min(remaining, 524_288))
    // A file that has become shorter cannot fill the length that is promised.
    guard result != 0 else { return .failed }
    setFile(file, position, remaining - max(0, result))
    return counted(result)
  }

  private mutating func read(
    _ file: FileBody, _ offset: Int64, _ remaining: Int, _ tls: TLSSession
  ) -> Progress? {
    let capacity = min(remaining, 65_536)
    let part = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      count = max(0, pread(file.descriptor, buffer.baseAddress, capacity, off_t(offset)))
    }
    guard !part.isEmpty, tls.encrypt(part[...], into: &bytes) else { return .failed }
    setFile(file, offset + Int64(part.count), remaining - part.count)
    return nil
  }

  private mutating func setFile(_ file: FileBody, _ offset: Int64, _ remaining: Int) {
    source = remaining > 0 ? .file(file, offset: offset, remaining: remaining) : .none
  }
}
