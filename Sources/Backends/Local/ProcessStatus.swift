import Glibc

/// One line of `/proc/PID/stat`, as far as it tells who a process is.
struct ProcessStatus: Sendable, Hashable {
    let pid: Int32
    let state: UInt8
    let parent: Int32
    let group: Int32
    let session: Int32
    /// Clock ticks since the boot.
    let startTime: UInt64

    /// It ended, and only its exit status is left.
    var isDead: Bool { state == UInt8(ascii: "Z") || state == UInt8(ascii: "X") }

    /// `nil` when there is no such process; a throw when it cannot be told.
    static func read(_ pid: Int32) throws(SystemError) -> ProcessStatus? {
        do {
            return ProcessStatus(pid: pid, stat: try SystemFile.read("/proc/\(pid)/stat"))
        } catch  where error.number == ENOENT || error.number == ESRCH {
            return nil
        }
    }

    /// The command's name stands in brackets and may hold anything, brackets too: fields count from the last one.
    init?(pid: Int32, stat: [UInt8]) {
        guard let end = stat.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = stat[(end + 1)...].split(separator: UInt8(ascii: " "), maxSplits: 21)
        guard fields.count > 19, let state = fields[0].first,
            let parent = Int32(decimal: fields[1]), let group = Int32(decimal: fields[2]),
            let session = Int32(decimal: fields[3]), let startTime = UInt64(decimal: fields[19])
        else { return nil }
        self.pid = pid
        self.state = state
        self.parent = parent
        self.group = group
        self.session = session
        self.startTime = startTime
    }

    /// Every process that can be seen.
    static func all() throws(SystemError) -> [ProcessStatus] {
        try SystemFile.names(in: "/proc").compactMap { name in
            guard let pid = Int32(name), let stat = try? SystemFile.read("/proc/\(pid)/stat") else { return nil }
            return ProcessStatus(pid: pid, stat: stat)
        }
    }

    /// The account that it runs as.
    static func uid(of pid: Int32) -> UInt32? {
        var status = stat()
        return stat("/proc/\(pid)", &status) == 0 ? status.st_uid : nil
    }
}

extension FixedWidthInteger {
    init?(decimal bytes: some Sequence<UInt8>) {
        self.init(String(decoding: Array(bytes), as: UTF8.self))
    }
}
