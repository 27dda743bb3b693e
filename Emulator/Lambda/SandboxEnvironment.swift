/// The environment of a sandbox: what was declared and what Lambda sets, nothing of the emulator's
/// own.
///
/// Source: Lambda developer guide, "Defined runtime environment variables".
struct SandboxEnvironment {
  /// `NAME=value`, sorted.
  let entries: [String]
  /// The entry that only this sandbox has.
  let tag: String

  init(_ function: FunctionConfiguration, runtimeAPI: String, logStream: String) {
    var variables = [
      // Credentials, region and endpoints may be declared otherwise.
      "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
      "AWS_ACCESS_KEY_ID": FunctionCredentials.name,
      "AWS_SECRET_ACCESS_KEY": FunctionCredentials.name,
      "AWS_SESSION_TOKEN": FunctionCredentials.name, "TZ": ":UTC", "LANG": "en_US.UTF-8",
      "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/bin",
      "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
      "AWS_LAMBDA_LOG_FORMAT": function.logsJSON ? "JSON" : "Text",
    ]
    variables.merge(function.environment) { $1 }
    let own = [
      "AWS_LAMBDA_RUNTIME_API": runtimeAPI, "_HANDLER": function.handler,
      "LAMBDA_TASK_ROOT": function.taskRoot, "LAMBDA_RUNTIME_DIR": "/var/runtime",
      "AWS_LAMBDA_FUNCTION_NAME": function.name, "AWS_LAMBDA_FUNCTION_VERSION": Report.version,
      "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": String(function.memory),
      "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/\(function.name)",
      "AWS_LAMBDA_LOG_STREAM_NAME": logStream, "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    ]
    variables.merge(own) { $1 }
    tag = "AWS_LAMBDA_RUNTIME_API=\(runtimeAPI)"
    entries = variables.map { "\($0)=\($1)" }.sorted()
  }
}

/// What functions sign with: key, secret and token are this name.
package enum FunctionCredentials {
  package static let name = "martlet"
}
