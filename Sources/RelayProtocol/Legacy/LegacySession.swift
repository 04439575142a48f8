extension ByteWriter {
    mutating func legacyHello(_ fields: LegacyFields, in legacy: RawSpan) throws(WireError) {
        try u8(try fields.requiredInteger("version", in: legacy))
        try u8(try legacyFeatures(fields, in: legacy).rawValue)
        try text(legacy.bytes(try fields.requiredText("name", in: legacy)))
        try text(legacy.bytes(try fields.text("token", in: legacy) ?? .empty))
    }

    mutating func legacyWelcome(_ fields: LegacyFields, in legacy: RawSpan) throws(WireError) {
        try u8(try fields.requiredInteger("version", in: legacy))
        try u8(try legacyFeatures(fields, in: legacy).intersection(.all).rawValue)
        try u64(try fields.requiredInteger("time", in: legacy))
        try text(legacy.bytes(try fields.requiredText("session", in: legacy)))
        try text(legacy.bytes(try fields.requiredText("name", in: legacy)))
        try text(legacy.bytes(try fields.text("token", in: legacy) ?? .empty))
    }

    private func legacyFeatures(_ fields: LegacyFields, in legacy: RawSpan) throws(WireError) -> Features {
        guard var reader = try fields.reader("features", in: legacy) else { return [] }
        var features: Features = []
        for _ in 0..<(try reader.item().arrayCount()) {
            let name = legacy.bytes(try reader.item().text())
            // A feature that we do not know may be left out.
            if let feature = Features.named.first(where: { name.isEqual(to: $0.name) }) {
                features.insert(feature.feature)
            }
        }
        return features
    }

    mutating func legacyDefinitions(
        _ fields: LegacyFields, in legacy: RawSpan, withMeta: Bool, isRequired: Bool
    ) throws(WireError) {
        try legacyItems("signals", of: fields, in: legacy, isRequired: isRequired) {
            writer, signal throws(WireError) in
            let datatype = try signal.text("datatype", in: legacy)
            let access = try signal.text("access", in: legacy)
            let hasMeta = withMeta ? try signal.has("meta", in: legacy) : false
            try writer.text(legacy.bytes(try signal.requiredText("address", in: legacy)))
            try writer.u8(try Signal(named: legacy.bytes(try signal.requiredText("type", in: legacy))).rawValue)
            try writer.u8(
                flag(0x01, if: datatype != nil) | flag(0x02, if: access != nil) | flag(0x04, if: hasMeta))
            try writer.text(ifPresent: datatype, in: legacy)
            try writer.text(ifPresent: access, in: legacy)
            if withMeta, var meta = try signal.reader("meta", in: legacy) {
                try writer.legacyMeta(try LegacyFields(&meta), in: legacy)
            }
        }
    }

    private mutating func legacyMeta(_ meta: LegacyFields, in legacy: RawSpan) throws(WireError) {
        let unit = try meta.text("unit", in: legacy)
        let description = try meta.text("description", in: legacy)
        let hasRange = try meta.has("range", in: legacy)
        let hasDefault = try meta.has("default", in: legacy)
        try u8(
            flag(0x01, if: unit != nil) | flag(0x02, if: hasRange) | flag(0x04, if: hasDefault)
                | flag(0x08, if: description != nil))
        try text(ifPresent: unit, in: legacy)
        if var range = try meta.reader("range", in: legacy) {
            guard try range.item().arrayCount() == 2 else { throw .unexpectedLegacyValue }
            try f64(try range.item().number())
            try f64(try range.item().number())
        }
        if var value = try meta.reader("default", in: legacy) { try legacyValue(&value) }
        try text(ifPresent: description, in: legacy)
    }

    mutating func legacyFederationSync(_ fields: LegacyFields, in legacy: RawSpan) throws(WireError) {
        try u8(try legacyOperation(fields, in: legacy).rawValue)
        if var patterns = try fields.reader("patterns", in: legacy) {
            let count = try patterns.item().arrayCount()
            try itemCount(count)
            for _ in 0..<count { try text(legacy.bytes(try patterns.item().text())) }
        } else {
            try itemCount(0)
        }
        if var revisions = try fields.reader("revisions", in: legacy) {
            guard case .map(let count) = try revisions.item() else { throw .unexpectedLegacyValue }
            try itemCount(count)
            for _ in 0..<count {
                try text(legacy.bytes(try revisions.item().text()))
                try u64(try revisions.item().integer())
            }
        } else {
            try itemCount(0)
        }
        let since: UInt64? = try fields.integer("since_revision", in: legacy)
        let origin = try fields.text("origin", in: legacy)
        try u8(flag(0x80, if: since != nil) | flag(0x40, if: origin != nil))
        try u64(ifPresent: since)
        try text(ifPresent: origin, in: legacy)
    }

    /// By its number or by its name.
    private func legacyOperation(
        _ fields: LegacyFields, in legacy: RawSpan
    ) throws(WireError) -> FederationSyncMessage.Operation {
        var reader = try fields.requiredReader("op", in: legacy)
        let item = try reader.item()
        let known = FederationSyncMessage.Operation.allCases
        let operation: FederationSyncMessage.Operation?
        if case .string(let range) = item {
            operation = known.first { legacy.bytes(range).isEqual(to: $0.name) }
        } else {
            operation = .init(rawValue: try item.integer())
        }
        guard let operation else { throw .unknownOperation }
        return operation
    }

    mutating func legacySync(_ fields: LegacyFields, in legacy: RawSpan) throws(WireError) {
        try syncBody(
            SyncMessage(
                t1: try fields.requiredInteger("t1", in: legacy), t2: try fields.integer("t2", in: legacy),
                t3: try fields.integer("t3", in: legacy)))
    }

    mutating func legacyAck(_ fields: LegacyFields, in legacy: RawSpan) throws(WireError) {
        try ackBody(
            AckMessage(
                address: try fields.text("address", in: legacy), revision: try fields.integer("revision", in: legacy),
                isLocked: try fields.flag("locked", in: legacy), holder: try fields.text("holder", in: legacy),
                correlation: try fields.integer("correlation_id", in: legacy)),
            in: legacy)
    }

    mutating func legacyError(_ fields: LegacyFields, in legacy: RawSpan) throws(WireError) {
        try errorBody(
            ErrorMessage(
                code: try fields.requiredInteger("code", in: legacy),
                text: try fields.requiredText("message", in: legacy),
                address: try fields.text("address", in: legacy),
                correlation: try fields.integer("correlation_id", in: legacy)),
            in: legacy)
    }
}

extension Features {
    /// As the legacy form and our JSON notation spell them.
    public static let named: [(name: StaticString, feature: Features)] = [
        ("param", .param), ("event", .event), ("stream", .stream), ("gesture", .gesture), ("timeline", .timeline),
        ("federation", .federation),
    ]
}
