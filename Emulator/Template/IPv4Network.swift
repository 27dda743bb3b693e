/// An IPv4 network, such as `10.0.0.0/24`.
struct IPv4Network: Sendable {
  private let address: UInt32
  private let mask: UInt32

  init?(_ text: String) {
    let parts = text.split(separator: "/")
    guard parts.count == 2, let bits = Int(parts[1]), (0...32).contains(bits),
      let address = Self.address(String(parts[0]))
    else { return nil }
    mask = bits == 0 ? 0 : ~UInt32(0) << (32 - bits)
    self.address = address & mask
  }

  func contains(_ text: String) -> Bool {
    Self.address(text).map { $0 & mask == address } ?? false
  }

  private static func address(_ text: String) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var address: UInt32 = 0
    for part in parts {
      guard let number = UInt8(part) else { return nil }
      address = address << 8 | UInt32(number)
    }
    return address
  }
}
