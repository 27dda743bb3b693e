import Foundation
import Support

/// Reads a file of `Fixtures`.
func vectors<File: Decodable>(_ name: String, as type: File.Type = File.self) throws -> File {
  let decoder = JSONDecoder()
  decoder.keyDecodingStrategy = .convertFromSnakeCase
  return try decoder.decode(
    File.self, from: Data(Project.bytes("Tests/CryptoTests/Fixtures/" + name)))
}

/// A file of Project Wycheproof.
struct Wycheproof<Group: Decodable>: Decodable {
  let testGroups: [Group]
}

/// Bytes that a file writes as hexadecimal text, read without the code under test.
struct HexBytes: Decodable, Sendable {
  let bytes: [UInt8]

  init(from decoder: any Decoder) throws {
    let text = Array(try decoder.singleValueContainer().decode(String.self))
    bytes = stride(from: 0, to: text.count - 1, by: 2).compactMap {
      UInt8(String(text[$0...$0 + 1]), radix: 16)
    }
    guard bytes.count * 2 == text.count else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "not hexadecimal"))
    }
  }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
