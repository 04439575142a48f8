import CLinux

/// Signals as events of a loop instead of interruptions.
package struct Signals: Sendable {
    let descriptor: Int32

    package static let hangUp: Int32 = 1
    package static let interrupt: Int32 = 2
    package static let terminate: Int32 = 15

    /// Must be called before the first thread is started, so that no thread takes the signals the old way.
    package init(_ numbers: [Int32]) throws(SystemError) {
        let blocked = unsafe numbers.withUnsafeBufferPointer { list in
            unsafe clinux_block_signals(list.baseAddress, Int32(list.count))
        }
        guard blocked == 0 else { throw SystemError("pthread_sigmask", code: -blocked) }
        descriptor = unsafe numbers.withUnsafeBufferPointer { list in
            unsafe clinux_signalfd(list.baseAddress, Int32(list.count))
        }
        guard descriptor >= 0 else { throw SystemError("signalfd", code: -descriptor) }
    }

    /// The next signal that has arrived.
    package func next() -> Int32? {
        let number = clinux_signalfd_read(descriptor)
        return number > 0 ? number : nil
    }
}
