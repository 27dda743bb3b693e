import Events
import JSON
import LambdaRuntime

/// The version of the functions.
enum Version {
  static let text = "0.1.0"
}

/// `GET /health`: says that the service is up; needs no token and touches nothing else.
struct Health: Handler {
  func handle(_ event: HTTPEvent, _ invocation: Invocation) async -> GatewayResponse {
    await invocation.reply {
      try event.require(["GET", "HEAD"])
      return .json(["status": "healthy", "service": "martlet", "version": .string(Version.text)])
    }
  }
}
