import Foundation
import Testing

@testable import JSON

@Suite struct ValueTests {
  @Test func `is written in literals`() {
    let value: JSONValue = ["a": [1, 2.5, true, "x\(1)"], "b": .null]
    #expect(value.description == #"{"a":[1,2.5,true,"x1"],"b":null}"#)
    #expect(value["a"]?[3]?.string == "x1")
    #expect(value["a"]?[4] == nil)
    #expect(value["b"]?.isNull == true)
    #expect(value["c"] == nil)
  }

  @Test func `changes members in place`() {
    var value: JSONValue = [:]
    value["a"] = 1
    value["b"] = ["c": 2]
    value["b"]?["d"] = 3
    #expect(value.description == #"{"a":1,"b":{"c":2,"d":3}}"#)
    value["a"] = nil
    #expect(value.description == #"{"b":{"c":2,"d":3}}"#)
  }

  @Test func `keeps the order of many members and finds each`() {
    var object = JSONObject()
    for number in (0..<500).reversed() { object["key\(number)"] = .int(number) }
    #expect(object.count == 500)
    #expect(object.keys.first == "key499")
    #expect((0..<500).allSatisfy { object["key\($0)"] == .int($0) })
    for number in 0..<495 { object["key\(number)"] = nil }
    #expect(object.keys == ["key499", "key498", "key497", "key496", "key495"])
    #expect(object["key497"] == 497)
    object["key497"] = true
    #expect(object.map(\.value) == [499, 498, true, 496, 495])
  }

  @Test func `does not look at the order of members when comparing`() throws {
    #expect(try JSONValue(parsing: #"{"a":1,"b":2}"#) == JSONValue(parsing: #"{"b":2,"a":1}"#))
    #expect(try JSONValue(parsing: #"{"a":1}"#) != JSONValue(parsing: #"{"a":1,"b":2}"#))
    #expect(try JSONValue(parsing: #"{"a":1}"#) != JSONValue(parsing: #"{"b":1}"#))
  }

  @Test func `writes the four styles`() {
    let value: JSONValue = ["b": [1, [:], []], "a": ["c": "d"]]
    let text = { (style: JSONStyle) in String(decoding: value.encoded(style), as: UTF8.self) }
    #expect(text(.compact) == #"{"b":[1,{},[]],"a":{"c":"d"}}"#)
    #expect(text(.sorted) == #"{"a":{"c":"d"},"b":[1,{},[]]}"#)
    #expect(
      text(.pretty) == """
        {
          "b": [
            1,
            {},
            []
          ],
          "a": {
            "c": "d"
          }
        }
        """)
    #expect(text(.prettySorted).hasPrefix("{\n  \"a\": {\n    \"c\""))
  }

  @Test func `escapes what must be escaped and nothing else`() throws {
    let text = (0..<0x82).compactMap { Unicode.Scalar($0) }.map(String.init).joined() + "\u{2028}食😹"
    let bytes = JSONValue.string(text).encoded()
    let theirs = try JSONDecoder().decode([String].self, from: Data([0x5B] + bytes + [0x5D]))
    #expect(theirs == [text])
    #expect(try JSONValue(parsing: bytes) == .string(text))
    let written = String(decoding: bytes, as: UTF8.self)
    #expect(written.hasPrefix(#""\u0000\u0001"#))
    #expect(written.contains(#"\u0007\b\t\n\u000b\f\r\u000e"#))
    #expect(written.contains(#"\u001f !\"#))
    #expect(written.contains(#"[\\]"#))
    #expect(written.hasSuffix("\u{2028}食😹\""))
  }

  @Test func `escapes at every place of a word`() throws {
    for length in 0..<20 {
      for place in 0...length {
        var text = String(repeating: "a", count: length)
        text.insert("\"", at: text.index(text.startIndex, offsetBy: place))
        let bytes = JSONValue.string(text).encoded()
        #expect(try JSONValue(parsing: bytes) == .string(text))
        #expect(bytes.count == length + 4)
      }
    }
  }
}
