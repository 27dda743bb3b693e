import JSON
import Testing

@testable import Template

@Suite struct EventPatternTests {
  @Test func `patterns choose records`() throws {
    let event: JSONValue = [
      "eventName": "INSERT", "dynamodb": ["Keys": ["id": ["S": "docs#1"], "n": ["N": "5"]]],
      "size": 12, "tags": ["a", "b"],
    ]
    let cases: [(String, Bool)] = [
      (#"{"eventName":["INSERT","MODIFY"]}"#, true), (#"{"eventName":["REMOVE"]}"#, false),
      (#"{"dynamodb":{"Keys":{"id":{"S":[{"prefix":"docs"}]}}}}"#, true),
      (##"{"dynamodb":{"Keys":{"id":{"S":[{"suffix":"#2"}]}}}}"##, false),
      (#"{"dynamodb":{"NewImage":[{"exists":false}]}}"#, true),
      (#"{"eventName":[{"anything-but":["REMOVE"]}]}"#, true),
      (#"{"eventName":[{"equals-ignore-case":"insert"}]}"#, true),
      (#"{"size":[{"numeric":[">",10,"<=",12]}]}"#, true),
      (#"{"size":[{"numeric":["<",12]}]}"#, false), (#"{"tags":["b"]}"#, true),
      (#"{"$or":[{"size":[1]},{"eventName":["INSERT"]}]}"#, true), (#"{"absent":["x"]}"#, false),
      (##"{"dynamodb":{"Keys":{"id":{"S":[{"wildcard":"d*#1"}]}}}}"##, true),
      (#"{"eventName":[{"anything-but":{"prefix":"INS"}}]}"#, false),
    ]
    for (pattern, expected) in cases {
      #expect(try EventPattern(text: pattern).matches(event) == expected, "\(pattern)")
    }
    for bad in [
      "[]", "{", "{}", #"{"a":"b"}"#, #"{"a":[]}"#, #"{"a":[{"regex":"x"}]}"#,
      #"{"a":[{"numeric":["!",1]}]}"#, #"{"a":[{"prefix":"x","suffix":"y"}]}"#,
    ] {
      #expect(throws: EventPattern.Malformed.self, "\(bad)") { try EventPattern(text: bad) }
    }
  }
}
