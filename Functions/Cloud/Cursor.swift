package import Crypto
package import Events
import JSON

/// A cursor is not one that we gave to this caller for this query.
package struct CursorError: Error, Equatable {}

/// Makes page positions opaque: encrypted, bound to the caller and the query they belong to.
///
/// A changed or cut cursor, another caller's, or one of another query does not open. The same key
/// opens cursors after a restart and in other sandboxes.
package struct Cursor: Sendable {
  private static let longest = 8_192
  private let seal: Seal

  /// `key` is a secret of any kind, at least 32 bytes; cursors get a key derived from it.
  package init(key: [UInt8]) throws(KeyError) {
    guard key.count >= 32 else { throw .wrongSize(bits: key.count * 8, least: 256) }
    let derived = HKDF<SHA256>.derive(from: key, info: Array("martlet cursor".utf8), count: 32)
    seal = try Seal(keys: ["1": derived], current: "1")
  }

  /// Text for a URL. `query` holds everything that must stay the same from page to page.
  package func text(for start: Item, caller: String, query: String) -> String {
    var bytes: [UInt8] = []
    bytes.appendItem(start)
    return Base64.url.encode(seal.seal(bytes, context: [caller, query]))
  }

  package func start(
    of text: String, caller: String, query: String
  ) throws(CursorError) -> Item {
    guard text.utf8.count <= Self.longest, let sealed = Base64.url.decode(text),
      let bytes = try? seal.open(sealed, context: [caller, query]),
      let item = try? JSONDocument(bytes).root.item()
    else { throw CursorError() }
    return item
  }
}
