import JSON
import Testing

@testable import Template

@Suite struct ServiceResourceTests {
  @Test func `reads keys, parameters, queues, log groups and rules`() throws {
    let application = try application(
      #"""
      "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}},
      "Alias": {"Type": "AWS::KMS::Alias",
        "Properties": {"AliasName": "alias/app", "TargetKeyId": {"Ref": "Key"}}},
      "Parameter": {"Type": "AWS::SSM::Parameter",
        "Properties": {"Name": "/app/url", "Type": "String", "Value": {"Ref": "Queue"}}},
      "Dead": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "dead"}},
      "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 60,
        "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 3}}},
      "Fifo": {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": true}},
      "Group": {"Type": "AWS::Logs::LogGroup",
        "Properties": {"LogGroupName": "/app", "RetentionInDays": 7}},
      "Rule": {"Type": "AWS::Events::Rule", "Properties": {
        "EventPattern": {"source": [{"Ref": "Key"}]},
        "Targets": [{"Id": "q", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}]}},
      "F": {"Type": "AWS::Serverless::Function", "Properties": {"Handler": "h", "CodeUri": "c",
        "Events": {
          "Q": {"Type": "SQS", "Properties": {"Queue": {"Fn::GetAtt": ["Queue", "Arn"]},
            "BatchSize": 5, "FunctionResponseTypes": ["ReportBatchItemFailures"]}},
          "E": {"Type": "EventBridgeRule", "Properties": {"Pattern": {"source": ["app"]}}}}}}
      """#)
    let id = try #require(application.keys.first).id
    #expect(id.utf8.count == 36)
    #expect(application.keys.first?.usage == "SIGN_VERIFY")
    #expect(application.keyAliases == [KeyAliasDefinition(name: "alias/app", target: id)])
    #expect(application.parameters.first?.value == "http://127.0.0.1:4566/000000000000/Queue")
    #expect(application.queues.map(\.name) == ["dead", "Queue", "Fifo.fifo"])
    let attributes = application.queues[1].attributes
    #expect(attributes["VisibilityTimeout"] == "60")
    #expect(
      try JSONValue(parsing: attributes["RedrivePolicy"] ?? "")
        == [
          "deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:dead", "maxReceiveCount": 3,
        ])
    #expect(
      application.logGroups == [LogGroupDefinition(logicalID: "Group", name: "/app", retention: 7)])
    #expect(
      application.queueSources == [
        QueueSourceDefinition(
          queueARN: "arn:aws:sqs:us-east-1:000000000000:Queue", function: "F", batchSize: 5,
          reportsFailures: true)
      ])
    let event = try #require(application.rules.first { $0.name == "martlet-FE" })
    #expect(event.pattern == ["source": ["app"]])
    #expect(
      event.targets.first?["Arn"] == "arn:aws:lambda:us-east-1:000000000000:function:F")
    let rule = try #require(application.rules.first { $0.name == "Rule" })
    #expect(rule.pattern == ["source": [.string(id)]])
    #expect(rule.targets.first?["Arn"] == "arn:aws:sqs:us-east-1:000000000000:Queue")
  }

  @Test(arguments: [
    (#""X": {"Type": "AWS::KMS::Key", "Properties": {"KeySpec": "HMAC_256"}}"#, "not compatible"),
    (
      #""X": {"Type": "AWS::KMS::Alias", "Properties": {"AliasName": "x", "TargetKeyId": "y"}}"#,
      "alias/"
    ),
    (
      #""X": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "SecureString", "Value": "v"}}"#,
      "none of"
    ),
    (#""X": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "a b"}}"#, "is no queue name"),
    (
      #""X": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "a.fifo"}}"#,
      "is no queue name"
    ),
    (#""X": {"Type": "AWS::Events::Rule", "Properties": {"Targets": []}}"#, "EventPattern"),
    (
      #""X": {"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "often"}}"#, "rate("
    ),
    (
      #""X": {"Type": "AWS::SQS::Queue"}, "F": {"Type": "AWS::Serverless::Function", "Properties": {"Events": {"Q": {"Type": "SQS", "Properties": {"Queue": {"Fn::GetAtt": ["X", "Arn"]}, "BatchSize": 11}}}}}"#,
      "MaximumBatchingWindowInSeconds"
    ),
  ])
  func `refuses what no service would take`(resource: String, message: String) {
    let text = refusal { _ = try application(resource) }
    #expect(text.contains(message), "\(text)")
  }

  @Test func `gives the keys of one template ids that never change`() {
    let environment = TemplateEnvironment()
    #expect(environment.keyID("Key") == environment.keyID("Key"))
    #expect(environment.keyID("Key") != environment.keyID("Kex"))
  }
}
