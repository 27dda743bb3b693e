extension DecimalNumber: Comparable {
  static func < (left: DecimalNumber, right: DecimalNumber) -> Bool {
    if left.isZero || right.isZero {
      return left.isZero ? !right.isZero && !right.isNegative : left.isNegative
    }
    if left.isNegative != right.isNegative { return left.isNegative }
    return left.isNegative ? isCloserToZero(right, left) : isCloserToZero(left, right)
  }

  private static func isCloserToZero(_ left: DecimalNumber, _ right: DecimalNumber) -> Bool {
    if left.magnitude != right.magnitude { return left.magnitude < right.magnitude }
    // Same magnitude: with the same number of digits the mantissas compare directly.
    let difference = left.digitCount - right.digitCount
    if difference >= 0 { return left.mantissa < right.mantissa * power(difference) }
    return left.mantissa * power(-difference) < right.mantissa
  }
}

extension DecimalNumber {
  var negated: DecimalNumber {
    isZero ? self : DecimalNumber(isNegative: !isNegative, mantissa: mantissa, exponent: exponent)
  }

  /// The exact sum; an error when it does not fit into a number of the service.
  func adding(_ other: DecimalNumber) throws(NumberError) -> DecimalNumber {
    if isZero { return other }
    if other.isZero { return self }
    let low = min(exponent, other.exponent)
    var left = Digits(of: self, from: low)
    let right = Digits(of: other, from: low)
    let isNegative: Bool
    if self.isNegative == other.isNegative {
      left.add(right)
      isNegative = self.isNegative
    } else if left.isLess(than: right) {
      var larger = right
      larger.subtract(left)
      left = larger
      isNegative = other.isNegative
    } else {
      left.subtract(right)
      isNegative = self.isNegative
    }
    return try left.number(isNegative: isNegative, exponent: low)
  }

  func subtracting(_ other: DecimalNumber) throws(NumberError) -> DecimalNumber {
    try adding(other.negated)
  }
}

/// Decimal digits, the lowest first: at most 38 and the 255 powers of ten between two numbers.
private struct Digits {
  private var digits: [UInt8]

  init(of number: DecimalNumber, from exponent: Int) {
    digits = [UInt8](repeating: 0, count: number.exponent - exponent)
    var rest = number.mantissa
    while rest > 0 {
      digits.append(UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    }
  }

  private subscript(index: Int) -> UInt8 { index < digits.count ? digits[index] : 0 }

  func isLess(than other: Digits) -> Bool {
    for index in (0..<max(digits.count, other.digits.count)).reversed()
    where self[index] != other[index] {
      return self[index] < other[index]
    }
    return false
  }

  mutating func add(_ other: Digits) {
    var carry: UInt8 = 0
    for index in 0..<max(digits.count, other.digits.count) {
      let sum = self[index] + other[index] + carry
      if index == digits.count { digits.append(0) }
      digits[index] = sum % 10
      carry = sum / 10
    }
    if carry > 0 { digits.append(carry) }
  }

  /// Subtracts digits that are not larger.
  mutating func subtract(_ other: Digits) {
    var borrow: UInt8 = 0
    for index in digits.indices {
      let taken = other[index] + borrow
      borrow = digits[index] < taken ? 1 : 0
      digits[index] = digits[index] + borrow * 10 - taken
    }
  }

  func number(isNegative: Bool, exponent: Int) throws(NumberError) -> DecimalNumber {
    guard let first = digits.firstIndex(where: { $0 != 0 }),
      let last = digits.lastIndex(where: { $0 != 0 })
    else { return .zero }
    let magnitude = exponent + last
    if magnitude > DecimalNumber.highestMagnitude { throw .overflow }
    if magnitude < DecimalNumber.lowestMagnitude { throw .underflow }
    if last - first >= DecimalNumber.digitLimit { throw .tooPrecise }
    var mantissa: UInt128 = 0
    for digit in digits[first...last].reversed() { mantissa = mantissa * 10 + UInt128(digit) }
    return DecimalNumber(isNegative: isNegative, mantissa: mantissa, exponent: exponent + first)
  }
}

extension DecimalNumber: CustomStringConvertible {
  /// The service's own text: all digits, no exponent, no zeros that mean nothing.
  var description: String {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends the text of `description`.
  func append(to output: inout [UInt8]) {
    let digits = Array(String(mantissa).utf8)
    if isNegative { output.append(0x2D) }
    if exponent >= 0 {
      output.append(contentsOf: digits)
      output.append(contentsOf: repeatElement(0x30, count: isZero ? 0 : exponent))
      return
    }
    let whole = digits.count + exponent
    if whole > 0 {
      output.append(contentsOf: digits[..<whole])
      output.append(0x2E)
      output.append(contentsOf: digits[whole...])
    } else {
      output.append(0x30)
      output.append(0x2E)
      output.append(contentsOf: repeatElement(0x30, count: -whole))
      output.append(contentsOf: digits)
    }
  }

  /// The bytes a number takes in an item: one, and one for each started pair of significant digits
  /// before and behind the point, counted apart, and one for a sign (measured at the service's limit
  /// of 400 KB by nubo-db/dynoxide, pull request 195; the developer guide only says "approximately").
  var size: Int {
    guard !isZero else { return 1 }
    let whole = exponent >= 0 ? digitCount : Swift.max(0, digitCount + exponent)
    let fraction = digitCount - whole
    return 1 + (whole + 1) / 2 + (exponent < 0 ? (Swift.max(fraction, 0) + 1) / 2 : 0)
      + (isNegative ? 1 : 0)
  }
}
