import Support
import Testing

@testable import Services

@Suite struct ExpressionTests {
  private static let context = ExpressionContext(
    names: [("#a", "a"), ("#n", "name"), ("#d", "a.b")],
    values: [
      ":s": .string("text"), ":n": .number(DecimalNumber(5)), ":m": .number(DecimalNumber(9)),
      ":l": .list([]), ":ss": .stringSet(["x"]), ":b": .binary([1]), ":t": .string("S"),
    ])

  private func verdict(_ kind: String, _ text: String) -> String {
    do throws(ExpressionError) {
      var parser = try ExpressionParser(text, context: Self.context)
      switch kind {
      case "condition": _ = try parser.condition()
      case "update": _ = try parser.update()
      case "projection": _ = try parser.projection()
      default:
        let condition = try parser.condition()
        do throws(ExpressionError) {
          _ = try KeyCondition(condition)
        } catch {
          return "!" + error.message
        }
      }
      return "OK"
    } catch {
      return error.message
    }
  }

  @Test func `accepts and refuses with the service's words`() throws {
    let lines = try Project.text("Tests/ServicesTests/Vectors/expressions.tsv")
      .split(separator: "\n", omittingEmptySubsequences: false)
    for (number, line) in lines.enumerated() where !line.hasPrefix("#") && !line.isEmpty {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      #expect(verdict(fields[0], fields[1]) == fields[2], "line \(number + 1): \(fields[1])")
    }
  }

  @Test func `nesting is bounded`() {
    let open = String(repeating: "NOT (", count: 500)
    let text = open + "a = :n" + String(repeating: ")", count: 500)
    #expect(
      verdict("condition", text)
        == "The expression contains too many operators; operator count: 301")
    #expect(
      verdict(
        "condition", String(repeating: "(", count: 900) + "a<b" + String(repeating: ")", count: 900)
      )
        == "The expression has redundant parentheses;")
    #expect(
      verdict(
        "condition",
        "a < " + String(repeating: "f(", count: 900) + "b" + String(repeating: ")", count: 900))
        == "Invalid function name; function: f")
    #expect(
      verdict(
        "condition",
        "a < " + String(repeating: "size(", count: 400) + "b" + String(repeating: ")", count: 400))
        == "The expression is nested too deeply;")
    #expect(
      verdict("condition", String(repeating: "a", count: 5000))
        == "Expression size has exceeded the maximum allowed size; expression size: 5000")
  }

  /// Every cut and every changed byte of good expressions: an answer, never a trap.
  @Test func `damaged expressions are answered`() {
    let texts = [
      "a.b[1].#n = :s AND (size(c) > :n OR NOT contains(d, :s)) AND e IN (:n, :m)",
      "SET a = if_not_exists(b, :n) + :m, c = list_append(:l, d) REMOVE e[2] ADD f :ss",
    ]
    for text in texts {
      let bytes = Array(text.utf8)
      for cut in bytes.indices {
        for kind in ["condition", "update", "projection", "key"] {
          _ = verdict(kind, String(decoding: bytes[..<cut], as: UTF8.self))
          for byte in [UInt8(ascii: "("), 0x20, UInt8(ascii: ":"), 0xFF, UInt8(ascii: "9")] {
            var changed = bytes
            changed[cut] = byte
            _ = verdict(kind, String(decoding: changed, as: UTF8.self))
          }
        }
      }
    }
  }
}
