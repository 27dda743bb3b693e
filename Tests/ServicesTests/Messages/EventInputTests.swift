import JSON
import Testing

@testable import Services

@Suite struct EventInputTests {
  private static let event: JSONValue = [
    "version": "0", "id": "1", "detail-type": "order", "source": "shop", "account": "0",
    "time": "2026-01-31T23:59:00Z", "region": "us-east-1", "resources": [],
    "detail": ["total": 11, "note": #"say "hi""#, "lines": [["sku": "x"]]],
  ]

  private static func text(_ target: JSONValue) -> String {
    String(
      decoding: EventInput.bytes(for: target, event, arn: "arn:rule", name: "r"), as: UTF8.self)
  }

  private static func transformed(_ template: String) -> String {
    text([
      "InputTransformer": [
        "InputPathsMap": [
          "total": "$.detail.total", "note": "$.detail.note", "none": "$.detail.none",
          "sku": "$.detail.lines[0].sku", "detail": "$.detail.lines",
        ],
        "InputTemplate": .string(template),
      ]
    ])
  }

  /// Source: answers of the service, and the EventBridge user guide, "input transformation".
  @Test(arguments: [
    (#""total <total>, <none>""#, #""total 11, ""#),
    (#"{"t": <total>, "n": <none>}"#, #"{"t": 11, "n": ""}"#),
    (#"{"n": <note>}"#, #"{"n": "say \"hi\""}"#), (#""<note>""#, #""say \"hi\"""#),
    (#"{"l": <detail>}"#, #"{"l": [{"sku":"x"}]}"#), (#""<sku> 1 < 2""#, #""x 1 < 2""#),
    (#""{[/<sku>""#, #""{[/x""#),
    (#""<aws.events.rule-arn> <aws.events.rule-name>""#, #""arn:rule r""#),
    (#""<aws.events.event.ingestion-time>""#, #""2026-01-31T23:59:00Z""#),
  ])
  func `fills templates`(_ template: String, _ filled: String) {
    #expect(Self.transformed(template) == filled)
  }

  @Test func `gives the event with and without its detail`() throws {
    let filled = try JSONValue(
      parsing: Self.transformed(
        #"{"head": <aws.events.event>, "all": <aws.events.event.json>}"#))
    #expect(filled["all"] == Self.event)
    #expect(filled["head"]?["detailType"] == "order")
    #expect(filled["head"]?["detail"] == nil)
  }

  @Test func `takes a part, or a constant`() {
    #expect(Self.text(["InputPath": "$.detail.total"]) == "11")
    #expect(Self.text(["Input": #"{"a": 1}"#]) == #"{"a": 1}"#)
  }

  @Test func `finds placeholders that nothing defines`() {
    let map: JSONValue = ["a": "$.a"]
    func unknown(_ template: String) -> String? {
      EventInput.unknownPlaceholder(in: ["InputPathsMap": map, "InputTemplate": .string(template)])
    }
    #expect(unknown(#""<a> <b>""#) == "b")
    #expect(unknown(#""1 < 2 <a> <aws.events.event>""#) == nil)
    #expect(unknown("<<a") == nil)
  }
}
