import RelayNet
import RelayStorage

/// REPLAYs that are being answered, each at the pace of who asked.
struct Replays {
    private struct Replay {
        var request: ReplayRequest
        let connection: ConnectionID
        /// A slice was passed on, and the next is asked for once there is room.
        var isPaused = false
    }

    private var replays: [ReplayID: Replay] = [:]
    /// Whose they are: when all come back at once, nobody is looked for among all.
    private var mine: [ConnectionID: [ReplayID]] = [:]

    /// Of one connection at a time; more are refused.
    private static let maxPerConnection = 8

    mutating func begin(
        _ request: ReplayRequest, of connection: ConnectionID, in store: DurableState, through position: UInt64
    ) -> Bool {
        guard mine[connection, default: []].count < Self.maxPerConnection,
            let id = store.replay(request.query, through: position)
        else { return false }
        replays[id] = Replay(request: request, connection: connection)
        mine[connection, default: []].append(id)
        return true
    }

    /// Passes on what has been read. `say` tells one connection, and whether it has room for more.
    mutating func advance(
        _ store: DurableState, isAwaited: (ReplayRequest) -> Bool,
        say: (HistorySlice, inout ReplayRequest, ConnectionID) -> Bool
    ) {
        for slice in store.takeSlices() {
            guard var replay = replays[slice.replay] else { continue }
            guard isAwaited(replay.request) else {
                forget(slice.replay, of: replay.connection)
                store.cancelReplay(slice.replay)
                continue
            }
            let hasRoom = say(slice, &replay.request, replay.connection)
            if slice.end != nil {
                forget(slice.replay, of: replay.connection)
            } else {
                replay.isPaused = !hasRoom
                replays[slice.replay] = replay
                if hasRoom { store.continueReplay(slice.replay) }
            }
        }
    }

    /// A connection has room again.
    mutating func resume(_ connection: ConnectionID, in store: DurableState) {
        for id in mine[connection, default: []] where replays[id]?.isPaused == true {
            replays[id]?.isPaused = false
            store.continueReplay(id)
        }
    }

    mutating func drop(_ connection: ConnectionID, in store: DurableState) {
        for id in mine.removeValue(forKey: connection) ?? [] {
            replays[id] = nil
            store.cancelReplay(id)
        }
    }

    private mutating func forget(_ id: ReplayID, of connection: ConnectionID) {
        replays[id] = nil
        mine[connection]?.removeAll { $0 == id }
        if mine[connection]?.isEmpty == true { mine[connection] = nil }
    }

    var isEmpty: Bool { replays.isEmpty }
}
