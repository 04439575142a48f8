import RelayJSON

extension NotationWriter {
    func hello(_ message: HelloMessage) -> JSONValue {
        object([
            "version": number(message.version), "features": names(message.features), "name": text(message.name),
            "token": text(unlessEmpty: message.token),
        ])
    }

    func welcome(_ message: WelcomeMessage) -> JSONValue {
        object([
            "version": number(message.version), "features": names(message.features), "time": decimal(message.time),
            "session": text(message.session), "name": text(message.name),
            "token": text(unlessEmpty: message.token),
        ])
    }

    func signals(_ list: ItemList, withMeta: Bool) throws(WireError) -> JSONValue {
        try items(list) { reader throws(WireError) in
            let signal = try reader.signalDefinition(withMeta: withMeta)
            return object([
                "address": text(signal.address), "signal": name(signal.signal.name),
                "datatype": text(signal.datatype), "access": text(signal.access), "meta": try meta(signal.meta),
            ])
        }
    }

    private func meta(_ meta: SignalMeta?) throws(WireError) -> JSONValue? {
        guard let meta else { return nil }
        var defaultValue: JSONValue?
        if let reference = meta.defaultValue { defaultValue = try value(reference) }
        return object([
            "unit": text(meta.unit),
            "range": meta.range.map { .array([float($0.minimum), float($0.maximum)]) },
            "default": defaultValue, "description": text(meta.description),
        ])
    }

    func federationSync(_ message: FederationSyncMessage) throws(WireError) -> JSONValue {
        object([
            "op": name(message.operation.name),
            "patterns": try items(message.patterns) { reader throws(WireError) in text(try reader.text()) },
            "revisions": try items(message.revisions) { reader throws(WireError) in
                .array([text(try reader.text()), MessageNotation.decimal(try reader.u64())])
            },
            "since_revision": decimal(message.sinceRevision), "origin": text(message.origin),
        ])
    }

    func subscribe(_ message: SubscribeMessage) -> JSONValue {
        let given = message.options.map { options in
            object([
                "max_rate": number(options.maxRate), "epsilon": options.epsilon.map { float($0) },
                "history": number(options.history), "window": number(options.window),
            ])
        }
        return object([
            "id": number(message.id), "pattern": text(message.pattern), "types": names(message.types),
            "options": given,
        ])
    }

    func publish(_ message: PublishMessage) throws(WireError) -> JSONValue {
        var content: JSONValue?
        var samples: JSONValue?
        switch message.content {
        case .none: break
        case .value(let reference): content = try value(reference)
        case .samples(let list):
            samples = try items(list) { reader throws(WireError) in float(try reader.f64()) }
        }
        return object([
            "signal": name(message.signal.name), "phase": name(message.phase.name), "address": text(message.address),
            "value": content, "samples": samples, "timestamp": decimal(message.timestamp), "id": number(message.id),
            "rate": number(message.rate),
        ])
    }

    func set(_ message: SetMessage) throws(WireError) -> JSONValue {
        object([
            "address": text(message.address), "value": try value(message.value),
            "revision": decimal(message.revision), "lock": .bool(message.lock), "unlock": .bool(message.unlock),
            "ttl": message.timeToLive.map { timeToLive($0) },
        ])
    }

    private func timeToLive(_ timeToLive: TimeToLive) -> JSONValue {
        switch timeToLive {
        case .never: object(["mode": "never"])
        case .sliding(let seconds): object(["mode": "sliding", "seconds": number(seconds)])
        case .absolute(let seconds): object(["mode": "absolute", "seconds": number(seconds)])
        }
    }

    func snapshot(_ params: ItemList) throws(WireError) -> JSONValue {
        try items(params) { reader throws(WireError) in
            let param = try reader.snapshotParam()
            return object([
                "address": text(param.address), "value": try value(param.value),
                "revision": MessageNotation.decimal(param.revision), "writer": text(param.writer),
                "timestamp": decimal(param.timestamp),
            ])
        }
    }

    func bundled(_ messages: ItemList) throws(WireError) -> JSONValue {
        try items(messages) { reader throws(WireError) in
            let inner = payload.bytes(try reader.bundledPayload())
            return try NotationWriter(inner, isLegacy: isLegacy).message(try MessageDecoder.decode(inner))
        }
    }

    func replay(_ message: ReplayMessage) -> JSONValue {
        object([
            "pattern": text(message.pattern), "from": decimal(message.from), "to": decimal(message.to),
            "limit": number(message.limit), "types": names(message.types),
        ])
    }

    func ack(_ message: AckMessage) -> JSONValue {
        object([
            "address": text(message.address), "revision": decimal(message.revision),
            "locked": message.isLocked.map { .bool($0) }, "holder": text(message.holder),
            "correlation_id": number(message.correlation),
        ])
    }

    func error(_ message: ErrorMessage) -> JSONValue {
        object([
            "code": number(message.code), "message": text(message.text), "address": text(message.address),
            "correlation_id": number(message.correlation),
        ])
    }
}
