/// Which embedder made a vector. Vectors of two embedders say nothing about each other.
package struct EmbedderID: Sendable, Hashable, CustomStringConvertible {
  /// `openai/text-embedding-3-small`.
  package var name: String
  package var version: String
  package var dimension: Int

  static let dimensions = 8...8192
  /// Bytes of the whole.
  static let longest = 240

  package init(name: String, version: String, dimension: Int) {
    self.name = name
    self.version = version
    self.dimension = dimension
  }

  /// Reads `name#version#dimension`; nil for anything else.
  package init?(_ text: String) {
    let parts = text.split(separator: "#", omittingEmptySubsequences: false)
    guard parts.count == 3, let dimension = Int(parts[2]), Self.dimensions.contains(dimension),
      !parts[0].isEmpty, text.utf8.count <= Self.longest
    else { return nil }
    self.init(name: String(parts[0]), version: String(parts[1]), dimension: dimension)
  }

  package var description: String { "\(name)#\(version)#\(dimension)" }
}
