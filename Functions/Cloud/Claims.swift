import Crypto
import Events

/// The right to handle something that may be delivered more than once; held until a lease ends.
package struct Claim: Sendable, Equatable {
  package let key: String
  /// Somebody held it before and did not complete it in time: look for what they left.
  package let isRetaken: Bool
  fileprivate let holder: String
}

/// What became of an attempt to take a claim.
package enum ClaimOutcome: Sendable, Equatable {
  /// It is ours: handle it, then complete it.
  case taken(Claim)
  /// Somebody handles it now, until this time (Unix milliseconds) at the latest.
  case inProgress(until: Int64)
  /// It has been handled; what was answered, if that was kept.
  case completed(result: [UInt8]?)
  /// The key has been used for something else.
  case otherPayload
}

/// Why a claim could not be taken, completed or given back.
package enum ClaimError: Error, Equatable {
  /// The lease ended and somebody else took the claim.
  case lost
  case failed(CloudError)
}

/// Makes work that is delivered at least once happen at most once at a time, and once if it succeeds.
///
/// A claim is a conditional write, taken before the work: its key names the delivery, its hash the
/// payload, its lease ends with the worker's deadline. After a crash the lease runs out and the next
/// delivery takes it again; a completed claim is never taken again while it is kept.
package struct Claims: Sendable {
  private let store: Store
  private let table: String
  private let life: Duration
  private let now: @Sendable () -> Int64

  /// - Parameters:
  ///   - store: Holds the claims.
  ///   - table: Its partition key is the text `claim`, its time to live `expiresAt`.
  ///   - life: How long a claim is remembered.
  ///   - now: Unix milliseconds.
  package init(
    _ store: Store, table: String, life: Duration = .seconds(86_400),
    now: @escaping @Sendable () -> Int64 = WallClock.milliseconds
  ) {
    self.store = store
    self.table = table
    self.life = life
    self.now = now
  }

  /// The same, whose calls end at `deadline`.
  package func until(_ deadline: ContinuousClock.Instant) -> Claims {
    Claims(store.until(deadline), table: table, life: life, now: now)
  }

  /// Tries to take the claim `key` for `payload`, until the lease ends.
  package func take(
    _ key: String, payload: [UInt8], lease: Duration
  ) async throws(ClaimError) -> ClaimOutcome {
    let hash = Hex.encode(SHA256.digest(payload))
    let holder = RequestID.uuid()
    let time = now()
    let item: Item = [
      "claim": .string(key), "state": "inProgress", "hash": .string(hash),
      "holder": .string(holder), "leaseUntil": AttributeValue(time + lease.milliseconds),
      "expiresAt": AttributeValue((time + life.milliseconds) / 1_000),
    ]
    let abandoned = Condition.all([
      .equals("state", "inProgress"), .less("leaseUntil", AttributeValue(time)),
      .equals("hash", .string(hash)),
    ])
    let forgotten = Condition.less("expiresAt", AttributeValue(time / 1_000))
    do throws(StoreError) {
      let old = try await store.put(
        item, into: table, if: .any([.absent("claim"), abandoned, forgotten]), returningOld: true)
      let isRetaken = old.map { ($0["expiresAt"]?.int ?? 0) >= time / 1_000 } ?? false
      return .taken(Claim(key: key, isRetaken: isRetaken, holder: holder))
    } catch .conditionFailed(let found) {
      return try await outcome(of: found, key, hash, holder)
    } catch {
      throw ClaimError(error)
    }
  }

  /// Records that the work is done; later deliveries get `result`.
  package func complete(_ claim: Claim, result: [UInt8]? = nil) async throws(ClaimError) {
    var changes: [Change] = [.set("state", "completed"), .remove("leaseUntil")]
    if let result { changes.append(.set("result", .binary(result))) }
    try await onlyAsHolder(claim) { condition throws(StoreError) in
      try await store.update(["claim": .string(claim.key)], in: table, changes, if: condition)
    }
  }

  /// Gives the claim back before anything was done, so that the next delivery can take it at once.
  package func release(_ claim: Claim) async throws(ClaimError) {
    try await onlyAsHolder(claim) { condition throws(StoreError) in
      try await store.delete(["claim": .string(claim.key)], from: table, if: condition)
    }
  }

  private func outcome(
    of found: Item?, _ key: String, _ hash: String, _ holder: String
  ) async throws(ClaimError) -> ClaimOutcome {
    var found = found
    if found == nil {
      do throws(StoreError) {
        found = try await store.get(["claim": .string(key)], from: table)
      } catch {
        throw ClaimError(error)
      }
    }
    // Gone between the two: whoever removed it has done so now.
    guard let found else { return .inProgress(until: now()) }
    // Our own write may have succeeded although its answer was lost.
    if found["holder"]?.string == holder {
      return .taken(Claim(key: key, isRetaken: false, holder: holder))
    }
    guard found["hash"]?.string == hash else { return .otherPayload }
    guard found["state"]?.string == "completed" else {
      return .inProgress(until: found["leaseUntil"]?.int.map(Int64.init) ?? now())
    }
    return .completed(result: found["result"]?.binary)
  }

  private func onlyAsHolder(
    _ claim: Claim, _ write: (Condition) async throws(StoreError) -> Item?
  ) async throws(ClaimError) {
    do throws(StoreError) {
      _ = try await write(
        .all([.equals("holder", .string(claim.holder)), .equals("state", "inProgress")]))
    } catch .conditionFailed(let found) {
      // A repeated completion whose first answer was lost.
      guard found?["holder"]?.string == claim.holder else { throw .lost }
    } catch {
      throw ClaimError(error)
    }
  }
}

extension ClaimError {
  fileprivate init(_ error: StoreError) {
    guard case .failed(let error) = error else {
      self = .lost
      return
    }
    self = .failed(error)
  }
}

extension Duration {
  fileprivate var milliseconds: Int64 { Int64(self / .milliseconds(1)) }
}
