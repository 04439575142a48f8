import RelayJSON

extension NotationReader {
    mutating func message(
        of type: MessageType, _ fields: NotationFields, bundleDepth: Int
    ) throws(NotationError) -> Message {
        switch type {
        case .hello:
            .hello(
                HelloMessage(
                    version: try fields.requiredInteger("version"), features: try features(fields),
                    name: try requiredText("name", of: fields), token: try text("token", of: fields) ?? .empty))
        case .welcome:
            .welcome(
                WelcomeMessage(
                    version: try fields.requiredInteger("version"), features: try features(fields).intersection(.all),
                    time: try fields.requiredInteger("time"), session: try requiredText("session", of: fields),
                    name: try requiredText("name", of: fields), token: try text("token", of: fields) ?? .empty))
        case .announce:
            .announce(
                AnnounceMessage(
                    namespace: try requiredText("namespace", of: fields), signals: try signals(fields)))
        case .federationSync: .federationSync(try federationSync(fields))
        case .subscribe: .subscribe(try subscribe(fields))
        case .unsubscribe: .unsubscribe(id: try fields.requiredInteger("id"))
        case .publish: .publish(try publish(fields))
        case .set: .set(try set(fields))
        case .get: .get(address: try requiredText("address", of: fields))
        case .snapshot: .snapshot(params: try params(fields))
        case .replay:
            .replay(
                ReplayMessage(
                    pattern: try requiredText("pattern", of: fields), from: try fields.integer("from"),
                    to: try fields.integer("to"), limit: try fields.integer("limit"), types: try types(fields)))
        case .bundle: .bundle(try bundle(fields, depth: bundleDepth + 1))
        case .sync:
            .sync(
                SyncMessage(
                    t1: try fields.requiredInteger("t1"), t2: try fields.integer("t2"), t3: try fields.integer("t3")))
        case .ping: .ping
        case .pong: .pong
        case .ack:
            .ack(
                AckMessage(
                    address: try text("address", of: fields), revision: try fields.integer("revision"),
                    isLocked: try fields.flag("locked"), holder: try text("holder", of: fields),
                    correlation: try fields.integer("correlation_id")))
        case .error:
            .error(
                ErrorMessage(
                    code: try fields.requiredInteger("code"), text: try requiredText("message", of: fields),
                    address: try text("address", of: fields), correlation: try fields.integer("correlation_id")))
        case .query: .query(pattern: try requiredText("pattern", of: fields))
        case .result: .result(signals: try signals(fields))
        }
    }

    // MARK: Signals

    private mutating func publish(_ fields: NotationFields) throws(NotationError) -> PublishMessage {
        let signal = try named(Signal.allCases, "signal", fields) { $0.name }
        var content = PublishMessage.Content.none
        if let value = try value("value", of: fields) {
            content = .value(value)
        } else if let samples = try fields.list("samples") {
            content = .samples(
                try list(try floats(samples, "samples")) { writer, number, _ throws(WireError) in
                    try writer.f64(number)
                })
        }
        return PublishMessage(
            signal: signal ?? .event, isSignalStated: signal != nil,
            phase: try named(GesturePhase.allCases, "phase", fields) { $0.name } ?? .start,
            address: try requiredText("address", of: fields), content: content,
            timestamp: try fields.integer("timestamp"), id: try fields.integer("id"), rate: try fields.integer("rate"))
    }

    private mutating func subscribe(_ fields: NotationFields) throws(NotationError) -> SubscribeMessage {
        var options: SubscribeMessage.Options?
        if let given = try fields.fields("options") {
            options = SubscribeMessage.Options(
                maxRate: try given.integer("max_rate"), epsilon: try given.float("epsilon"),
                history: try given.integer("history"), window: try given.integer("window"))
        }
        return SubscribeMessage(
            id: try fields.requiredInteger("id"), pattern: try requiredText("pattern", of: fields),
            types: try types(fields), options: options)
    }

    private func types(_ fields: NotationFields) throws(NotationError) -> SignalSet {
        var types: SignalSet = []
        for name in try fields.list("types") ?? [] {
            guard let signal = Signal.allCases.first(where: { $0.name.description == name.string }) else {
                throw .unexpected("types")
            }
            types.insert(SignalSet(signal))
        }
        return types
    }

    // MARK: State

    private mutating func set(_ fields: NotationFields) throws(NotationError) -> SetMessage {
        SetMessage(
            address: try requiredText("address", of: fields),
            value: try fields.required("value", try value("value", of: fields)),
            revision: try fields.integer("revision"), wireTimeToLive: try timeToLive(fields)?.wire,
            flags: flag(SetMessage.lockFlag, if: try fields.flag("lock") ?? false)
                | flag(SetMessage.unlockFlag, if: try fields.flag("unlock") ?? false))
    }

    private func timeToLive(_ fields: NotationFields) throws(NotationError) -> TimeToLive? {
        guard let given = try fields.fields("ttl") else { return nil }
        let mode = try given.text("mode")
        if mode == "never" { return .never }
        let seconds: UInt32 = try given.requiredInteger("seconds")
        // On the wire the mode is the number's top bit, and no seconds at all are `never`.
        guard seconds <= UInt32(Int32.max) else { throw .unexpected("seconds") }
        switch mode {
        case "sliding" where seconds > 0: return .sliding(seconds: seconds)
        case "absolute": return .absolute(seconds: seconds)
        default: throw .unexpected("ttl")
        }
    }

