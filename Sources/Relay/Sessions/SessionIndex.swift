package import RelayNet

/// The place of a session in the tables: the index of its connection. Reused once that is closed.
package typealias SessionIndex = ConnectionIndex
