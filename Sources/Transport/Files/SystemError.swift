import Glibc

/// What the system said when it refused.
struct SystemError: Error, Hashable, CustomStringConvertible {
    let number: Int32

    /// The reason of the call that has just failed.
    static var last: SystemError { SystemError(number: errno) }

    /// `no such file or directory`, as it may stand in the middle of a message.
    var description: String {
        var buffer = [CChar](repeating: 0, count: 128)
        guard strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).lowercased()
    }
}
