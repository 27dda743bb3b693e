package import Network

/// Why a service of the cloud did not do what was asked.
package enum CloudError: Error, Equatable {
  /// The environment names no credentials.
  case noCredentials
  /// Cannot be asked so: named. Nothing was sent.
  case invalidRequest(String)
  /// The service refused: its own code and words.
  case service(code: String, message: String, status: Int)
  case network(NetworkError)
  /// The time was over, in an attempt or before the next one could start.
  case deadlineExceeded
  /// An answer that does not have the service's shape.
  case malformedResponse(String)

  /// Whether the service said so in these words.
  package func isService(_ code: String) -> Bool {
    guard case .service(code, _, _) = self else { return false }
    return true
  }
}
