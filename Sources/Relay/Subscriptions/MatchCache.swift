import RelayProtocol

/// Who gets what is written at an address: worked out once, then looked up.
///
/// Bounded: an address shares its place with others, and whoever came last has it. Exact: a change of subscriptions or
/// of visibility drops the addresses that it concerns, or, when those are too many to look for, all of them.
struct MatchCache {
    struct Audience {
        /// Sessions that get every frame.
        var plain: [SessionIndex] = []
        /// Sessions that want them thinned.
        var paced: [Paced] = []

        var isEmpty: Bool { plain.isEmpty && paced.isEmpty }
    }

    struct Paced {
        let session: SessionIndex
        let pace: Pace
    }

    private struct Place {
        var key: Int64 = -1
        var epoch: UInt32 = 0
        var audience = Audience()
    }

    private static let signals = Signal.allCases.count
    private static let smallest = 1024

    private var places = [Place](repeating: Place(), count: smallest)
    private let largest: Int
    private var used = 0
    private var epoch: UInt32 = 1

    init(maxPlaces: Int) { largest = max(Self.smallest, maxPlaces) }

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

    @inline(__always)
    subscript(place: Int) -> Audience { places[place].audience }

    mutating func store(_ audience: Audience, for id: AddressID, _ signal: Signal) -> Int {
        if used * 2 > places.count, places.count < largest { grow() }
        let key = Self.key(id, signal)
        let index = Int(truncatingIfNeeded: key) & (places.count - 1)
        if places[index].epoch != epoch { used += 1 }
        places[index] = Place(key: key, epoch: epoch, audience: audience)
        return index
    }

    mutating func drop(_ id: AddressID) {
        for signal in Signal.allCases {
            if let place = find(id, signal) { places[place] = Place() }
        }
    }

    mutating func dropAll() {
        epoch &+= 1
        used = 0
        // After four thousand million times an old entry could pass for a new one.
        if epoch == 0 {
            places = [Place](repeating: Place(), count: places.count)
            epoch = 1
        }
    }

    private mutating func grow() {
        let old = places
        places = [Place](repeating: Place(), count: old.count * 2)
        used = 0
        for place in old where place.epoch == epoch && place.key >= 0 {
            let index = Int(truncatingIfNeeded: place.key) & (places.count - 1)
            places[index] = place
            used += 1
        }
    }
}
