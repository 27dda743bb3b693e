/// An event source mapping that feeds a function from a table's stream (`Events` of type `DynamoDB`).
///
/// Source: SAM, "DynamoDB event source"; Lambda developer guide, "Using Lambda with DynamoDB".
package struct StreamMapping: Sendable, Equatable {
  package var name: String
  package var function: String
  package var table: String
  /// Records in an invocation at the most, 1 to 10,000.
  package var batchSize = 100
  /// Seconds to wait for a fuller batch, 0 to 300.
  package var window = 0
  /// `StartingPosition: LATEST`; else from the oldest record.
  package var startsAtLatest = false
  /// Attempts after the first; nil: as long as the records live.
  package var retries: Int?
  /// Seconds after which a record is given up; nil: as long as it lives.
  package var longestAge: Int?
  package var bisects = false
  /// `ReportBatchItemFailures`.
  package var reportsFailures = false
  /// `FilterCriteria`: a record has to match one of them; empty: all match.
  package var filters: [EventPattern] = []
  package var isEnabled = true

  package init(name: String, function: String, table: String) {
    self.name = name
    self.function = function
    self.table = table
  }
}

extension ApplicationReader {
  /// Reads an event of type `DynamoDB`.
  func readStream(
    _ properties: Property, named name: String, of function: FunctionDefinition
  ) throws -> StreamMapping {
    let stream = try properties.required("Stream")
    let parts = try stream.text().split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count >= 4, parts[0].hasSuffix(":table"), parts[2] == "stream" else {
      throw stream.error(
        "expected the ARN of a table's stream: {\"Fn::GetAtt\": [\"TABLE\", \"StreamArn\"]}")
    }
    var mapping = StreamMapping(
      name: function.logicalID + name, function: function.name, table: String(parts[1]))
    mapping.startsAtLatest =
      try properties.required("StartingPosition").text(among: ["LATEST", "TRIM_HORIZON"])
      == "LATEST"
    mapping.batchSize = try properties.member("BatchSize")?.int(1...10_000) ?? 100
    mapping.window =
      try properties.member("MaximumBatchingWindowInSeconds")?.int(0...300, unit: "seconds") ?? 0
    mapping.retries = try unlimited(properties.member("MaximumRetryAttempts"), to: 10_000)
    mapping.longestAge = try unlimited(
      properties.member("MaximumRecordAgeInSeconds"), to: 604_800)
    mapping.bisects = try properties.member("BisectBatchOnFunctionError")?.flag() ?? false
    for type in try properties.member("FunctionResponseTypes")?.elements() ?? [] {
      _ = try type.text(among: ["ReportBatchItemFailures"])
      mapping.reportsFailures = true
    }
    for filter in try properties.member("FilterCriteria")?.member("Filters")?.elements() ?? [] {
      let pattern = try filter.required("Pattern")
      let text = try pattern.text()
      do throws(EventPattern.Malformed) {
        mapping.filters.append(try EventPattern(text: text))
      } catch {
        throw pattern.error("the pattern is not valid: \(error.reason)")
      }
    }
    mapping.isEnabled = try properties.member("Enabled")?.flag() ?? true
    return mapping
  }

  /// A number in which -1 means without end.
  private func unlimited(_ property: Property?, to most: Int) throws -> Int? {
    guard let number = try property?.int(-1...most), number >= 0 else { return nil }
    return number
  }
}
