extension ByteWriter {
    /// - Returns: whether the signal was named.
    mutating func legacyPublish(_ fields: LegacyFields, in legacy: RawSpan) throws(WireError) -> Bool {
        let signal = try fields.text("signal", in: legacy)
        let timestamp: UInt64? = try fields.integer("timestamp", in: legacy)
        let id: UInt32? = try fields.integer("id", in: legacy)
        let rate: UInt32? = try fields.integer("rate", in: legacy)
        var code = Signal.event
        if let signal { code = try Signal(named: legacy.bytes(signal)) }
        try u8(
            code.rawValue << 5 | flag(0x10, if: timestamp != nil) | flag(0x08, if: id != nil)
                | (try legacyPhase(fields, in: legacy)).rawValue)
        try text(legacy.bytes(try fields.requiredText("address", in: legacy)))
        try legacyContent(fields, in: legacy)
        try u64(ifPresent: timestamp)
        try u32(ifPresent: id)
        try u32(ifPresent: rate)
        return signal != nil
    }

    /// `value` before `payload` before `samples`: they are three names for one slot.
    private mutating func legacyContent(_ fields: LegacyFields, in legacy: RawSpan) throws(WireError) {
        if try fields.item("value", in: legacy) != nil, var value = try fields.reader("value", in: legacy) {
            try u8(1)
            try legacyValue(&value)
        } else if try fields.item("payload", in: legacy) != nil, var value = try fields.reader("payload", in: legacy) {
            try u8(1)
            try legacyValue(&value)
        } else if case .array(let count) = try fields.item("samples", in: legacy),
            var reader = try fields.reader("samples", in: legacy)
        {
            _ = try reader.item()
            try u8(2)
            try itemCount(count)
            for _ in 0..<count { try f64(try reader.item().number()) }
        } else {
            try u8(0)
        }
    }

    private func legacyPhase(_ fields: LegacyFields, in legacy: RawSpan) throws(WireError) -> GesturePhase {
        guard let range = try fields.text("phase", in: legacy) else { return .start }
        let name = legacy.bytes(range)
        guard let phase = GesturePhase.allCases.first(where: { name.isEqual(to: $0.name) }) else {
            throw .unexpectedLegacyValue
        }
        return phase
    }

    mutating func legacySubscribe(_ fields: LegacyFields, in legacy: RawSpan) throws(WireError) {
        try u32(try fields.requiredInteger("id", in: legacy))
        try text(legacy.bytes(try fields.requiredText("pattern", in: legacy)))
        try u8(try legacyTypes(fields, in: legacy).mask)
        guard try fields.item("options", in: legacy) != nil, var reader = try fields.reader("options", in: legacy)
        else {
            return try u8(0)
        }
        // Existing clients spell these either way.
        let options = try LegacyFields(&reader)
        var maxRate: UInt32? = try options.integer("max_rate", in: legacy)
        if maxRate == nil { maxRate = try options.integer("maxRate", in: legacy) }
        let epsilon = try options.number("epsilon", in: legacy)
        let history: UInt32? = try options.integer("history", in: legacy)
        let window: UInt32? = try options.integer("window", in: legacy)
        try u8(
            flag(0x01, if: maxRate != nil) | flag(0x02, if: epsilon != nil) | flag(0x04, if: history != nil)
                | flag(0x08, if: window != nil))
        try u32(ifPresent: maxRate)
        try u64(ifPresent: epsilon?.bitPattern)
        try u32(ifPresent: history)
        try u32(ifPresent: window)
    }
}
