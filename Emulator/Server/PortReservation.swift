import CLoop
import Glibc

/// Holds a port of the loopback address for a server that will open it later, so that its number is
/// known, and a port in use is told, before long work begins.
///
/// The port is bound but not listened on: clients are refused until the server opens it. Linux lets a
/// second socket bind and listen meanwhile, because both allow the address to be reused.
package final class PortReservation: Sendable {
  package let port: UInt16
  private let descriptor: Int32

  /// Port 0 asks for a free one. Throws `ServerError.cannotListen` for one that is in use.
  package init(_ port: UInt16, address: String = "127.0.0.1") throws(ServerError) {
    // Whether somebody listens there can only be told by listening.
    let probe = loop_listen(address, port, 1)
    guard probe >= 0 else {
      throw .cannotListen(address: address, port: port, code: -probe)
    }
    self.port = loop_local_port(probe)
    descriptor = loop_reserve(address, self.port, probe)
    guard descriptor >= 0 else {
      throw .cannotListen(address: address, port: port, code: -descriptor)
    }
  }

  deinit { close(descriptor) }
}
