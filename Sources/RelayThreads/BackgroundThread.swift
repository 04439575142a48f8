internal import CLinux

/// A thread of our own for work that blocks. It receives no signals and is not part of the cooperative pool.
package struct BackgroundThread: Sendable {
    private let handle: UInt64

    /// `name` is what `top -H` shows (15 bytes at most); `niceness` 0…19 makes the thread give way to others.
    package init(name: String, niceness: Int32 = 0, _ body: @escaping @Sendable () -> Void) {
        let context = unsafe Unmanaged.passRetained(Body(body)).toOpaque()
        let start: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
            guard let context = unsafe context else { return }
            unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
        }
        handle = unsafe clinux_thread_start(start, context, name, niceness)
        precondition(handle != 0, "the system gives us no thread for \(name)")
    }

    /// Waits for its end; to be called once.
    package func join() { clinux_thread_join(handle) }

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}