    private mutating func params(_ fields: NotationFields) throws(NotationError) -> ItemList {
        var params: [SnapshotParam] = []
        for json in try fields.required("params", try fields.list("params")) {
            let param = try NotationFields(json)
            params.append(
                SnapshotParam(
                    address: try requiredText("address", of: param),
                    value: try param.required("value", try value("value", of: param)),
                    revision: try param.requiredInteger("revision"), writer: try text("writer", of: param),
                    timestamp: try param.integer("timestamp")))
        }
        return try list(params) { writer, param, texts throws(WireError) in
            try writer.snapshotParam(
                address: texts.bytes(param.address), value: param.value, in: texts, revision: param.revision,
                writer: texts.bytes(param.writer), timestamp: param.timestamp)
        }
    }

    private mutating func bundle(_ fields: NotationFields, depth: Int) throws(NotationError) -> BundleMessage {
        guard depth <= WireLimits.maxBundleDepth else { throw .wire(.bundleTooDeep) }
        var payloads: [[UInt8]] = []
        for json in try fields.required("messages", try fields.list("messages")) {
            payloads.append(try NotationReader(json, bundleDepth: depth).payload)
        }
        let messages = try list(payloads) { writer, payload, _ throws(WireError) in
            try writer.bundled { writer throws(WireError) in try writer.append(payload.rawSpan) }
        }
        return BundleMessage(timestamp: try fields.integer("timestamp"), messages: messages)
    }

    // MARK: Session

    private func features(_ fields: NotationFields) throws(NotationError) -> Features {
        var features: Features = []
        for name in try fields.list("features") ?? [] {
            guard let feature = Features.named.first(where: { $0.name.description == name.string }) else {
                throw .unexpected("features")
            }
            features.insert(feature.feature)
        }
        return features
    }

    private mutating func signals(_ fields: NotationFields) throws(NotationError) -> ItemList {
        var signals: [SignalDefinition] = []
        for json in try fields.required("signals", try fields.list("signals")) {
            let signal = try NotationFields(json)
            signals.append(
                SignalDefinition(
                    address: try requiredText("address", of: signal),
                    signal: try fields.required("signal", try named(Signal.allCases, "signal", signal) { $0.name }),
                    datatype: try text("datatype", of: signal), access: try text("access", of: signal),
                    meta: try meta(signal)))
        }
        return try list(signals) { writer, signal, texts throws(WireError) in
            try writer.signalDefinition(signal, in: texts)
        }
    }

    private mutating func meta(_ signal: NotationFields) throws(NotationError) -> SignalMeta? {
        guard let meta = try signal.fields("meta") else { return nil }
        var range: ClosedBounds?
        if let bounds = try meta.list("range") {
            let numbers = try floats(bounds, "range")
            guard numbers.count == 2 else { throw .unexpected("range") }
            range = ClosedBounds(minimum: numbers[0], maximum: numbers[1])
        }
        return SignalMeta(
            unit: try text("unit", of: meta), range: range, defaultValue: try value("default", of: meta),
            description: try text("description", of: meta))
    }

    private mutating func federationSync(_ fields: NotationFields) throws(NotationError) -> FederationSyncMessage {
        var patterns: [String] = []
        for json in try fields.list("patterns") ?? [] {
            guard let pattern = json.string else { throw .unexpected("patterns") }
            patterns.append(pattern)
        }
        var revisions: [(address: String, revision: UInt64)] = []
        for json in try fields.list("revisions") ?? [] {
            guard json.array?.count == 2, let address = json[0]?.string,
                let revision = json[1]?.string.flatMap({ UInt64($0) })
            else { throw .unexpected("revisions") }
            revisions.append((address, revision))
        }
        return FederationSyncMessage(
            operation: try fields.required(
                "op", try named(FederationSyncMessage.Operation.allCases, "op", fields) { $0.name }),
            patterns: try list(patterns) { writer, pattern, _ throws(WireError) in try writer.text(pattern) },
            revisions: try list(revisions) { writer, item, _ throws(WireError) in
                try writer.text(item.address)
                try writer.u64(item.revision)
            },
            sinceRevision: try fields.integer("since_revision"), origin: try text("origin", of: fields))
    }

    // MARK: Pieces

    private func floats(_ items: [JSONValue], _ key: String) throws(NotationError) -> [Double] {
        var numbers: [Double] = []
        for item in items {
            guard let number = Double(notation: item) else { throw .unexpected(key) }
            numbers.append(number)
        }
        return numbers
    }

    /// The case that a text names; nil when there is none.
    private func named<Case>(
        _ cases: [Case], _ key: String, _ fields: NotationFields, _ name: (Case) -> StaticString
    ) throws(NotationError) -> Case? {
        guard let text = try fields.text(key) else { return nil }
        guard let found = cases.first(where: { name($0).description == text }) else { throw .unexpected(key) }
        return found
    }
}
