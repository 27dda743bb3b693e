import Support
import Testing

@testable import Services

@Suite struct NumberTests {
  private static func cases(_ kind: String) throws -> [(line: Int, fields: [String])] {
    try Project.text("Tests/ServicesTests/Vectors/numbers.tsv")
      .split(separator: "\n", omittingEmptySubsequences: false).enumerated()
      .map { ($0.offset + 1, $0.element.split(separator: "\t").map(String.init)) }
      .filter { $0.1.first == kind }
  }

  private func verdict(_ body: () throws(NumberError) -> DecimalNumber) -> String {
    do throws(NumberError) {
      return try body().description
    } catch {
      return "\(error)"
    }
  }

  @Test func `reads as Python's decimal does`() throws {
    for (line, fields) in try Self.cases("read") {
      let found = verdict { () throws(NumberError) in try DecimalNumber(fields[1]) }
      #expect(found == fields[2], "line \(line): \(fields[1])")
    }
  }

  @Test func `adds and subtracts exactly`() throws {
    for (line, fields) in try Self.cases("add") {
      let (a, b) = try (DecimalNumber(fields[1]), DecimalNumber(fields[2]))
      let sum = verdict { () throws(NumberError) in try a.adding(b) }
      #expect(sum == fields[3], "line \(line): \(fields[1]) + \(fields[2])")
      #expect(
        verdict { () throws(NumberError) in try a.subtracting(b.negated) } == fields[3],
        "line \(line)")
    }
  }

  @Test func `orders numbers, and their keys by bytes`() throws {
    for (line, fields) in try Self.cases("order") {
      let (a, b) = try (DecimalNumber(fields[1]), DecimalNumber(fields[2]))
      let order = a < b ? "<" : b < a ? ">" : "="
      #expect(order == fields[3], "line \(line): \(fields[1]) and \(fields[2])")
      #expect((a == b) == (fields[3] == "="), "line \(line)")
      let (x, y) = (KeyBytes.encode(a), KeyBytes.encode(b))
      let byBytes =
        x.lexicographicallyPrecedes(y) ? "<" : y.lexicographicallyPrecedes(x) ? ">" : "="
      #expect(byBytes == fields[3], "line \(line): keys of \(fields[1]) and \(fields[2])")
    }
  }

  @Test(arguments: [
    "", " 1", "1 ", "abc", "1e", "e5", ".", "+", "0x10", "1_000", "NaN", "1.2.3", "١",
  ])
  func `refuses what is no number`(_ text: String) {
    #expect(throws: NumberError.notNumeric(text)) { try DecimalNumber(text) }
  }

  @Test func `a huge exponent is an error at once`() {
    #expect(throws: NumberError.overflow) { try DecimalNumber("1e999999999999999999") }
    #expect(throws: NumberError.underflow) { try DecimalNumber("1e-999999999999999999") }
    #expect(throws: Never.self) { try DecimalNumber("0e999999999999999999") }
  }
}
