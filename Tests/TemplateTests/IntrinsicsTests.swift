import Testing

@testable import Template

@Suite struct IntrinsicsTests {
  @Test(arguments: [
    (#"{"Ref": "AWS::Region"}"#, "us-east-1"),
    (#"{"Ref": "AWS::AccountId"}"#, "000000000000"),
    (#"{"Ref": "T"}"#, "martlet-t"),
    (#"{"Ref": "Bucket"}"#, "bucket"),
    (#"{"Ref": "F"}"#, "F"),
    (#"{"Ref": "S"}"#, "arn:aws:secretsmanager:us-east-1:000000000000:secret:S-martlt"),
    (#"{"Fn::GetAtt": ["T", "Arn"]}"#, "arn:aws:dynamodb:us-east-1:000000000000:table/martlet-t"),
    (#"{"Fn::GetAtt": "F.Arn"}"#, "arn:aws:lambda:us-east-1:000000000000:function:F"),
    (#"{"Fn::GetAtt": ["FRole", "Arn"]}"#, "arn:aws:iam::000000000000:role/FRole"),
    (
      #"{"Fn::Sub": "${T}/${Bucket.Arn}/${!Literal}/$x"}"#,
      "martlet-t/arn:aws:s3:::bucket/${Literal}/$x"
    ),
    (#"{"Fn::Sub": ["${A}-${AWS::Partition}", {"A": {"Ref": "T"}}]}"#, "martlet-t-aws"),
    (
      #"{"Fn::Join": [":", ["a", {"Ref": "AWS::NoValue"}, {"Ref": "T"}, 3, true]]}"#,
      "a:martlet-t:3:true"
    ),
    (#"{"Fn::Select": ["1", {"Fn::Split": [",", "a,b,c"]}]}"#, "b"),
    (#"{"Fn::Select": [0, {"Fn::GetAZs": ""}]}"#, "us-east-1a"),
    (#"{"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "x"]}"#, "mapped"),
    (#"{"Fn::If": ["Yes", "y", "n"]}"#, "y"),
    (#"{"Fn::If": ["No", "y", {"Fn::Sub": "${P}!"}]}"#, "given!"),
    (#"{"Fn::Select": [1, {"Ref": "L"}]}"#, "b"),
    ("7", "7"), ("1.50", "1.50"), ("true", "true"),
  ])
  func `resolves`(value: String, expected: String) throws {
    let sections = #"""
      "Parameters": {"P": {"Type": "String", "Default": "default"},
        "L": {"Type": "CommaDelimitedList", "Default": "a, b"}},
      "Mappings": {"M": {"us-east-1": {"x": "mapped"}}},
      "Conditions": {
        "Yes": {"Fn::And": [{"Fn::Equals": [{"Ref": "P"}, "given"]},
          {"Fn::Not": [{"Condition": "No"}]}]},
        "No": {"Fn::Or": [{"Fn::Equals": ["a", "b"]}, {"Fn::Equals": [["a"], ["b"]]}]}}
      """#
    let variables = try variables("\"V1\": \(value)", sections, parameters: ["P": "given"])
    #expect(variables["V1"] == expected)
  }

  @Test func `leaves out what is AWS::NoValue`() throws {
    #expect(try variables(#""V1": {"Ref": "AWS::NoValue"}, "V2": "x""#) == ["V2": "x"])
  }

  @Test(arguments: [
    (#"{"Ref": "Nothing"}"#, #""Nothing" is no parameter and no resource of this template"#),
    (#"{"Fn::ImportValue": "x"}"#, "use a parameter"),
    (#"{"Fn::GetAtt": ["T", "Colour"]}"#, #"martlet knows no attribute "Colour" of a AWS::Dyn"#),
    (#"{"Fn::GetAtt": ["X", "Arn"]}"#, #""X" is no resource"#),
    (#"{"Fn::Sub": "${T"}"#, #""${" is not closed by "}""#),
    (#"{"Fn::If": ["Missing", 1, 2]}"#, #"there is no condition "Missing""#),
    (#"{"Fn::FindInMap": ["M", "a", "b"]}"#, #""Mappings" has no M, a, b"#),
    (#"{"Fn::Transform": {}}"#, "Fn::Transform is not played here"),
    (#"{"Fn::Select": [3, ["a"]]}"#, "takes an index and a list that has it"),
    (#""{{resolve:ssm:x}}""#, "dynamic references"),
    (#"["a"]"#, "expected text, found a list"),
    ("null", "null is no value in a template"),
  ])
  func `refuses`(value: String, message: String) {
    let text = refusal { _ = try variables("\"V1\": \(value)") }
    #expect(text.contains(message), "\(text)")
    #expect(text.contains(": F: "), "\(text)")
  }

  @Test func `ends circles of conditions and of names`() {
    let conditions = #"""
      "Conditions": {"A": {"Condition": "B"}, "B": {"Fn::Not": [{"Condition": "A"}]}}
      """#
    #expect(
      refusal { _ = try variables(#""V1": {"Fn::If": ["A", 1, 2]}"#, conditions) }
        .contains("the condition refers to itself"))
    let names = """
      "A": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Ref": "B"}}},
      "B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Fn::Sub": "${A}"}}}
      """
    #expect(refusal { _ = try application(names) }.contains("its name refers to itself"))
  }

  @Test func `does not grow without bound`() {
    let doubling = (0..<40).map { number in
      """
      "B\(number)": {"Type": "AWS::S3::Bucket",
        "Properties": {"BucketName": {"Fn::Sub": "${B\(number + 1)}${B\(number + 1)}"}}}
      """
    }
    let start = ContinuousClock.now
    let buckets = doubling.joined(separator: ",") + #","B40": {"Type": "AWS::S3::Bucket"}"#
    #expect(refusal { _ = try application(buckets) }.contains("refers to itself"))
    let chain = (0..<60).map { number in
      #""C\#(number)": {"Fn::And": [{"Condition": "C\#(number + 1)"}, {"Condition": "C\#(number + 1)"}]}"#
    }
    let conditions =
      #""Conditions": {\#(chain.joined(separator: ",")), "C60": {"Fn::Equals": [1, 1]}}"#
    let text = refusal {
      let found = try variables(#""V1": {"Fn::If": ["C0", "yes", "no"]}"#, conditions)
      #expect(found["V1"] == "yes")
    }
    #expect(text == "read without an error")
    let long =
      #""V1": {"Fn::Join": ["", ["\#(String(repeating: "a", count: 65_530))", "1234567"]]}"#
    #expect(refusal { _ = try variables(long) }.contains("longer than 65536 bytes"))
    #expect(ContinuousClock.now - start < .seconds(5))
  }

  @Test func `takes parameters from outside and checks them`() throws {
    let sections = #"""
      "Parameters": {
        "P": {"Type": "Number", "Default": 5, "MinValue": 1, "MaxValue": 9},
        "Q": {"Type": "String", "AllowedValues": ["a", "b"], "Default": "a"},
        "R": {"Type": "String", "Default": "ab12", "AllowedPattern": "[a-z]+[0-9]{2}",
          "MinLength": 3, "NoEcho": true}}
      """#
    let names = #""V1": {"Ref": "P"}, "V2": {"Ref": "Q"}"#
    #expect(try variables(names, sections) == ["V1": "5", "V2": "a"])
    #expect(try variables(names, sections, parameters: ["P": "9"])["V1"] == "9")
    for (name, value, message) in [
      ("P", "10", "over its MaxValue"), ("P", "x", "is not a number"),
      ("Q", "c", "none of its AllowedValues: a, b"), ("R", "abc", "does not match"),
      ("R", "a", "shorter"), ("Z", "1", #"no parameter "Z"; it has P, Q, R"#),
    ] {
      let text = refusal { _ = try variables(names, sections, parameters: [name: value]) }
      #expect(text.contains(message), "\(text)")
    }
    let secret = refusal { _ = try variables(names, sections, parameters: ["R": "hunter2!"]) }
    #expect(!secret.contains("hunter2"))
    let without = #""Parameters": {"P": {"Type": "String"}}"#
    #expect(refusal { _ = try variables("", without) }.contains("--parameter P=VALUE"))
  }

  @Test func `leaves out resources whose condition does not hold`() throws {
    let resources = #"""
      "A": {"Type": "AWS::S3::Bucket", "Condition": "No"}, "Bee": {"Type": "AWS::S3::Bucket"}
      """#
    let conditions = #""Conditions": {"No": {"Fn::Equals": [1, 2]}}"#
    #expect(try application(resources, conditions).buckets.map(\.name) == ["bee"])
  }
}
