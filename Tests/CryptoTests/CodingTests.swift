import Crypto
import Foundation
import Testing

@Suite struct Base64Tests {
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ])
  func `codes RFC 4648's examples`(text: String, coded: String) {
    #expect(Base64.standard.encode(bytes(text)) == coded)
    #expect(Base64.standard.decode(coded) == bytes(text))
    #expect(Base64.paddedURL.decode(coded) == bytes(text))
    let bare = coded.filter { $0 != "=" }
    #expect(Base64.url.encode(bytes(text)) == bare)
    #expect(Base64.url.decode(bare) == bytes(text))
    #expect(bare == coded || Base64.standard.decode(bare) == nil)
    #expect(bare == coded || Base64.url.decode(coded) == nil)
  }

  @Test func `agrees with Foundation on every byte and length`() {
    for count in 0..<70 {
      let value = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
      let text = Base64.standard.encode(value)
      #expect(text == Data(value).base64EncodedString())
      #expect(Base64.standard.decode(text) == value)
      #expect(Base64.standard.decode(Array(text.utf8)) == value)
      #expect(Base64.url.decode(Base64.url.encode(value)) == value)
      var appended: [UInt8] = [0x22]
      Base64.standard.append(value, to: &appended)
      #expect(appended == [0x22] + Array(text.utf8))
    }
    #expect(Base64.url.encode([0xFB, 0xFF]) == "-_8")
    #expect(Base64.standard.encode([0xFB, 0xFF]) == "+/8=")
  }

  @Test(arguments: [
    "Zg", "Zg=", "Zg===", "=", "==", "====", "Z===", "Zh==", "Zm9=", "Zg==\n", " Zg==", "Z g=",
    "Zm9v====", "Zm=v", "Zm9v-_8=", "Zm9vé", "Zg==Zg==", "Zg\u{0}=", "A", "AAAAA",
  ])
  func `refuses every other spelling`(text: String) {
    #expect(Base64.standard.decode(text) == nil)
  }

  @Test(arguments: ["Zh", "Zm9", "Zg==", "+/8", "A", "AAAAA", "Zm9v\n", "Zm 9", "Zg%3D"])
  func `refuses every other spelling of the URL alphabet`(text: String) {
    #expect(Base64.url.decode(text) == nil)
  }
}

@Suite struct HexTests {
  @Test func `codes every byte`() {
    let all = (0...255).map { UInt8($0) }
    let text = Hex.encode(all)
    #expect(text == all.map { String(format: "%02x", $0) }.joined())
    #expect(Hex.decode(text) == all)
    #expect(Hex.decode(text.uppercased()) == all)
    #expect(Hex.encode([]) == "" && Hex.decode("") == [])
  }

  @Test(arguments: ["0", "0g", " 0", "0x", "é0", "00 "])
  func `refuses what is not hexadecimal`(text: String) {
    #expect(Hex.decode(text) == nil)
  }
}

@Suite struct RandomTests {
  @Test func `gives as many bytes as asked, never the same`() {
    for count in [0, 1, 255, 256, 257, 1_000] { #expect(Random.bytes(count).count == count) }
    #expect(Random.bytes(32) != Random.bytes(32))
  }

  @Test func `draws every character of the alphabet about equally often`() {
    let text = Random.text(70_000, from: "abcdefg")
    let counts = Dictionary(grouping: text, by: { $0 }).mapValues(\.count)
    #expect(text.count == 70_000 && counts.count == 7)
    // 10,000 each; ten standard deviations are 926.
    #expect(counts.values.allSatisfy { (9_000...11_000).contains($0) })
  }

  @Test func `makes ids in AWS's shapes`() throws {
    let uuid = RequestID.uuid()
    #expect(
      uuid.wholeMatch(
        of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
    #expect(RequestID.dynamoDB().wholeMatch(of: /[0-9A-Z]{52}/) != nil)
    #expect(RequestID.gateway().wholeMatch(of: /[A-Za-z0-9+\/]{15}=/) != nil)
    #expect(Set((0..<10_000).map { _ in RequestID.gateway() }).count == 10_000)
  }
}
