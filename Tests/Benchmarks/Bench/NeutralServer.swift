import CBench
import Glibc

/// What went wrong while measuring.
enum BenchError: Error {
  case system(String)
  case ended(String)
}

/// The Runtime API for one program at a time, as plain as it can be: what is measured is the program.
struct NeutralServer: ~Copyable {
  let port: UInt16
  private let listener: Int32

  init() throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    self.listener = listener
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        let code = bind(listener, generic, size)
        return code == 0 && listen(listener, 16) == 0
          ? getsockname(listener, generic, &size) : Int32(-1)
      }
    }
    guard code == 0 else { throw BenchError.system("listen: errno \(errno)") }
    port = UInt16(bigEndian: address.sin_port)
  }

  deinit {
    close(listener)
  }

  borrowing func accept() throws -> Peer {
    let descriptor = Glibc.accept(listener, nil, nil)
    guard descriptor >= 0 else { throw BenchError.system("accept: errno \(errno)") }
    var yes: Int32 = 1
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    return Peer(descriptor: descriptor)
  }
}

/// A connection of the program that is measured.
final class Peer {
  private let descriptor: Int32
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)

  init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  deinit {
    close(descriptor)
    buffer.deallocate()
  }

  func send(_ bytes: [UInt8]) throws {
    let count = bytes.withUnsafeBytes {
      Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    guard count == bytes.count else { throw BenchError.ended("while an event was sent") }
  }

  /// Reads one request whole and returns its first byte: `G` or `P`.
  func request() throws -> UInt8 {
    var count = 0
    while true {
      let more = recv(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count, 0)
      guard more > 0 else { throw BenchError.ended("while a request was awaited") }
      count += more
      if bench_is_request(buffer.baseAddress, count) != 0 { return buffer[0] }
    }
  }
}
