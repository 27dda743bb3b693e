import JSON
import Testing

@testable import Template

@Suite struct PatternTests {
  private static let event: JSONValue = [
    "source": "shop", "detail-type": "order", "resources": ["arn:a", "arn:b"],
    "detail": [
      "total": 11, "state": "paid", "ip": "10.0.0.7", "file": "a/b.png", "none": .null,
      "lines": [["sku": "x", "count": 1], ["sku": "y", "count": 5]],
    ],
  ]

  /// Source: EventBridge user guide, "Comparison operators".
  @Test(arguments: [
    (#"{"source": ["shop", "other"]}"#, true),
    (#"{"source": ["Shop"]}"#, false),
    (#"{"resources": ["arn:b"]}"#, true),
    (#"{"detail": {"total": [11]}}"#, true),
    (#"{"detail": {"total": [11.0]}}"#, true),
    (#"{"detail": {"total": ["11"]}}"#, false),
    (#"{"detail": {"none": [null]}}"#, true),
    (#"{"detail": {"absent": [null]}}"#, false),
    (#"{"detail": {"total": [{"numeric": [">", 10, "<=", 11]}]}}"#, true),
    (#"{"detail": {"total": [{"numeric": ["<", 11]}]}}"#, false),
    (#"{"detail": {"state": [{"anything-but": ["draft", "open"]}]}}"#, true),
    (#"{"detail": {"state": [{"anything-but": {"prefix": "pa"}}]}}"#, false),
    (#"{"detail": {"ip": [{"cidr": "10.0.0.0/24"}]}}"#, true),
    (#"{"detail": {"ip": [{"cidr": "10.0.1.0/24"}]}}"#, false),
    (#"{"detail": {"file": [{"suffix": ".png"}]}}"#, true),
    (#"{"detail": {"file": [{"suffix": {"equals-ignore-case": ".PNG"}}]}}"#, true),
    (#"{"detail": {"file": [{"wildcard": "*/b.*"}]}}"#, true),
    (#"{"detail": {"state": [{"equals-ignore-case": "PAID"}]}}"#, true),
    (#"{"detail": {"absent": [{"exists": false}], "state": [{"exists": true}]}}"#, true),
    (#"{"detail": {"lines": {"sku": ["y"]}}}"#, true),
    (#"{"$or": [{"source": ["x"]}, {"detail": {"state": ["paid"]}}]}"#, true),
    (#"{"$or": [{"source": ["x"]}, {"source": ["y"]}], "detail-type": ["order"]}"#, false),
  ])
  func `lets through what fits`(_ pattern: String, _ fits: Bool) throws {
    #expect(try EventPattern(text: pattern).matches(Self.event) == fits, "\(pattern)")
  }

  /// The texts and places are answers of the service.
  @Test(arguments: [
    (#"{"int": 42}"#, #""int" must be an object or an array"#, 11),
    (#"{"string": "my-value"}"#, #""string" must be an object or an array"#, 13),
    (#"{"resources": []}"#, "Empty arrays are not allowed", 17),
    (#"{"my_key": [{"EXISTS": true}]}"#, "Unrecognized match type EXISTS", 28),
    (#"{"detail": {"equal": [{"NUMERIC": ["=", 5]}]}}"#, "Unrecognized match type NUMERIC", 36),
    (
      #"{"detail": {"c-count": [{"numeric": [">", 0, ">", 0]}]}}"#, "Bad numeric range operator: >",
      49
    ),
    (
      #"{"detail": {"c-count": [{"numeric": [">", 0, "<"]}]}}"#, "Value of < must be numeric", 50
    ),
  ])
  func `says what is wrong, and where`(_ pattern: String, _ reason: String, _ column: Int) {
    let error = #expect(throws: EventPattern.Malformed.self) { try EventPattern(text: pattern) }
    #expect(error?.reason == reason)
    #expect(
      error?.location(in: pattern)
        == "\n at [Source: (String)\"\(pattern)\"; line: 1, column: \(column)]")
  }

  @Test func `places survive every cut and odd texts`() {
    let text = #"{"a\"b": {"c": [1, {"d": "]}"}, [2]]}}"#
    for end in 0...text.utf8.count {
      let cut = String(decoding: Array(text.utf8).prefix(end), as: UTF8.self)
      for isBehind in [false, true] {
        let place = PatternPlace(
          [.member(#"a\"b"#), .member("c"), .element(2), .element(0)], isBehind: isBehind)
        _ = place.location(in: cut)
      }
    }
  }

  @Test func `a nested pattern ends somewhere`() {
    let deep = String(repeating: #"{"a":"#, count: 100) + "[1]" + String(repeating: "}", count: 100)
    #expect(throws: EventPattern.Malformed.self) { try EventPattern(text: deep) }
  }
}
