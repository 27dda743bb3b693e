/// Who hears of which descriptor. A token holds the descriptor and a generation, so that an event
/// for a closed descriptor never reaches the next owner of its number.
struct Watchers {
  private struct Slot {
    var generation: UInt32 = 0
    var target: (any ReadinessTarget)?
  }

  private var slots: [Slot] = []
  private var count = 0

  var isEmpty: Bool { count == 0 }

  subscript(token: UInt64) -> (any ReadinessTarget)? {
    let index = Int(token & 0xffff_ffff)
    guard index < slots.count, slots[index].generation == UInt32(token >> 32) else { return nil }
    return slots[index].target
  }

  mutating func add(_ descriptor: Int32, _ target: any ReadinessTarget) -> UInt64 {
    let index = Int(descriptor)
    while slots.count <= index { slots.append(Slot()) }
    if slots[index].target == nil { count += 1 }
    slots[index].generation = (slots[index].generation + 1) & 0x7fff_ffff
    slots[index].target = target
    return UInt64(slots[index].generation) << 32 | UInt64(index)
  }

  mutating func remove(_ token: UInt64) {
    guard self[token] != nil else { return }
    slots[Int(token & 0xffff_ffff)].target = nil
    count -= 1
  }
}

/// Instants in a binary heap. Targets stand apart, so that forgetting one is cheap and an instant
/// left behind in the heap keeps nothing alive.
struct Timers {
  private struct Entry {
    var instant: Int64
    var timer: UInt64
  }

  private var heap: [Entry] = []
  private var targets: [UInt64: any TimerTarget] = [:]
  private var lastTimer: UInt64 = 0

  /// True when nobody could be called any more.
  var isEmpty: Bool { targets.isEmpty }

  mutating func add(_ target: any TimerTarget) -> UInt64 {
    lastTimer += 1
    targets[lastTimer] = target
    return lastTimer
  }

  mutating func remove(_ timer: UInt64) {
    targets[timer] = nil
  }

  mutating func fire(_ timer: UInt64, at instant: Int64) {
    heap.append(Entry(instant: instant, timer: timer))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].instant < heap[parent].instant else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  /// Takes the next target whose instant has come.
  mutating func next(due now: Int64) -> (any TimerTarget)? {
    while let first = heap.first, first.instant <= now {
      removeFirst()
      if let target = targets[first.timer] { return target }
    }
    return nil
  }

  /// Milliseconds until the next instant, -1 when there is none.
  mutating func delay(from now: Int64) -> Int32 {
    while let first = heap.first, targets[first.timer] == nil { removeFirst() }
    guard let first = heap.first else { return -1 }
    return Int32(clamping: max(0, first.instant - now))
  }

  private mutating func removeFirst() {
    let last = heap.removeLast()
    guard !heap.isEmpty else { return }
    heap[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && heap[child].instant < heap[least].instant {
        least = child
      }
      guard least != parent else { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
