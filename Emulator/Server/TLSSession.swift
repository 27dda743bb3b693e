import COpenSSL

/// The server's certificate and settings, shared by its connections.
final class TLSContext: Sendable {
  // OpenSSL counts its references with atomics and only reads it once connections are made.
  fileprivate nonisolated(unsafe) let context: OpaquePointer

  init(_ files: TLSFiles) throws(ServerError) {
    guard let context = SSL_CTX_new(TLS_server_method()) else {
      throw .badCertificate(reason: "no TLS context")
    }
    self.context = context
    guard SSL_CTX_use_certificate_chain_file(context, files.certificate) == 1 else {
      throw .badCertificate(reason: "\(files.certificate): \(Self.lastError())")
    }
    guard SSL_CTX_use_PrivateKey_file(context, files.key, SSL_FILETYPE_PEM) == 1,
      SSL_CTX_check_private_key(context) == 1
    else { throw .badCertificate(reason: "\(files.key): \(Self.lastError())") }
    SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
    SSL_CTX_ctrl(context, SSL_CTRL_MODE, Int(SSL_MODE_RELEASE_BUFFERS), nil)
  }

  deinit {
    SSL_CTX_free(context)
  }

  private static func lastError() -> String {
    ERR_reason_error_string(ERR_get_error()).map { String(cString: $0) } ?? "not usable"
  }
}

/// TLS of one connection between two memory buffers: the sockets are the caller's.
final class TLSSession {
  private let session: OpaquePointer
  private let incoming: OpaquePointer
  private let outgoing: OpaquePointer

  init?(_ context: TLSContext) {
    guard let session = SSL_new(context.context) else { return nil }
    guard let incoming = BIO_new(BIO_s_mem()), let outgoing = BIO_new(BIO_s_mem()) else {
      SSL_free(session)
      return nil
    }
    self.session = session
    self.incoming = incoming
    self.outgoing = outgoing
    SSL_set_bio(session, incoming, outgoing)
    SSL_set_accept_state(session)
  }

  deinit {
    SSL_free(session)
  }

  enum Received {
    case plain(Int)
    case needsMore
    case ended
    case failed
  }

  /// Takes bytes from the network.
  func feed(_ bytes: UnsafeRawBufferPointer) {
    BIO_write(incoming, bytes.baseAddress, Int32(bytes.count))
  }

  /// Decrypts into `buffer`; call it until it needs more. What it wants to say to the peer
  /// (handshake, alerts) is appended to `output`.
  func decrypt(into buffer: UnsafeMutableRawBufferPointer, output: inout [UInt8]) -> Received {
    ERR_clear_error()
    let count = SSL_read(session, buffer.baseAddress, Int32(buffer.count))
    let error = count > 0 ? SSL_ERROR_NONE : SSL_get_error(session, count)
    drain(into: &output)
    switch error {
    case SSL_ERROR_NONE: return .plain(Int(count))
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .needsMore
    case SSL_ERROR_ZERO_RETURN: return .ended
    default: return .failed
    }
  }

  /// Appends the encrypted form of `plain` to `output`.
  func encrypt(_ plain: ArraySlice<UInt8>, into output: inout [UInt8]) -> Bool {
    guard !plain.isEmpty else { return true }
    ERR_clear_error()
    let written = plain.withUnsafeBytes {
      SSL_write(session, $0.baseAddress, Int32($0.count))
    }
    drain(into: &output)
    return written == plain.count
  }

  /// Appends the closing alert.
  func close(into output: inout [UInt8]) {
    ERR_clear_error()
    SSL_shutdown(session)
    drain(into: &output)
  }

  private func drain(into output: inout [UInt8]) {
    let pending = Int(BIO_ctrl_pending(outgoing))
    guard pending > 0 else { return }
    let start = output.count
    output.append(contentsOf: repeatElement(0, count: pending))
    let count = output.withUnsafeMutableBytes {
      BIO_read(outgoing, $0.baseAddress?.advanced(by: start), Int32(pending))
    }
    output.removeLast(pending - Int(max(0, count)))
  }
}
