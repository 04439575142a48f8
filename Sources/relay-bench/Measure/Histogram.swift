/// How often each duration occurred, in nanoseconds.
///
/// Log-linear: every power of two is cut into 128 equal steps, so recording is one increment, and a quantile is off by
/// less than 0.8 % at every magnitude. Least and greatest are exact.
struct Histogram: Sendable {
    private static let stepBits = 7
    private static let steps = 1 << stepBits
    /// 18 minutes. What lasts longer counts in the last step.
    private static let longest: UInt64 = (1 << 40) - 1

    private var counts = [UInt64](repeating: 0, count: Self.step(of: Self.longest) + 1)
    private(set) var count: UInt64 = 0
    private(set) var least = UInt64.max
    private(set) var greatest: UInt64 = 0

    mutating func record(_ duration: UInt64, times: UInt64 = 1) {
        guard times > 0 else { return }
        counts[Self.step(of: min(duration, Self.longest))] += times
        count += times
        if duration < least { least = duration }
        if duration > greatest { greatest = duration }
    }

    /// The duration that this share of all did not exceed; 0 when there was none.
    func quantile(_ share: Double) -> UInt64 {
        guard count > 0 else { return 0 }
        if share >= 1 { return greatest }
        let rank = max(1, UInt64((share * Double(count)).rounded(.up)))
        var seen: UInt64 = 0
        for (step, number) in counts.enumerated() {
            seen += number
            if seen >= rank { return min(max(Self.middle(of: step), least), greatest) }
        }
        return greatest
    }

    @inline(__always)
    private static func step(of duration: UInt64) -> Int {
        guard duration >= UInt64(steps) else { return Int(duration) }
        let shift = 63 - stepBits - duration.leadingZeroBitCount
        return shift << stepBits + Int(duration >> UInt64(shift))
    }

    private static func middle(of step: Int) -> UInt64 {
        guard step >= 2 * steps else { return UInt64(step) }
        let shift = UInt64(step >> stepBits - 1)
        return UInt64(steps + step & (steps - 1)) << shift + (1 << shift) / 2
    }
}
