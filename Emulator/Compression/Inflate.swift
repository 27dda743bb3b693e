import CZlib
import Glibc

/// Undoes DEFLATE compression (RFC 1951) by zlib: of a zip's entry, of a request's body.
package enum Inflate {
  package enum Failure: Error, Equatable {
    /// The data break RFC 1951, or the format around them.
    case malformed
    /// There is more than was announced.
    case tooLong
    case noMemory
  }

  /// All bytes of bare compressed data, at most `limit` of them.
  package static func bytes(of input: ArraySlice<UInt8>, limit: Int) throws(Failure) -> [UInt8] {
    try first(martlet_bare, in: input, limit: limit).content
  }

  /// The content of a gzip file of one or more members (RFC 1952), at most `limit` bytes.
  package static func gzip(_ input: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
    var content: [UInt8] = []
    var rest = input[...]
    repeat {
      let member = try first(martlet_gzip, in: rest, limit: limit - content.count)
      content += member.content
      rest = rest.dropFirst(member.taken)
    } while !rest.isEmpty
    return content
  }

  /// The content of a zlib stream (RFC 1950), which is what `Content-Encoding: deflate` means, or of
  /// bare DEFLATE data, which some clients send under that name.
  package static func zlib(_ input: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
    let isWrapped =
      input.count > 2 && input[0] & 0x0F == 8 && (Int(input[0]) << 8 | Int(input[1])) % 31 == 0
      && input[1] & 0x20 == 0
    return try first(isWrapped ? martlet_zlib : martlet_bare, in: input[...], limit: limit).content
  }

  /// One stream or member at the beginning of `input`, and how many bytes of it that was.
  private static func first(
    _ format: martlet_format, in input: ArraySlice<UInt8>, limit: Int
  ) throws(Failure) -> (content: [UInt8], taken: Int) {
    var content: UnsafeMutablePointer<UInt8>?
    var (size, taken) = (0, 0)
    defer { free(content) }
    let outcome = input.withUnsafeBufferPointer { bytes in
      martlet_inflate(
        format, bytes.baseAddress, bytes.count, max(0, limit), &content, &size, &taken)
    }
    switch outcome {
    case martlet_whole: break
    case martlet_too_long: throw .tooLong
    case martlet_no_memory: throw .noMemory
    default: throw .malformed
    }
    return (Array(UnsafeBufferPointer(start: content, count: size)), taken)
  }
}
