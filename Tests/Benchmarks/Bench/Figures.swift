/// Measured values of one thing.
struct Figures {
  private var sorted: [Double]

  init(_ values: [Double]) {
    sorted = values.sorted()
  }

  var median: Double { quantile(0.5) }

  func quantile(_ share: Double) -> Double {
    guard !sorted.isEmpty else { return .nan }
    return sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
  }
}

/// A number with this many digits behind its point.
func text(_ number: Double, digits: Int) -> String {
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let rounded = (number * scale).rounded() / scale
  let parts = "\(rounded)".split(separator: ".")
  guard digits > 0, parts.count == 2 else { return String(parts.first ?? "") }
  let fraction = parts[1].prefix(digits)
  return "\(parts[0]).\(fraction)" + String(repeating: "0", count: digits - fraction.count)
}

/// A row of a table with columns of these widths.
func row(_ cells: [String], widths: [Int]) -> String {
  zip(cells, widths).map { cell, width in
    cell + String(repeating: " ", count: max(0, width - cell.count))
  }.joined(separator: " ")
}
