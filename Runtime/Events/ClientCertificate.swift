/// The certificate a client showed under mutual TLS.
///
/// Shape: API Gateway developer guide, "clientCert".
public struct ClientCertificate: Codable, Sendable, Hashable {
  /// The certificate in PEM.
  public var pem: String
  public var subject: String
  public var issuer: String
  /// Octets in hexadecimal with colons, or decimal.
  public var serialNumber: String
  public var validity: Validity

  /// When it holds, as API Gateway prints it (`May 28 12:30:02 2019 GMT`).
  public struct Validity: Codable, Sendable, Hashable {
    public var notBefore: String
    public var notAfter: String
  }

  private enum CodingKeys: String, CodingKey {
    case pem = "clientCertPem"
    case subject = "subjectDN"
    case issuer = "issuerDN"
    case serialNumber, validity
  }
}
