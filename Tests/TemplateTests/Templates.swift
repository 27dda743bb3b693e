import Testing

@testable import Template

/// A template with the given sections, read.
func application(
  _ resources: String, _ sections: String = "", parameters: [String: String] = [:]
) throws -> Application {
  let comma = sections.isEmpty ? "" : ","
  return try Application(
    template: Array("{\(sections)\(comma)\"Resources\":{\(resources)}}".utf8), file: "t.json",
    parameters: parameters)
}

/// The environment of a function with these variables.
func variables(
  _ variables: String, _ sections: String = "", parameters: [String: String] = [:]
) throws -> [String: String] {
  let resources = """
    "F": {"Type": "AWS::Serverless::Function",
      "Properties": {"Environment": {"Variables": {\(variables)}}}},
    "T": {"Type": "AWS::DynamoDB::Table",
      "Properties": {"TableName": {"Fn::Sub": "${AWS::StackName}-t"},
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}},
    "Bucket": {"Type": "AWS::S3::Bucket"}, "S": {"Type": "AWS::SecretsManager::Secret"}
    """
  let application = try application(resources, sections, parameters: parameters)
  return try #require(application.function(named: "F")).environment
}

/// What reading says when it refuses.
func refusal(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "read without an error"
  } catch {
    return "\(error)"
  }
}
