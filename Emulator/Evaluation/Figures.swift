/// Numbers as reports show them.
enum Figures {
  /// A number with this many decimals, rounded.
  static func fixed(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite, abs(value) < 1e12 else { return "–" }
    var scale = 1
    for _ in 0..<decimals { scale *= 10 }
    let rounded = Int((abs(value) * Double(scale)).rounded())
    let sign = value < 0 && rounded > 0 ? "-" : ""
    guard decimals > 0 else { return sign + String(rounded) }
    let fraction = String(rounded % scale)
    let zeros = String(repeating: "0", count: decimals - fraction.count)
    return "\(sign)\(rounded / scale).\(zeros)\(fraction)"
  }

  /// 0.925 as `92.5 %`.
  static func percent(_ share: Double) -> String { fixed(share * 100, 1) + " %" }

  /// With a sign, in percentage points.
  static func points(_ difference: Double) -> String { signed(difference * 100) }

  /// With a sign and one decimal.
  static func signed(_ number: Double) -> String {
    let text = fixed(number, 1)
    return text.hasPrefix("-") ? text : "+" + text
  }

  static func milliseconds(_ duration: Duration) -> Double { duration / .milliseconds(1) }

  /// `12.3 ms` or `1.23 s`.
  static func time(_ duration: Duration?) -> String {
    guard let duration else { return "–" }
    let value = milliseconds(duration)
    return value < 1000 ? "\(fixed(value, 1)) ms" : "\(fixed(value / 1000, 2)) s"
  }

  /// US dollars with as many decimals as it takes to see something.
  static func dollars(_ amount: Double) -> String {
    "$" + fixed(amount, amount >= 1 ? 2 : amount >= 0.01 ? 4 : 6)
  }
}
