/// An amount of US dollars, exact to a millionth of a millionth: a token costs that little.
package struct Money: Sendable, Hashable, Comparable {
  /// 10⁻¹² dollars. The largest amount is over nine million dollars.
  package var picodollars: Int

  package init(picodollars: Int) { self.picodollars = picodollars }

  package static let zero = Money(picodollars: 0)

  private static let dollar = 1_000_000_000_000

  /// Reads `12`, `0.0675`: digits, and up to twelve behind a point; nil for anything else, and for more
  /// than a million dollars.
  package init?(dollars text: some StringProtocol) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts[0].utf8.count <= 7,
      parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }),
      let whole = Int(parts[0]), whole <= 1_000_000
    else { return nil }
    let decimals = parts.count == 2 ? String(parts[1]) : ""
    guard decimals.utf8.count <= 12,
      let rest = Int(decimals + String(repeating: "0", count: 12 - decimals.utf8.count))
    else { return nil }
    picodollars = whole * Self.dollar + rest
  }

  package static func < (a: Money, b: Money) -> Bool { a.picodollars < b.picodollars }

  /// Sums that are too large stay at the largest amount.
  package static func + (a: Money, b: Money) -> Money {
    let (sum, isTooLarge) = a.picodollars.addingReportingOverflow(b.picodollars)
    return Money(picodollars: isTooLarge ? .max : sum)
  }

  /// This price, so many times.
  package static func * (a: Money, count: Int) -> Money {
    let (product, isTooLarge) = a.picodollars.multipliedReportingOverflow(by: count)
    return Money(picodollars: isTooLarge ? .max : product)
  }

  package var dollars: Double { Double(picodollars) / Double(Self.dollar) }

  /// With at least two and at most `decimals` decimals, rounded: `0.0675`, `12.00`.
  package func text(decimals: Int = 6) -> String {
    var unit = 1
    for _ in 0..<(12 - min(max(decimals, 2), 12)) { unit *= 10 }
    let rounded = (picodollars / unit) + (picodollars % unit * 2 >= unit ? 1 : 0)
    let (whole, rest) = rounded.quotientAndRemainder(dividingBy: Self.dollar / unit)
    var digits = String(rest)
    digits = String(repeating: "0", count: min(max(decimals, 2), 12) - digits.utf8.count) + digits
    while digits.utf8.count > 2, digits.last == "0" { digits.removeLast() }
    return "\(whole).\(digits)"
  }
}
