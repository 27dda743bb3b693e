/// Writes the XML of S3's answers: elements and text only, without white space between them.
struct XMLWriter {
  private(set) var bytes: [UInt8] = Array(#"<?xml version="1.0" encoding="UTF-8"?>"#.utf8) + [0x0a]

  /// S3's own namespace, on the outermost element of most answers.
  static let namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

  /// One whole document.
  static func document(
    _ name: String, namespace: String? = namespace, _ body: (inout XMLWriter) -> Void
  ) -> [UInt8] {
    var writer = XMLWriter()
    let attribute = namespace.map { " xmlns=\"\($0)\"" } ?? ""
    writer.bytes += Array("<\(name)\(attribute)>".utf8)
    body(&writer)
    writer.bytes += Array("</\(name)>".utf8)
    return writer.bytes
  }

  mutating func element(_ name: String, _ body: (inout XMLWriter) -> Void) {
    bytes += Array("<\(name)>".utf8)
    body(&self)
    bytes += Array("</\(name)>".utf8)
  }

  mutating func element(_ name: String, _ text: String) {
    bytes += Array("<\(name)>".utf8)
    append(text)
    bytes += Array("</\(name)>".utf8)
  }

  mutating func element(_ name: String, _ text: Substring) { element(name, String(text)) }

  mutating func element(_ name: String, _ number: Int) {
    element(name, String(number))
  }

  /// Writes nothing when there is no text.
  mutating func optional(_ name: String, _ text: String?) {
    if let text { element(name, text) }
  }

  /// Writes an element that was read.
  mutating func tree(_ element: XMLElement) {
    guard !element.children.isEmpty else { return self.element(element.name, element.text) }
    self.element(element.name) { xml in
      for child in element.children { xml.tree(child) }
    }
  }

  /// Appends elements that were written before.
  mutating func raw(_ xml: String) {
    bytes += Array(xml.utf8)
  }

  private mutating func append(_ text: String) {
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": bytes += Array("&amp;".utf8)
      case "<": bytes += Array("&lt;".utf8)
      case ">": bytes += Array("&gt;".utf8)
      case "\"": bytes += Array("&quot;".utf8)
      // What XML cannot hold, S3 writes as a reference all the same.
      case "\u{0}"..."\u{8}", "\u{b}", "\u{c}", "\u{d}", "\u{e}"..."\u{1f}":
        bytes += Array("&#x\(String(scalar.value, radix: 16));".utf8)
      default: bytes += Array(String(scalar).utf8)
      }
    }
  }
}
