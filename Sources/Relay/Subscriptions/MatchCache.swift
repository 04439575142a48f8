import RelayProtocol

/// Who gets what is written at an address: worked out once, then looked up.
///
/// Bounded: an address shares its place with others, and whoever came last has it. Exact: a change of subscriptions or
/// of visibility drops the addresses that it concerns, or, when those are too many to look for, all of them.
struct MatchCache {
    /// An object, so that handing it on costs one count of references and not one per list.
    final class Audience: Sendable {
        /// Sessions that get every frame.
        let plain: [SessionIndex]
        /// Sessions that want them thinned.
        let paced: [Paced]
        /// Somebody wants to be told later what he misses now.
        let wantsHistory: Bool

        static let nobody = Audience(plain: [], paced: [], wantsHistory: false)

        init(plain: [SessionIndex], paced: [Paced], wantsHistory: Bool) {
            self.plain = plain
            self.paced = paced
            self.wantsHistory = wantsHistory
        }

        var isEmpty: Bool { plain.isEmpty && paced.isEmpty }

        // Both lists are sorted.
        func hasPlain(_ session: SessionIndex) -> Bool {
            let place = plain.partitioningIndex { $0 >= session }
            return place < plain.count && plain[place] == session
        }

        func hasPaced(_ session: SessionIndex) -> Bool {
            let place = paced.partitioningIndex { $0.session >= session }
            return place < paced.count && paced[place].session == session
        }

        func has(_ session: SessionIndex) -> Bool { hasPlain(session) || hasPaced(session) }

        fileprivate var count: Int { plain.count + paced.count }
    }

    struct Paced {
        let session: SessionIndex
        let pace: Pace
    }

    private struct Place {
        var key: Int64 = -1
        var epoch: UInt32 = 0
        var audience = Audience.nobody
    }

    private static let signals = Signal.allCases.count
    private static let smallest = 1024

    private var places = [Place](repeating: Place(), count: smallest)
    private let largest: Int
    private let maxListeners: Int
    /// Listeners that are held in memory, of places out of date too.
    private(set) var listenerCount = 0
    private var used = 0
    private var epoch: UInt32 = 1

    init(maxPlaces: Int, maxListeners: Int) {
        largest = max(Self.smallest, maxPlaces)
        self.maxListeners = maxListeners
    }

    @inline(__always)
    private static func key(_ id: AddressID, _ signal: Signal) -> Int64 {
        Int64(id) &* Int64(signals) &+ Int64(signal.rawValue)
    }

    @inline(__always)
    func find(_ id: AddressID, _ signal: Signal) -> Int? {
        let key = Self.key(id, signal)
        let index = Int(truncatingIfNeeded: key) & (places.count &- 1)
        return places[index].key == key && places[index].epoch == epoch ? index : nil
    }

    /// Whether nobody is told; the answer for most addresses.
    @inline(__always)
    func isEmpty(_ place: Int) -> Bool { places[place].audience.isEmpty }

    @inline(__always)
    subscript(place: Int) -> Audience { places[place].audience }

    mutating func store(_ audience: Audience, for id: AddressID, _ signal: Signal) -> Int {
        if used * 2 > places.count, places.count < largest { grow() }
        if listenerCount + audience.count > maxListeners { clear() }
        let key = Self.key(id, signal)
        let index = Int(truncatingIfNeeded: key) & (places.count - 1)
        if places[index].epoch != epoch { used += 1 }
        listenerCount += audience.count - places[index].audience.count
        places[index] = Place(key: key, epoch: epoch, audience: audience)
        return index
    }

    mutating func drop(_ id: AddressID) {
        for signal in Signal.allCases {
            guard let place = find(id, signal) else { continue }
            listenerCount -= places[place].audience.count
            places[place] = Place()
            used -= 1
        }
    }

    mutating func dropAll() {
        epoch &+= 1
        used = 0
        // After four thousand million times an old entry could pass for a new one.
        if epoch == 0 { clear() }
    }

    var isEmpty: Bool { used == 0 }

    private mutating func clear() {
        places = [Place](repeating: Place(), count: Self.smallest)
        used = 0
        listenerCount = 0
        epoch = 1
    }

    private mutating func grow() {
        let old = places
        places = [Place](repeating: Place(), count: old.count * 2)
        used = 0
        listenerCount = 0
        for place in old where place.epoch == epoch && place.key >= 0 {
            let index = Int(truncatingIfNeeded: place.key) & (places.count - 1)
            places[index] = place
            used += 1
            listenerCount += place.audience.count
        }
    }
}
