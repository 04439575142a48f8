extension ByteWriter {
    mutating func legacySet(_ fields: LegacyFields, in legacy: RawSpan) throws(WireError) {
        let revision: UInt64? = try fields.integer("revision", in: legacy)
        let lock = try fields.flag("lock", in: legacy) ?? false
        let unlock = try fields.flag("unlock", in: legacy) ?? false
        let timeToLive = try legacyTimeToLive(fields, in: legacy)
        guard var value = try fields.reader("value", in: legacy) else { throw .missingField }

        let flags = count
        try u8(0)
        try text(legacy.bytes(try fields.requiredText("address", in: legacy)))
        let type = try legacyValueData(&value)
        try u64(ifPresent: revision)
        try u32(ifPresent: timeToLive?.wire)
        patchByte(
            type.rawValue | flag(0x80, if: revision != nil) | flag(0x40, if: lock) | flag(0x20, if: unlock)
                | flag(0x10, if: timeToLive != nil), at: flags)
    }

    /// `"Never"`, or a map of one: `{"Sliding": seconds}`, `{"Absolute": seconds}`.
    private func legacyTimeToLive(_ fields: LegacyFields, in legacy: RawSpan) throws(WireError) -> TimeToLive? {
        guard var reader = try fields.reader("ttl", in: legacy) else { return nil }
        switch try reader.item() {
        case .null: return nil
        case .string(let range) where legacy.bytes(range).isEqual(to: "Never"): return .never
        case .map(1):
            guard case .string(let key) = try reader.item() else { throw .unexpectedLegacyValue }
            let seconds: UInt32 = try reader.item().integer()
            // On the wire the mode is the number's top bit.
            guard seconds <= UInt32(Int32.max) else { throw .unexpectedLegacyValue }
            if legacy.bytes(key).isEqual(to: "Sliding") { return .sliding(seconds: seconds) }
            if legacy.bytes(key).isEqual(to: "Absolute") { return .absolute(seconds: seconds) }
            throw .unexpectedLegacyValue
        default: throw .unexpectedLegacyValue
        }
    }

    mutating func legacySnapshot(_ fields: LegacyFields, in legacy: RawSpan) throws(WireError) {
        try legacyItems("params", of: fields, in: legacy, isRequired: true) { writer, param throws(WireError) in
            guard var value = try param.reader("value", in: legacy) else { throw .missingField }
            let author = try param.text("writer", in: legacy)
            let timestamp: UInt64? = try param.integer("timestamp", in: legacy)
            try writer.text(legacy.bytes(try param.requiredText("address", in: legacy)))
            try writer.legacyValue(&value)
            try writer.u64(try param.requiredInteger("revision", in: legacy))
            try writer.u8(flag(0x01, if: author != nil) | flag(0x02, if: timestamp != nil))
            try writer.text(ifPresent: author, in: legacy)
            try writer.u64(ifPresent: timestamp)
        }
    }

    mutating func legacyReplay(_ fields: LegacyFields, in legacy: RawSpan) throws(WireError) {
        let from: UInt64? = try fields.integer("from", in: legacy)
        let to: UInt64? = try fields.integer("to", in: legacy)
        let limit: UInt32? = try fields.integer("limit", in: legacy)
        try u8(flag(0x80, if: from != nil) | flag(0x40, if: to != nil) | flag(0x20, if: limit != nil))
        try text(legacy.bytes(try fields.requiredText("pattern", in: legacy)))
        try u64(ifPresent: from)
        try u64(ifPresent: to)
        try u32(ifPresent: limit)
        try u8(try legacyTypes(fields, in: legacy).mask)
    }

    /// Lower-case signal names; a name that nobody knows refuses the message.
    func legacyTypes(_ fields: LegacyFields, in legacy: RawSpan) throws(WireError) -> SignalSet {
        guard var reader = try fields.reader("types", in: legacy) else { return [] }
        var types: SignalSet = []
        switch try reader.item() {
        case .null: return []
        case .array(let count):
            for _ in 0..<count {
                guard case .string(let range) = try reader.item() else { throw .unexpectedLegacyValue }
                types.insert(SignalSet(try Signal(named: legacy.bytes(range))))
            }
            return types
        default: throw .unexpectedLegacyValue
        }
    }
}

extension Signal {
    init(named name: RawSpan) throws(WireError) {
        guard let signal = Signal.allCases.first(where: { name.isEqual(to: $0.name) }) else {
            throw .unexpectedLegacyValue
        }
        self = signal
    }
}
