import Glibc

/// Where the certificates of authorities are.
///
/// A folder of files named by hashes costs 0.1 ms at the first connection, a bundle in one file
/// 15 ms. A folder without such names (Amazon Linux links `/etc/ssl/certs` to one) would trust
/// nobody, so it is not taken.
package struct TrustStore: Sendable, Equatable {
  /// Looked at in order; the first with hashed names is used. If none has any, libcurl's own bundle.
  package var folders: [String]

  package init(folders: [String] = TrustStore.systemFolders) {
    self.folders = folders
  }

  /// As an environment says: `SSL_CERT_DIR` (OpenSSL's list with colons), a folder `certificates` in
  /// the function's package, the system's.
  package init(environment: [String: String]) {
    if let named = environment["SSL_CERT_DIR"], !named.isEmpty {
      folders = named.split(separator: ":").map(String.init)
      return
    }
    let package = environment["LAMBDA_TASK_ROOT"].map { [$0 + "/certificates"] } ?? []
    folders = package + TrustStore.systemFolders
  }

  package static let systemFolders = [
    "/etc/ssl/certs", "/etc/pki/ca-trust/extracted/pem/directory-hash",
  ]

  /// The folder to use; nil: none has hashed names.
  package func folder() -> String? {
    folders.first(where: TrustStore.hasHashes)
  }

  /// Whether a file is called as `openssl rehash` calls them: `5ad8a5d6.0`.
  package static func isHashed(_ name: String) -> Bool {
    let parts = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return parts.count == 2 && parts[0].count == 8
      && parts[0].allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
      && !parts[1].isEmpty && parts[1].allSatisfy { (0x30...0x39).contains($0) }
  }

  private static func hasHashes(_ folder: String) -> Bool {
    guard let entries = opendir(folder) else { return false }
    defer { closedir(entries) }
    while let entry = readdir(entries) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { $0.prefix { $0 != 0 } + [] }
      if name.count == 10, name[8] == 0x2E, name[9] == 0x30 { return true }
    }
    return false
  }
}
