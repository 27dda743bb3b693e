import Cloud
import Crypto
import Events
import Testing

@Suite struct CursorTests {
  private let key = [UInt8](repeating: 7, count: 32)
  private let start: Item = [
    "owner": "tenant#ana", "updatedAt": "2026-01-02T03:04:05.678Z", "n": 3,
  ]

  @Test func `opens for the caller and the query it was made for`() throws {
    let text = try Cursor(key: key).text(for: start, caller: "tenant#ana", query: "list limit=10")
    // Another process with the same key: after a restart, in another sandbox.
    let cursor = try Cursor(key: key)
    #expect(try cursor.start(of: text, caller: "tenant#ana", query: "list limit=10") == start)
    #expect(try cursor.start(of: text, caller: "tenant#ana", query: "list limit=10") == start)
    #expect(text.utf8.allSatisfy { $0 != 0x2B && $0 != 0x2F && $0 != 0x3D })
    #expect(!text.contains("YW5h"))
    for (caller, query) in [
      ("tenant#bob", "list limit=10"), ("tenant#ana", "list limit=11"), ("", ""),
      ("tenant#analist", " limit=10"),
    ] {
      #expect(throws: CursorError.self, "\(caller) \(query)") {
        try cursor.start(of: text, caller: caller, query: query)
      }
    }
    #expect(throws: CursorError.self) {
      try Cursor(key: [UInt8](repeating: 8, count: 32)).start(
        of: text, caller: "tenant#ana", query: "list limit=10")
    }
  }

  @Test func `refuses every change and every cut`() throws {
    let cursor = try Cursor(key: key)
    let text = Array(cursor.text(for: start, caller: "a", query: "q").utf8)
    for place in text.indices {
      var changed = text
      changed[place] = changed[place] == 0x41 ? 0x42 : 0x41
      for bytes in [changed, Array(text[..<place])] {
        #expect(throws: CursorError.self) {
          try cursor.start(of: String(decoding: bytes, as: UTF8.self), caller: "a", query: "q")
        }
      }
    }
    for garbage in ["", "x", "食", String(repeating: "A", count: 100_000), "null", "{}"] {
      #expect(throws: CursorError.self) {
        try cursor.start(of: garbage, caller: "a", query: "q")
      }
    }
  }

  @Test func `needs a real key`() {
    #expect(throws: KeyError.self) { try Cursor(key: [1, 2, 3]) }
  }
}

@Suite struct ComposedKeyTests {
  private static let parts = ["", "a", "#", "%", "%23", "a#b", "##", "%2523", "user-1#admin", "食"]

  @Test func `different parts never make the same key`() {
    var keys: [String: [String]] = [:]
    for one in Self.parts {
      for other in Self.parts {
        for list in [[one], [one, other], [one, other, one]] {
          let key = ComposedKey.join(list)
          #expect(keys[key] == nil || keys[key] == list, "\(key)")
          keys[key] = list
          #expect(ComposedKey.split(key) == list)
        }
      }
    }
    #expect(ComposedKey.join("tenant", "user") == "tenant#user")
    #expect(ComposedKey.join("tenant", "user-1#admin") == "tenant#user-1%23admin")
  }
}
