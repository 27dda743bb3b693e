import Crypto

/// The checksums that S3 keeps with an object. Source: Amazon S3 user guide, "Checking object
/// integrity".
enum ChecksumAlgorithm: String, Sendable, CaseIterable {
  case crc32 = "CRC32"
  case crc32c = "CRC32C"
  case crc64nvme = "CRC64NVME"
  case sha1 = "SHA1"
  case sha256 = "SHA256"

  var header: String { "x-amz-checksum-\(rawValue.lowercased())" }
  var element: String { "Checksum\(rawValue)" }
  var byteCount: Int {
    switch self {
    case .crc32, .crc32c: 4
    case .crc64nvme: 8
    case .sha1: 20
    case .sha256: 32
    }
  }

  /// Only these can be a whole object's checksum when it comes in parts.
  var canBeOfWholeObject: Bool { self != .sha1 && self != .sha256 }
}

/// A checksum, in Base64 as on the wire. `isComposite` marks one over the checksums of the parts.
struct Checksum: Sendable, Equatable {
  var algorithm: ChecksumAlgorithm
  var value: String
  var isComposite = false

  var type: String { isComposite ? "COMPOSITE" : "FULL_OBJECT" }
}

/// A checksum being made.
struct ChecksumState: Sendable {
  private enum State: Sendable {
    case crc32(Crypto.CRC32)
    case crc32c(Crypto.CRC32C)
    case crc64(CRC64)
    case sha1(Crypto.SHA1)
    case sha256(Crypto.SHA256)
  }

  let algorithm: ChecksumAlgorithm
  private var state: State

  init(_ algorithm: ChecksumAlgorithm) {
    self.algorithm = algorithm
    switch algorithm {
    case .crc32: state = .crc32(CRC32())
    case .crc32c: state = .crc32c(CRC32C())
    case .crc64nvme: state = .crc64(CRC64())
    case .sha1: state = .sha1(SHA1())
    case .sha256: state = .sha256(SHA256())
    }
  }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    switch state {
    case .crc32(var sum):
      sum.update(bytes)
      state = .crc32(sum)
    case .crc32c(var sum):
      sum.update(bytes)
      state = .crc32c(sum)
    case .crc64(var sum):
      sum.update(bytes)
      state = .crc64(sum)
    case .sha1(var sum):
      sum.update(bytes)
      state = .sha1(sum)
    case .sha256(var sum):
      sum.update(bytes)
      state = .sha256(sum)
    }
  }

  func bytes() -> [UInt8] {
    switch state {
    case .crc32(let sum): return Self.bigEndian(UInt64(sum.value), 4)
    case .crc32c(let sum): return Self.bigEndian(UInt64(sum.value), 4)
    case .crc64(let sum): return Self.bigEndian(sum.value, 8)
    case .sha1(var sum): return sum.finish()
    case .sha256(var sum): return sum.finish()
    }
  }

  var checksum: Checksum {
    Checksum(algorithm: algorithm, value: Base64.standard.encode(bytes()))
  }

  /// A number of `count` bytes as checksums are written.
  static func text(_ value: UInt64, _ count: Int) -> String {
    Base64.standard.encode(bigEndian(value, count))
  }

  static func bytes(of algorithm: ChecksumAlgorithm, _ content: [UInt8]) -> [UInt8] {
    var state = ChecksumState(algorithm)
    content.withUnsafeBytes { state.update($0) }
    return state.bytes()
  }

  private static func bigEndian(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64(count - 1 - $0))) }
  }
}

/// CRC-64/NVME (reflected polynomial 9A6C9329AC4BC9B5), S3's checksum for objects that come without
/// one. Source: NVM Express NVM Command Set 1.0, 5.2.1.3.4.
struct CRC64: Sendable {
  /// Eight tables of 256 entries, one after the other, for eight bytes a step.
  private static let tables: [UInt64] = {
    var tables = [UInt64](repeating: 0, count: 8 * 256)
    for index in 0..<256 {
      var value = UInt64(index)
      for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x9a6c_9329_ac4b_c9b5 : value >> 1 }
      tables[index] = value
    }
    for index in 256..<(8 * 256) {
      let before = tables[index - 256]
      tables[index] = before >> 8 ^ tables[Int(before & 0xff)]
    }
    return tables
  }()

  private var state = UInt64.max

  var value: UInt64 { ~state }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var state = self.state
    Self.tables.withUnsafeBufferPointer { tables in
      var offset = 0
      while offset + 8 <= bytes.count {
        state ^= UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        var next: UInt64 = 0
        for place in 0..<8 {
          next ^= tables[(7 - place) * 256 + Int(state >> UInt64(8 * place) & 0xff)]
        }
        state = next
        offset += 8
      }
      while offset < bytes.count {
        state = state >> 8 ^ tables[Int((state ^ UInt64(bytes[offset])) & 0xff)]
        offset += 1
      }
    }
    self.state = state
  }
}
