import Agent
import Testing

@testable import Routes

@Suite struct FeatureFlagTests {
  private func flag(_ share: String, _ name: String = "brief") throws -> FeatureFlag {
    try #require(FeatureFlag("\(name)=japanese/short:\(share)%"))
  }

  private func people(_ count: Int, tenant: String = "acme") -> [Caller] {
    (0..<count).map { Caller(user: "user-\($0)", tenant: tenant) }
  }

  @Test func `takes about its share, and always the same people`() throws {
    let people = people(20_000)
    let taken = people.filter(try flag("10").takes)
    #expect((1_850...2_150).contains(taken.count))
    #expect(people.filter(try flag("10").takes) == taken)
    #expect(!people.contains(where: try flag("0").takes))
    #expect(people.allSatisfy(try flag("100").takes))
  }

  @Test func `a greater share keeps those who were in it`() throws {
    let few = people(2_000).filter(try flag("2.5").takes)
    #expect(!few.isEmpty)
    #expect(few.allSatisfy(try flag("2.51").takes))
    #expect(few.allSatisfy(try flag("40").takes))
  }

  @Test func `another flag and another tenant draw anew`() throws {
    let ours = Set(people(2_000).filter(try flag("50").takes).map(\.user))
    let other = Set(people(2_000).filter(try flag("50", "other").takes).map(\.user))
    let tenant = Set(people(2_000, tenant: "b").filter(try flag("50").takes).map(\.user))
    #expect((400...600).contains(ours.intersection(other).count))
    #expect((400...600).contains(ours.intersection(tenant).count))
  }

  @Test func `one person stays where a person is`() throws {
    // Written down, so that a change of the hash is noticed: it would move everybody.
    let half = try flag("50")
    let places = people(12).map { half.takes($0) ? "1" : "0" }.joined()
    #expect(places == "110110100111")
  }

  @Test func `the first flag that takes a person decides`() throws {
    let flags = try #require(
      FeatureFlag.list("none=japanese/short:0%, all=japanese/tools:100%,more=japanese/short:100%"))
    #expect(FeatureFlag.variant(for: Caller(user: "ana", tenant: "acme"), flags) == "tools")
    #expect(FeatureFlag.variant(for: Caller(user: "ana", tenant: "acme"), []) == nil)
  }

  @Test(arguments: [
    ("a=japanese/short:10%", 1_000), (" a = japanese/short : 0.05% ", 5),
    ("a.b-c_1=japanese/standard:100%", 10_000), ("a=japanese/tools:7.5%", 750),
  ]) func `reads a share`(_ text: String, _ share: Int) {
    #expect(FeatureFlag.list(text)?.map(\.share) == [share])
  }

  @Test(arguments: [
    "a", "a=japanese/short", "a=japanese/short:10", "a=japanese/short:%", "a=japanese/short:-1%",
    "a=japanese/short:100.01%", "a=japanese/short:1.234%", "a=japanese/short:1.%",
    "a=japanese/short:99999999999999999999%", "=japanese/short:1%", "a b=japanese/short:1%",
    "a=finance/short:1%", "a=japanese/long:1%", "a=japanese:1%", "a=b=japanese/short:1%",
    "a=japanese/short:1%,a=japanese/tools:1%", "a=japanese/short:１%",
  ]) func `refuses what is no flag`(_ text: String) {
    #expect(FeatureFlag.list(text) == nil)
  }

  @Test func `a wrong flag is an error that names the setting`() {
    #expect(throws: SettingError.self) {
      try Settings { $0 == "FEATURE_FLAGS" ? "a=japanese/long:1%" : nil }
    }
  }
}
