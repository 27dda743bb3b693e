// Modules: JSON Crypto:Base64.swift
// Sources: Emulator/Services/DynamoDB/Expressions/*.swift Emulator/Services/DynamoDB/Values/*.swift
// Sources: Emulator/Services/DynamoDB/DynamoDBError.swift

import JSON

/// Names and values that expressions of the fuzzer can refer to.
private let context = ExpressionContext(
  names: [("#a", "a"), ("#b", "b.c"), ("#c", "size")],
  values: attributes([
    (":s", #"{"S":"text"}"#), (":n", #"{"N":"17"}"#), (":b", #"{"B":"AAEC"}"#),
    (":l", #"{"L":[{"N":"1"},{"S":"x"}]}"#), (":m", #"{"M":{"a":{"NULL":true}}}"#),
    (":t", #"{"SS":["a","b"]}"#), (":u", #"{"NS":["1","2"]}"#), (":f", #"{"BOOL":false}"#),
  ]))

private let item = attributes([
  ("a", #"{"M":{"b":{"L":[{"N":"1"},{"M":{"c":{"S":"x"}}}]},"c":{"N":"2"}}}"#),
  ("b", #"{"L":[{"N":"1"},{"N":"2"}]}"#), ("c", #"{"N":"9.99E125"}"#), ("d", #"{"SS":["a","b"]}"#),
  ("e", #"{"S":"text"}"#), ("f", #"{"B":"AAEC"}"#), ("g", #"{"NS":["1","2"]}"#),
])

private func attributes(_ texts: [(name: ByteText, json: String)]) -> Attributes {
  var attributes = Attributes()
  for (name, text) in texts {
    guard let document = try? JSONDocument(text), let value = try? ValueReader.value(document.root)
    else { fatalError("the fuzzer's own values are wrong") }
    attributes.append(name, value)
  }
  return attributes
}

/// Parses the input as an expression of each kind; what is accepted is then carried out on an item.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  guard let parser = try? ExpressionParser(text, context: context) else { return 0 }
  var reader = parser
  if let condition = try? reader.condition() {
    _ = condition.isSatisfied(by: item)
    _ = try? KeyCondition(condition)
  }
  reader = parser
  if let projection = try? reader.projection() { _ = projection.applied(to: item) }
  reader = parser
  if let update = try? reader.update() { _ = try? update.applied(to: item) }
  return 0
}
