/// `*` stands for any text; `\*` for a star.
package enum Wildcard {
  /// Takes at most the product of both lengths.
  package static func matches(_ text: [UInt8], _ pattern: [UInt8]) -> Bool {
    var (place, part) = (0, 0)
    var star: (part: Int, place: Int)?
    while place < text.count {
      if part < pattern.count, pattern[part] == UInt8(ascii: "*") {
        star = (part, place)
        part += 1
        continue
      }
      let isEscaped = part + 1 < pattern.count && pattern[part] == UInt8(ascii: "\\")
      if part < pattern.count, pattern[isEscaped ? part + 1 : part] == text[place] {
        part += isEscaped ? 2 : 1
        place += 1
      } else if let (starPart, starPlace) = star {
        part = starPart + 1
        place = starPlace + 1
        star = (starPart, place)
      } else {
        return false
      }
    }
    while part < pattern.count, pattern[part] == UInt8(ascii: "*") { part += 1 }
    return part == pattern.count
  }
}
