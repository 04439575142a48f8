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

    /// Of one connection at a time; more are refused.
    private static let maxPerConnection = 8

    mutating func begin(
        _ request: ReplayRequest, of connection: ConnectionID, in store: DurableState, through position: UInt64
    ) -> Bool {
        let mine = replays.values.count { $0.connection == connection }
        guard mine < Self.maxPerConnection, let id = store.replay(request.query, through: position) else {
            return false
        }
        replays[id] = Replay(request: request, connection: connection)
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
                replays[slice.replay] = nil
                store.cancelReplay(slice.replay)
                continue
            }
            let hasRoom = say(slice, &replay.request, replay.connection)
            if slice.end != nil {
                replays[slice.replay] = nil
            } else {
                replay.isPaused = !hasRoom
                replays[slice.replay] = replay
                if hasRoom { store.continueReplay(slice.replay) }
            }
        }
    }

    /// A connection has room again.
    mutating func resume(_ connection: ConnectionID, in store: DurableState) {
        for (id, replay) in replays where replay.connection == connection && replay.isPaused {
            replays[id]?.isPaused = false
            store.continueReplay(id)
        }
    }

    mutating func drop(_ connection: ConnectionID, in store: DurableState) {
        for (id, replay) in replays where replay.connection == connection {
            replays[id] = nil
            store.cancelReplay(id)
        }
    }

    var isEmpty: Bool { replays.isEmpty }
}
