import Testing

@testable import Template

@Suite struct ResourceTests {
  static let function = #""Type": "AWS::Serverless::Function""#

  @Test func `lays a function over Globals`() throws {
    let application = try application(
      #"""
      "F": {\#(ResourceTests.function), "Metadata": {"Martlet": {"Build": "b", "Files": ["x/y"]}},
        "Properties": {"FunctionName": "named", "Handler": "h", "Timeout": 9, "CodeUri": "code.zip",
          "Environment": {"Variables": {"AA": "own", "BB": "2"}}, "ReservedConcurrentExecutions": 3,
          "FunctionUrlConfig": {"AuthType": "NONE", "InvokeMode": "RESPONSE_STREAM"}}}
      """#,
      #"""
      "Globals": {"Function": {"Timeout": 3, "MemorySize": 512, "Runtime": "python3.13",
        "Environment": {"Variables": {"AA": "global", "CC": "3"}}}}
      """#)
    let function = try #require(application.functions.first)
    #expect(function.name == "named")
    #expect(function.logicalID == "F")
    #expect(function.timeout == 9)
    #expect(function.memorySize == 512)
    #expect(function.runtime == "python3.13")
    #expect(function.environment == ["AA": "own", "BB": "2", "CC": "3"])
    #expect(function.code == "code.zip")
    #expect(function.build == "b")
    #expect(function.files == ["x/y"])
    #expect(function.reservedConcurrency == 3)
    #expect(
      function.url == FunctionURLDefinition(requiresSignature: false, streams: true, cors: nil))
  }

  @Test(arguments: [
    (#""Timeout": 0"#, "Properties.Timeout: 0 must be between 1 and 900 seconds"),
    (#""Timeout": "x""#, #"Properties.Timeout: "x" is not a whole number"#),
    (#""MemorySize": 64"#, "between 128 and 10240 MB"),
    (#""Environment": {"Variables": {"AWS_REGION": "x"}}"#, "Lambda sets this variable itself"),
    (#""Environment": {"Variables": {"a-b": "x"}}"#, "a variable's name"),
    (#""Environment": {"Variables": []}"#, "expected an object, found a list"),
    (#""CodeUri": "s3://b/k""#, "code in S3 is not fetched"),
    (#""PackageType": "Image""#, "container images"),
    (
      #""Events": {"E": {"Type": "HttpApi", "Properties": {"Path": "x", "Method": "GET"}}}"#,
      "is no route key"
    ),
    (
      #""Events": {"E": {"Type": "Schedule", "Properties": {"Schedule": "rate(5 years)"}}}"#,
      "expected rate(5 minutes)"
    ),
    (
      #""Events": {"E": {"Type": "Schedule", "Properties": {"Schedule": "cron(1 2 3)"}}}"#,
      "six fields"
    ),
  ])
  func `refuses a function with`(properties: String, message: String) {
    let text = refusal {
      _ = try application("\"F\": {\(ResourceTests.function), \"Properties\": {\(properties)}}")
    }
    #expect(text.contains(message), "\(text)")
    #expect(text.hasPrefix("t.json:1:"), "\(text)")
    #expect(text.contains(": F: "), "\(text)")
  }

  @Test func `names file, line and column`() {
    let template = """
      {
        "Resources": {
          "F": {
            "Type": "AWS::Serverless::Function",
            "Properties": { "Timeout": 1000 }
          }
        }
      }
      """
    let text = refusal { _ = try Application(template: Array(template.utf8), file: "a/t.json") }
    #expect(
      text == "a/t.json:5:34: F: Properties.Timeout: 1000 must be between 1 and 900 seconds")
  }

  @Test func `says what to do with YAML and with broken JSON`() {
    func refused(_ text: String, _ file: String) -> String {
      refusal { _ = try Application(template: Array(text.utf8), file: file) }
    }
    #expect(
      refused("Resources:\n  F:", "t.yaml").contains("cfn-flip --json t.yaml template.json"))
    #expect(
      refused("{\n \"Resources\": }", "t.json") == "t.json:2:15: expected a value, found \"}\"")
    #expect(refused(#"{"Resorces": {}}"#, "t.json").contains(#""Resorces" is no section"#))
  }

  @Test func `warns of what it does not play`() throws {
    let application = try application(
      #"""
      "Q": {"Type": "AWS::SNS::Topic"}, "R": {"Type": "AWS::IAM::Role"},
      "F": {\#(ResourceTests.function), "Properties": {"Layers": ["a"],
        "Events": {"E": {"Type": "SNS", "Properties": {}}}}}
      """#)
    #expect(
      application.warnings.map { "\($0.logicalID): \($0.text)" } == [
        "Q: AWS::SNS::Topic is not played here", "F: Properties.Layers has no effect here",
        "F: events of type SNS are not played here",
      ])
    #expect(application.warnings[0].place == "t.json:1:20")
  }

  @Test func `reads schedules`() throws {
    let application = try application(
      #"""
      "F": {\#(ResourceTests.function), "Properties": {"Events": {
        "A": {"Type": "Schedule", "Properties": {"Schedule": "rate(5 minutes)", "Input": "{}"}},
        "B": {"Type": "ScheduleV2", "Properties": {
          "ScheduleExpression": "cron(0 3 * * ? *)", "State": "DISABLED"}}}}}
      """#)
    #expect(
      application.schedules == [
        ScheduleDefinition(
          name: "FA", function: "F", expression: .rate(seconds: 300), input: "{}", isEnabled: true),
        ScheduleDefinition(
          name: "FB", function: "F", expression: .cron(["0", "3", "*", "*", "?", "*"]), input: nil,
          isEnabled: false),
      ])
  }

  @Test func `reads tables`() throws {
    let application = try application(
      #"""
      "T": {"Type": "AWS::DynamoDB::Table", "Properties": {"BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"},
          {"AttributeName": "s", "AttributeType": "N"}],
        "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"},
          {"AttributeName": "s", "KeyType": "RANGE"}],
        "GlobalSecondaryIndexes": [{"IndexName": "g",
          "KeySchema": [{"AttributeName": "s", "KeyType": "HASH"}],
          "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x"]}}],
        "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
        "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": true}}},
      "U": {"Type": "AWS::Serverless::SimpleTable",
        "Properties": {"PrimaryKey": {"Name": "k", "Type": "Number"}}}
      """#)
    let table = application.tables[0]
    #expect(table.key == .init(partition: "p", sort: "s"))
    #expect(
      table.globalIndexes
        == [.init(name: "g", key: .init(partition: "s"), projection: .include(["x"]))])
    #expect(table.stream == .newImage)
    #expect(table.timeToLive == "ttl")
    #expect(table.isOnDemand)
    #expect(application.tables[1].key == .init(partition: "k"))
    #expect(application.tables[1].attributes == ["k": .number])
  }

  @Test(arguments: [
    (#"{"AttributeName": "q", "KeyType": "HASH"}"#, #""q" is not in AttributeDefinitions"#),
    (#"{"AttributeName": "p", "KeyType": "RANGE"}"#, "the key has no HASH attribute"),
    (#"{"AttributeName": "p", "KeyType": "KEY"}"#, #""KEY" is none of HASH, RANGE"#),
  ])
  func `refuses a table whose key is`(schema: String, message: String) {
    let text = refusal {
      _ = try application(
        #"""
        "T": {"Type": "AWS::DynamoDB::Table", "Properties": {
          "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}],
          "KeySchema": [\#(schema)]}}
        """#)
    }
    #expect(text.contains(message), "\(text)")
  }

  @Test func `refuses two tables of one name and attributes in no key`() {
    let table = { (id: String, extra: String) in
      #"""
      "\#(id)": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "same",
        "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}\#(extra)],
        "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}]}}
      """#
    }
    let twice = refusal { _ = try application(table("A", "") + "," + table("B", "")) }
    #expect(twice.contains(#"B: the table "same" is also made by A"#), "\(twice)")
    let extra = refusal {
      _ = try application(table("A", #", {"AttributeName": "x", "AttributeType": "S"}"#))
    }
    #expect(extra.contains(#""x" is defined but in no key"#), "\(extra)")
  }
}
