import RelayStorage
import RelayTestKit
import RelayThreads
import Testing

/// A file system of 8 MB in memory. Root alone can mount one; without it the test fails rather than pretend.
private final class SmallDisk {
    let place: TemporaryDirectory
    private let isMounted: Bool

    init() throws {
        place = try TemporaryDirectory()
        let mount = try RelayProcess(
            ["-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs", place.path], program: "/bin/mount")
        isMounted = try mount.finish().status == 0
        try #require(isMounted, "this test mounts a small file system, which needs root")
    }

    deinit {
        if isMounted { _ = try? RelayProcess(["-l", place.path], program: "/bin/umount").finish() }
    }

    /// Takes all that is free.
    func fill() throws(FileError) {
        let files = LinuxFileSystem()
        let ballast = try files.open(place.path + "/ballast", .truncated)
        defer { files.close(ballast) }
        let zeros = [UInt8](repeating: 0, count: 4_096)
        while true {
            do throws(FileError) {
                _ = try files.write(ballast, zeros[...])
            } catch {
                guard error.isAboutSpace else { throw error }
                return
            }
        }
    }

    func free() throws(FileError) { try LinuxFileSystem().remove(place.path + "/ballast") }
}

@Test func `a disk of 8 MB that fills up stops writing, and one that was freed is written to again`() throws {
    let small = try SmallDisk()
    let options = StorageOptions(directory: small.place.path + "/data")
    let wakes = Monitor(0)
    var model = Model()
    let storage = try Storage.open(options, .real(wake: { wakes.change { $0 += 1 } }), into: &model)
    defer { storage.close(isClean: false) }
    var batch = storage.makeBatch()
    var random = SeededRandom(seed: 8)
    func write() {
        let entry = random.entry()
        batch.add(entry)
        model.apply(entry)
        batch.commit()
        storage.submit(&batch)
    }
    /// What a relay does at each wake.
    func wait(_ time: Duration, until holds: () -> Bool) -> Bool {
        let end = MonotonicClock.now + time.nanoseconds
        while !holds() {
            if MonotonicClock.now > end { return false }
            if storage.wantsCheckpoint {
                _ = storage.beginCheckpoint(ModelContents(model), at: batch.sequence)
            }
            _ = wakes.wait(upTo: .milliseconds(5)) { _ in nil as Void? }
        }
        return true
    }
    func isWritten() -> Bool { storage.committed >= batch.sequence }

    for _ in 0..<100 { write() }
    #expect(wait(.seconds(30)) { isWritten() })
    #expect(storage.beginCheckpoint(ModelContents(model), at: batch.sequence))
    #expect(storage.waitForCheckpoint())
    try small.fill()
    #expect(
        wait(.seconds(30)) {
            write()
            return storage.mode == .readOnly
        })
    let promised = storage.committed
    #expect(wait(.seconds(30)) { storage.health.reason != nil })
    for _ in 0..<50 { write() }
    _ = wait(.seconds(3)) { storage.mode == .writable }
    #expect(storage.mode == .readOnly)
    #expect(storage.committed >= promised)

    try small.free()
    let freed = MonotonicClock.now
    // It tries at least every 4 s, with the lowest priority.
    #expect(wait(.seconds(30)) { storage.mode == .writable }, "\(String(describing: storage.health.reason))")
    print("written to again \((MonotonicClock.now - freed) / 1_000_000) ms after the disk was freed")
    write()
    #expect(wait(.seconds(30)) { isWritten() })
    #expect(wait(.seconds(30)) { !storage.health.isDegraded })

    // As after a kill: what is on the disk now.
    let copy = try TemporaryDirectory()
    let tar = try RelayProcess(
        ["-c", "cp -r '\(options.directory)' '\(copy.path)/data' && : >'\(copy.path)/data/lease'"], program: "/bin/sh")
    #expect(try tar.finish().status == 0)
    var recovered = Model()
    let other = try Storage.open(
        StorageOptions(directory: copy.path + "/data"), .real(wake: {}), into: &recovered)
    other.close(isClean: false)
    #expect(recovered == model)
    #expect(other.report.findings.isEmpty)
}
