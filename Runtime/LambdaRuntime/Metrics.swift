/// Metrics as one log line each in CloudWatch's embedded metric format.
///
/// Shape and limits: CloudWatch user guide, "Specification: Embedded metric format".
public struct Metrics: Sendable {
  /// Metrics in one line; more make a second one.
  static let metricLimit = 100
  /// Values of one metric in one line.
  static let valueLimit = 100
  static let dimensionLimit = 30
  static let nameLimit = 255
  static let textLimit = 1024

  /// CloudWatch's units, the ones that functions use.
  public enum Unit: String, Sendable {
    case none = "None"
    case count = "Count"
    case percent = "Percent"
    case seconds = "Seconds"
    case milliseconds = "Milliseconds"
    case microseconds = "Microseconds"
    case bytes = "Bytes"
    case kilobytes = "Kilobytes"
    case megabytes = "Megabytes"
    case countPerSecond = "Count/Second"
    case bytesPerSecond = "Bytes/Second"
  }

  private struct Metric: Sendable {
    let name: String
    let unit: Unit
    var values: [Double]
  }

  private let namespace: String
  private let dimensions: [(name: String, value: String)]
  private var metrics: [Metric] = []

  /// Throws `MetricsError` when the namespace or a dimension is outside CloudWatch's limits.
  public init(
    namespace: String, dimensions: KeyValuePairs<String, String> = [:]
  ) throws(MetricsError) {
    guard Self.isName(namespace) else { throw .namespace(namespace) }
    guard dimensions.count <= Self.dimensionLimit else { throw .tooManyDimensions }
    for (name, value) in dimensions {
      guard Self.isName(name), !name.hasPrefix(":"), name != "_aws",
        (1...Self.textLimit).contains(value.utf8.count)
      else { throw .dimension(name) }
    }
    self.namespace = namespace
    self.dimensions = dimensions.map { (name: $0.key, value: $0.value) }
  }

  /// Adds a value; several of one name are kept together.
  public mutating func add(
    _ name: String, _ value: Double, unit: Unit = .none
  ) throws(MetricsError) {
    guard Self.isName(name), name != "_aws", !dimensions.contains(where: { $0.name == name }) else {
      throw .name(name)
    }
    guard value.isFinite else { throw .value(name) }
    let index = metrics.lastIndex { $0.name == name && $0.values.count < Self.valueLimit }
    if let index {
      guard metrics[index].unit == unit else { throw .unit(name) }
      metrics[index].values.append(value)
    } else {
      metrics.append(Metric(name: name, unit: unit, values: [value]))
    }
  }

  /// Writes the lines to standard output, one `write(2)` each, and forgets the values. With
  /// `Log.silent` nothing is written.
  public mutating func emit(for invocation: Invocation) {
    for line in lines(at: WallClock.system.milliseconds(), requestID: invocation.requestID) {
      invocation.log.writer.write(metrics: line)
    }
    metrics = []
  }

  /// The lines: a name stands at most once in each, and at most `metricLimit` names.
  func lines(at milliseconds: Int64, requestID: String) -> [[UInt8]] {
    var rest = metrics
    var lines: [[UInt8]] = []
    while !rest.isEmpty {
      var names: Set<String> = []
      var taken: [Metric] = []
      var left: [Metric] = []
      for metric in rest {
        if taken.count < Self.metricLimit, names.insert(metric.name).inserted {
          taken.append(metric)
        } else {
          left.append(metric)
        }
      }
      lines.append(line(of: taken, at: milliseconds, requestID: requestID))
      rest = left
    }
    return lines
  }

  private func line(of metrics: [Metric], at milliseconds: Int64, requestID: String) -> [UInt8] {
    var line = Array(#"{"_aws":{"Timestamp":\#(milliseconds),"CloudWatchMetrics":[{"#.utf8)
    line += #""Namespace":"#.utf8
    JSONText.append(namespace, to: &line)
    line += #","Dimensions":[["#.utf8
    append(dimensions, to: &line) { JSONText.append($0.name, to: &$1) }
    line += #"]],"Metrics":["#.utf8
    append(metrics, to: &line) { metric, line in
      line += #"{"Name":"#.utf8
      JSONText.append(metric.name, to: &line)
      line += #","Unit":"\#(metric.unit.rawValue)"}"#.utf8
    }
    line += #"]}]},"requestId":"#.utf8
    JSONText.append(requestID, to: &line)
    for (name, value) in dimensions {
      line.append(UInt8(ascii: ","))
      JSONText.append(name, to: &line)
      line.append(UInt8(ascii: ":"))
      JSONText.append(value, to: &line)
    }
    for metric in metrics {
      line.append(UInt8(ascii: ","))
      JSONText.append(metric.name, to: &line)
      line += ":[".utf8
      append(metric.values, to: &line) { JSONText.append($0, to: &$1) }
      line.append(UInt8(ascii: "]"))
    }
    line += "}\n".utf8
    return line
  }

  private func append<Element>(
    _ elements: [Element], to line: inout [UInt8], each: (Element, inout [UInt8]) -> Void
  ) {
    for (index, element) in elements.enumerated() {
      if index > 0 { line.append(UInt8(ascii: ",")) }
      each(element, &line)
    }
  }

  /// Printable ASCII with something other than blanks, of a length that CloudWatch takes.
  private static func isName(_ text: String) -> Bool {
    (1...nameLimit).contains(text.utf8.count)
      && text.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
      && text.utf8.contains { $0 != 0x20 }
  }
}

/// What CloudWatch would not take.
public enum MetricsError: Error, Equatable {
  case namespace(String)
  case tooManyDimensions
  case dimension(String)
  /// Not a name, or a dimension's.
  case name(String)
  /// Not a finite number.
  case value(String)
  /// Another unit than before.
  case unit(String)
}
