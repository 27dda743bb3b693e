import Testing

@testable import JSON

@Suite struct NodeTests {
  static let text =
    #"{"TableName": "t", "Item": {"pk": {"S": "a\tb"}, "n": {"N": "1"}}, "x": [1, [], "y"]}"#

  @Test func `gives members, elements and their bytes`() throws {
    let document = try JSONDocument(NodeTests.text)
    let root = document.root
    #expect(root.kind == .object)
    #expect(root.count == 3)
    #expect(root["TableName"]?.string == "t")
    #expect(root["Item"]?["pk"]?["S"]?.string == "a\tb")
    #expect(root["missing"] == nil)
    #expect(root["TableName"]?["deeper"] == nil)
    #expect(root["x"]?.elements?.map(\.kind) == [.number, .array, .string])
    #expect(root["x"]?.elements?.map(\.range.count) == [1, 2, 3])
    #expect(root.members?.map(\.key) == ["TableName", "Item", "x"])
    let item = try #require(root["Item"])
    #expect(
      String(decoding: item.source, as: UTF8.self) == #"{"pk": {"S": "a\tb"}, "n": {"N": "1"}}"#)
    #expect(root.elements == nil)
    #expect(root["x"]?.members == nil)
  }

  @Test func `compares strings in place, escapes resolved`() throws {
    let root = try JSONDocument(#"["plain", "\u0061b", "", 1]"#).root
    let nodes = Array(try #require(root.elements))
    #expect(nodes[0].isString("plain"))
    #expect(!nodes[0].isString("plaim"))
    #expect(!nodes[0].isString("plain "))
    #expect(nodes[1].isString("ab"))
    #expect(nodes[2].isString(""))
    #expect(!nodes[3].isString("1"))
  }

  @Test func `finds a member whose name is written with escapes`() throws {
    #expect(try JSONDocument(#"{"\u0061":1}"#).root["a"]?.int == 1)
  }

  @Test func `knows the place of a value for people`() throws {
    let root = try JSONDocument("{\n  \"日本\": [\n 1, 2]}").root
    let second = root["日本"]?.elements?.dropFirst().first { _ in true }
    #expect(second?.position == JSONPosition(line: 3, column: 5))
  }

  @Test func `answers nil for a value of another kind`() throws {
    let root = try JSONDocument(#"[true, null, "s", 1.5]"#).root
    let nodes = Array(try #require(root.elements))
    #expect(nodes[0].bool == true)
    #expect(nodes[0].string == nil)
    #expect(nodes[1].isNull)
    #expect(nodes[1].bool == nil)
    #expect(nodes[2].number == nil)
    #expect(nodes[3].double == 1.5)
    #expect(nodes[3].int == nil)
  }
}

@Suite struct NumberTests {
  @Test(arguments: [
    ("0", 0), ("-0", 0), ("12", 12), ("12.0", 12), ("1.2e1", 12), ("1200e-2", 12), ("-7.00", -7),
    ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min), ("0e999999999999", 0),
    ("0.0000e5", 0), ("92233720368547758.07e2", Int.max),
  ])
  func `gives whole numbers exactly`(text: String, int: Int) throws {
    #expect(try JSONValue(parsing: text).int == int)
  }

  @Test(arguments: [
    "1.5", "9223372036854775808", "-9223372036854775809", "1e19", "1e-1", "1e999999999999999999",
  ])
  func `gives no integer for what is none or too large`(text: String) throws {
    #expect(try JSONValue(parsing: text).int == nil)
  }

  @Test func `keeps the text`() throws {
    let text = "[12345678901234567890123456789012345678,1.0,1E2,-0]"
    #expect(try JSONValue(parsing: text).description == text)
  }

  @Test func `gives no double out of range`() throws {
    #expect(try JSONValue(parsing: "1e400").double == nil)
    #expect(try JSONValue(parsing: "1e-400").double == 0)
    #expect(try JSONValue(parsing: "0.1").double == 0.1)
  }

  @Test func `takes only JSON's numbers as text`() {
    for text in ["", " 1", "1 ", "+1", "01", ".5", "1.", "NaN", "0x1", "\"1\"", "[1]"] {
      #expect(JSONNumber(text) == nil, "\(text)")
    }
    #expect(JSONNumber("-1.5e+3")?.double == -1500)
    #expect(JSONNumber(Double.nan) == nil)
  }

  @Test(arguments: [
    ("-120.50", true, "1205", -1), ("1e3", false, "1", 3), ("0.00", false, "", 0),
    ("-0", false, "", 0), ("100", false, "1", 2), ("0.001e-2", false, "1", -5),
  ])
  func `takes numbers apart`(text: String, negative: Bool, digits: String, exponent: Int) throws {
    let decimal = JSONDecimal(try #require(JSONNumber(text)))
    #expect(decimal.isNegative == negative)
    #expect(decimal.digits == digits)
    #expect(decimal.exponent == exponent)
  }

  @Test func `writes doubles so that they read back`() throws {
    for value in [0.1, 1e-7, 5e300, -0.0, 123_456_789.125, 1e21, .leastNonzeroMagnitude] {
      let text = JSONValue.double(value).description
      #expect(try JSONValue(parsing: text).double == value)
    }
    #expect(JSONValue.double(.infinity) == .null)
  }
}
