/// The tables of request shapes that the scripts write from the services' models.
enum ModelText {
  /// The words of each entry; a line that begins with a space goes on with the one before.
  static func entries(of text: String) -> [[Substring]] {
    var entries: [[Substring]] = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if line.first == " ", let last = entries.indices.last {
        entries[last] += words
      } else {
        entries.append(words)
      }
    }
    return entries
  }
}
