import JSON
import Testing

@testable import Services

@Suite struct RequestCheckTests {
  private static let model = RequestModel(
    #"""
    string Name 1 4 pattern [a-z]+
    string Hidden 1 2 secret
    enum Color RED GREEN
    list Names Name 1 2
    structure Tag Key:Name! Value:String
    list Tags Tag 0 1
    map Options Name Hidden - 2
    integer Count 1 10
    blob Bytes 1 3
    operation Make Name:Name! Color:Color Names:Names Tags:Tags Options:Options
      Count:Count Bytes:Bytes Flag:Boolean Secret:Hidden When:Number
    """#)

  private func message(_ input: JSONValue) throws -> String? {
    let shape = try #require(Self.model.operations["Make"])
    do throws(JSONServiceError) {
      try RequestCheck.check(input.object ?? [:], shape)
      return nil
    } catch {
      return "\(error.type): \(error.message)"
    }
  }

  @Test(
    arguments: [
      (["Name": "ab", "Count": 10, "Tags": [["Key": "a"]], "When": 1.5], nil),
      (
        [:],
        "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must "
          + "not be null"
      ),
      (
        ["Name": "abcde"],
        "1 validation error detected: Value 'abcde' at 'name' failed to satisfy constraint: Member "
          + "must have length less than or equal to 4"
      ),
      (
        ["Name": "A", "Count": 11],
        "2 validation errors detected: Value 'A' at 'name' failed to satisfy constraint: Member must "
          + "satisfy regular expression pattern: [a-z]+; Value '11' at 'count' failed to satisfy "
          + "constraint: Member must have value less than or equal to 10"
      ),
      (
        ["Name": "a", "Color": "BLUE"],
        "1 validation error detected: Value 'BLUE' at 'color' failed to satisfy constraint: Member "
          + "must satisfy enum value set: [RED, GREEN]"
      ),
      (
        ["Name": "a", "Names": ["b", "C"]],
        "1 validation error detected: Value '[b, C]' at 'names' failed to satisfy constraint: Member "
          + "must satisfy constraint: [Member must have length less than or equal to 4, Member must "
          + "have length greater than or equal to 1, Member must satisfy regular expression pattern: "
          + "[a-z]+]"
      ),
      (
        ["Name": "a", "Tags": [["Value": "x"]]],
        "1 validation error detected: Value null at 'tags.1.member.key' failed to satisfy constraint: "
          + "Member must not be null"
      ),
      (
        ["Name": "a", "Secret": "long"],
        "1 validation error detected: Value at 'secret' failed to satisfy constraint: Member must have "
          + "length less than or equal to 2"
      ),
      (
        ["Name": "a", "Bytes": "AAAAAA=="],
        "1 validation error detected: Value at 'bytes' failed to satisfy constraint: Member must have "
          + "length less than or equal to 3"
      ),
    ] as [(JSONValue, String?)])
  func `gathers what is wrong into one message`(input: JSONValue, expected: String?) throws {
    #expect(try message(input) == expected.map { "ValidationException: " + $0 })
  }

  @Test(
    arguments: [
      (["Name": 5], "NUMBER_VALUE can not be converted to a String"),
      (["Name": "a", "Count": "1"], "STRING_VALUE can not be converted to an Integer"),
      (["Name": "a", "Flag": "yes"], "STRING_VALUE can not be converted to a Boolean"),
      (["Name": ["a"]], "Start of structure or map found where not expected."),
      (["Name": "a", "Names": "b"], "Unexpected field type"),
      (["Name": "a", "Bytes": "!"], "Invalid Base64 value"),
      (["Name": "a", "Tags": [["Key": true]]], "TRUE_VALUE can not be converted to a String"),
    ] as [(JSONValue, String)])
  func `refuses a wrong type before any value`(input: JSONValue, expected: String) throws {
    #expect(try message(input) == "SerializationException: " + expected)
  }

  /// Every model reads, and each pattern in it is one that can be compiled.
  @Test func `the models of the services are sound`() {
    for model in [KMS.model, ParameterStore.model, SecretsManager.model] {
      #expect(!model.operations.isEmpty)
      for (_, structure) in model.operations {
        for member in structure.members {
          if case .string(_, let pattern?, _) = member.shape {
            #expect(RequestPattern.isValid(pattern), "\(pattern)")
          }
        }
      }
    }
  }
}
