import Testing

@testable import Services

@Suite struct FilterPatternTests {
  private static let line =
    #"{"level": "ERROR", "user": {"id": 7}, "ok": true, "tags": ["a", "b"]}"#

  /// Source: CloudWatch Logs user guide, "Filter pattern syntax".
  @Test(arguments: [
    (#"{ $.level = "ERROR" }"#, true), (#"{ $.level = "E*" }"#, true),
    (#"{ $.level != "ERROR" }"#, false), ("{ $.user.id >= 7 }", true), ("{ $.user.id > 7 }", false),
    ("{ $.ok IS TRUE }", true), ("{ $.tags[1] = b }", true), ("{ $.none NOT EXISTS }", true),
    ("{ $.none IS NULL }", false), (#"{ ($.user.id = 1) || ($.ok IS TRUE) }"#, true),
    (#"{ $.user.id = 7 && $.ok IS FALSE }"#, false), (#"{ $.level = %^ERR% }"#, true),
    ("ERROR -WARN", true), ("?WARN ?ERROR", true), (#""user" "id": -none"#, true),
    ("%E{1}RROR%", true),
  ])
  func `finds lines`(_ pattern: String, _ fits: Bool) throws {
    #expect(try FilterPattern(pattern).matches(Self.line) == fits, "\(pattern)")
  }

  @Test(arguments: ["{ $.a = ", "{ }", "{ $.a }", #""open"#, "[a, ", "%(%", "[..., ...]", "-"])
  func `is no pattern`(_ text: String) {
    #expect(throws: FilterPattern.Malformed.self, "\(text)") { try FilterPattern(text) }
  }

  @Test func `nesting ends somewhere`() {
    let deep =
      "{ " + String(repeating: "(", count: 1_000) + "$.a = 1" + String(repeating: ")", count: 1_000)
      + " }"
    #expect(throws: FilterPattern.Malformed.self) { try FilterPattern(deep) }
  }
}
