import CLinux
import Glibc
import RelayThreads
import Synchronization

/// The actor that lives on a loop thread: entered once per turn to take in what arrived, once to send what is due.
///
/// Jobs from elsewhere run between the two, outside of both calls, because they run on the same actor.
package protocol LoopOwner: Actor {
    func poll()
    func flush()
}

/// A serial executor that is an event loop's thread.
///
/// Jobs may arrive from any thread; a batch of them costs one wake-up. The inbox needs no bound of its own: its entries
/// are suspended calls, and whoever makes those is bounded where they are made.
package final class LoopExecutor: SerialExecutor, @unchecked Sendable {
    /// Readable while jobs from other threads wait.
    let wakeDescriptor: Int32
    /// Connections that other loops give to this one.
    let arrivals = Arrivals()
    private let inbox = Monitor<[UnownedJob]>([])
    private let pending = Atomic<Bool>(false)
    private let stopped = Atomic<Bool>(false)
    /// The loop's thread as an integer, 0 before it runs.
    private let thread = Atomic<UInt>(0)
    private let started = Monitor<pthread_t?>(nil)
    /// Guarded by being touched on the loop thread only.
    private var spare: [UnownedJob] = []

    package init() throws(SystemError) {
        let descriptor = clinux_eventfd()
        guard descriptor >= 0 else { throw SystemError("eventfd", code: -descriptor) }
        wakeDescriptor = descriptor
    }

    deinit {
        clinux_close(wakeDescriptor)
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let unowned = UnownedJob(job)
        inbox.withLock { $0.append(unowned) }
        if !pending.exchange(true, ordering: .acquiringAndReleasing), !isOnLoop { wake() }
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        unsafe UnownedSerialExecutor(ordinary: self)
    }

    package func isIsolatingCurrentContext() -> Bool? { isOnLoop }

    package func checkIsolated() {
        precondition(isOnLoop, "the owner of a loop may only be touched on the loop's thread")
    }

    private var isOnLoop: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// Jobs wait, so the loop must not sleep.
    var hasJobs: Bool { pending.load(ordering: .acquiring) }

    /// Makes the loop take a turn. From any thread.
    package func wake() { clinux_eventfd_signal(wakeDescriptor) }

    /// Runs what other threads, or earlier jobs, have handed in.
    private func drain() {
        guard pending.load(ordering: .acquiring) else { return }
        // Cleared before the list is taken: a job that arrives in between asks for another round instead of being lost.
        pending.store(false, ordering: .releasing)
        inbox.withLock { swap(&$0, &spare) }
        let executor = unsafe asUnownedSerialExecutor()
        for job in spare { unsafe job.runSynchronously(on: executor) }
        spare.removeAll(keepingCapacity: true)
    }

    /// Runs the owner's turns on the calling thread until `stop()`.
    package func run(_ owner: some LoopOwner) {
        thread.store(UInt(pthread_self()), ordering: .releasing)
        while !stopped.load(ordering: .acquiring) {
            owner.assumeIsolated { $0.poll() }
            drain()
            owner.assumeIsolated { $0.flush() }
        }
        drain()
        thread.store(0, ordering: .releasing)
    }

    /// Runs the owner's turns on a thread of their own.
    package func start(_ owner: some LoopOwner, name: String) throws(SystemError) {
        let identifier = try startThread(named: name) { self.run(owner) }
        started.withLock { $0 = identifier }
    }

    /// Asks the loop to end after the turn it is in. From any thread.
    package func stop() {
        stopped.store(true, ordering: .releasing)
        wake()
    }

    /// Waits until the thread of `start` has ended.
    package func join() {
        let identifier = started.withLock { identifier in
            defer { identifier = nil }
            return identifier
        }
        if let identifier { _ = pthread_join(identifier, nil) }
    }
}

/// Starts a thread. A free function that is nobody's: a closure made on the main actor would trap elsewhere.
nonisolated func startThread(
    named name: String, _ body: @escaping @Sendable () -> Void
) throws(SystemError) -> pthread_t {
    final class Start: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let start = unsafe Unmanaged.passRetained(Start(body))
    let code = unsafe pthread_create(
        &thread, nil,
        { argument in
            if let argument = unsafe argument {
                unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body()
            }
            return nil
        }, start.toOpaque())
    guard code == 0 else {
        unsafe start.release()
        throw SystemError("pthread_create", code: code)
    }
    unsafe clinux_name_thread(thread, String(name.prefix(15)))
    return thread
}
