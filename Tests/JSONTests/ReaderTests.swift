import Foundation
import Testing

@testable import JSON

/// The first error a text leads to, if any.
func failure(_ text: String, limits: JSONLimits = .default) -> JSONError? {
  failure(Array(text.utf8), limits: limits)
}

func failure(_ bytes: [UInt8], limits: JSONLimits = .default) -> JSONError? {
  do throws(JSONError) {
    _ = try JSONDocument(bytes, limits: limits)
    return nil
  } catch {
    return error
  }
}

struct ParsingCase: Decodable {
  let name: String
  let expect: String
  let bytesBase64: String

  static func all() throws -> [ParsingCase] {
    struct File: Decodable { let cases: [ParsingCase] }
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Vectors/parsing.json")
    return try JSONDecoder().decode(File.self, from: Data(contentsOf: path)).cases
  }
}

@Suite struct ReaderTests {
  @Test func `agrees with the parsing suite`() throws {
    let cases = try ParsingCase.all()
    #expect(cases.count == 264)
    for item in cases {
      let bytes = [UInt8](try #require(Data(base64Encoded: item.bytesBase64)))
      let kept = JSONLimits(duplicates: .kept)
      switch item.expect {
      case "accept": #expect(failure(bytes, limits: kept) == nil, "\(item.name)")
      case "refuse": #expect(failure(bytes, limits: kept) != nil, "\(item.name)")
      default: _ = failure(bytes, limits: kept)
      }
    }
  }

  @Test func `refuses what the suite leaves open and could be misread`() throws {
    let refused = ["string_", "structure_UTF-8_BOM", "structure_500_nested"]
    for item in try ParsingCase.all() where item.expect == "either" {
      guard refused.contains(where: item.name.hasPrefix) else { continue }
      let bytes = [UInt8](try #require(Data(base64Encoded: item.bytesBase64)))
      #expect(failure(bytes) != nil, "\(item.name)")
    }
  }

  @Test func `reads every value that Foundation reads to the same value`() throws {
    for item in try ParsingCase.all() where item.expect == "accept" {
      let bytes = [UInt8](try #require(Data(base64Encoded: item.bytesBase64)))
      guard
        let theirs = try? JSONSerialization.jsonObject(
          with: Data(bytes), options: .fragmentsAllowed)
      else { continue }
      let ours = try JSONValue(parsing: bytes, limits: JSONLimits(duplicates: .kept))
      let again = try JSONSerialization.jsonObject(
        with: Data(ours.encoded()), options: .fragmentsAllowed)
      #expect((theirs as? NSObject) == (again as? NSObject), "\(item.name)")
    }
  }

  @Test func `refuses 100,000 open brackets at once`() {
    let start = ContinuousClock.now
    let error = failure([UInt8](repeating: 0x5B, count: 100_000))
    #expect(error?.kind == .tooDeep(limit: 64))
    #expect(error?.offset == 64)
    #expect(ContinuousClock.now - start < .seconds(20))
  }

  @Test func `counts depth exactly`() {
    let deepest = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    #expect(failure(deepest) == nil)
    #expect(failure("[\(deepest)]")?.kind == .tooDeep(limit: 64))
  }

  @Test func `refuses a text over the limit of bytes before reading it`() {
    let limits = JSONLimits(bytes: 10)
    #expect(failure("[1,2,3,45]", limits: limits) == nil)
    #expect(failure("[1,2,3,456]", limits: limits)?.kind == .tooLarge(bytes: 11, limit: 10))
  }

  @Test func `refuses a name that stands twice, however it is written`() {
    let twice = #"{"a":1,"b":2,"\u0061":3}"#
    #expect(failure(twice)?.kind == .duplicateKey("a"))
    #expect(failure(twice)?.column == 14)
    let many = (0..<40).map { "\"key\($0)\":\($0)" }.joined(separator: ",")
    #expect(failure("{\(many)}") == nil)
    #expect(failure("{\(many),\"key7\":0}")?.kind == .duplicateKey("key7"))
    #expect(failure(#"{"a":{"x":1},"b":{"x":1}}"#) == nil)
  }

  @Test func `tells names apart by their bytes`() throws {
    let value = try JSONValue(parsing: "{\"\u{E9}\":1,\"e\u{301}\":2}")
    #expect(value["\u{E9}"] == 1)
    #expect(value["e\u{301}"] == 2)
    #expect(JSONValue.string("\u{E9}") != JSONValue.string("e\u{301}"))
  }

  @Test func `keeps duplicates visible when asked to`() throws {
    let document = try JSONDocument(#"{"a":1,"a":2}"#, limits: JSONLimits(duplicates: .kept))
    #expect(document.root.members?.map { $0.value.int } == [1, 2])
    #expect(document.root["a"]?.int == 2)
    #expect(document.root.value == ["a": 2])
  }

  @Test(arguments: [
    ("{\"a\":1,\n \"b\":]}", 2, 6, "expected a value, found \"]\""),
    ("[1,2", 1, 5, "the text ends; expected \",\" or \"]\""),
    ("{\"日本\" 1}", 1, 7, "expected \":\", found \"1\""),
    ("{} x", 1, 4, "the value is complete, but \"x\" follows it"),
    ("[01]", 1, 2, "a number must not begin with 0"),
    ("[\"a\u{1}\"]", 1, 4, "the control character U+0001 must be written as an escape"),
    ("[\"\\x\"]", 1, 3, "\\ before \"x\" is no escape of JSON"),
    ("[\"\\ud800\"]", 1, 3, "half of a surrogate pair stands alone"),
    ("{\n\"a\":1,\n}", 3, 1, "expected a member's name in double quotes, found \"}\""),
    ("[\"open", 1, 2, "the text ends; expected the '\"' that closes this string"),
    ("\n ", 2, 2, "the text is empty"),
    (
      "nul", 1, 1, "expected a value (true, false and null are the only words of JSON), found \"n\""
    ),
  ])
  func `says where and what`(text: String, line: Int, column: Int, reason: String) {
    let error = failure(text)
    #expect(error?.line == line)
    #expect(error?.column == column)
    #expect(error?.reason == reason)
    #expect(error?.description == "line \(line), column \(column): \(reason)")
  }

  @Test func `replaces lone surrogates when asked to`() throws {
    let limits = JSONLimits(loneSurrogates: .replaced)
    let value = try JSONValue(
      parsing: #"["\ud800x", "\udc00", "\ud800\ud83d\ude39", "\ud800\n"]"#, limits: limits)
    #expect(value == ["\u{FFFD}x", "\u{FFFD}", "\u{FFFD}😹", "\u{FFFD}\n"])
  }

  @Test func `survives every cut and every changed byte`() {
    let text = Array(
      #"{"Item":{"pk":{"S":"日本é\n\ud83d\ude39"},"n":[-1.5e+3,true,false,null,{}]}}"#.utf8)
    for end in text.indices {
      #expect(failure(Array(text[..<end])) != nil, "cut at \(end)")
    }
    for index in text.indices {
      for byte in UInt8.min...UInt8.max {
        var changed = text
        changed[index] = byte
        guard let document = try? JSONDocument(changed) else { continue }
        let value = document.root.value
        #expect((try? JSONValue(parsing: value.encoded())) == value, "byte \(byte) at \(index)")
      }
    }
  }

  @Test func `survives random bytes made of JSON's own`() {
    var random = SystemRandomNumberGenerator()
    let alphabet = Array(#"[]{}",:\u0dD8e+-.19 tnlrf"#.utf8) + [0xE3, 0x81, 0x82, 0x00]
    for _ in 0..<20_000 {
      let length = Int.random(in: 0..<40, using: &random)
      let bytes = (0..<length).map { _ in alphabet.randomElement(using: &random) ?? 0 }
      guard let document = try? JSONDocument(bytes) else { continue }
      let value = document.root.value
      #expect((try? JSONValue(parsing: value.encoded())) == value, "\(bytes)")
    }
  }
}
