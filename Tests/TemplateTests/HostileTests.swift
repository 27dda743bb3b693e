import Support
import Testing

@testable import Template

@Suite struct HostileTests {
  @Test func `survives a damaged template`() throws {
    let whole = try Project.bytes("template.json")
    var random = SystemRandomNumberGenerator()
    for cut in stride(from: 0, to: whole.count, by: 997) {
      #expect(throws: TemplateError.self) {
        try Application(template: Array(whole[..<cut]), file: "t.json")
      }
    }
    for _ in 0..<150 {
      var changed = whole
      for _ in 0..<3 {
        changed[Int.random(in: whole.indices, using: &random)] = UInt8.random(
          in: 0x20...0x7E, using: &random)
      }
      do {
        _ = try Application(template: changed, file: "t.json")
      } catch {
        #expect(error is TemplateError, "\(error)")
      }
    }
  }

  @Test func `says so when a section has the wrong shape`() {
    for text in [
      #"{"Resources": []}"#, #"{"Resources": {"A": 1}}"#, #"{"Resources": {"A": {"Type": 1}}}"#,
      #"{"Resources": {"A-b": {"Type": "X"}}}"#, #"{"Resources": {}}"#, "[]", "{}",
      #"{"Resources": {"A": {"Type": "AWS::S3::Bucket", "Condition": "C"}}}"#,
      #"{"Resources": {"A": {"Type": "AWS::S3::Bucket", "Properties": []}}}"#,
    ] {
      #expect(throws: TemplateError.self, "\(text)") {
        try Application(template: Array(text.utf8), file: "t.json")
      }
    }
  }
}
