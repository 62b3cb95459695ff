import MultipleSpawner

/// Takes Docker's log format apart: the outputs of a container, in frames that each begin with eight bytes.
///
/// A container with a terminal has one output and no frames; its log is what it is, and this is not needed.
public struct LogDemultiplexer: Sendable {
    private var header: [UInt8] = []
    /// Bytes of the frame's payload that are still to come.
    private var missing = 0
    private var isErrorFrame = false
    private var complaint: [UInt8] = []

    public init() {}

    /// What the container wrote, both outputs in the order in which they came.
    ///
    /// - Throws: `DockerError` where this is no such format, or Docker says that it cannot go on.
    public mutating func take(_ piece: [UInt8]) throws(DockerError) -> [UInt8] {
        var written: [UInt8] = []
        var rest = piece[...]
        while !rest.isEmpty {
            if missing == 0 {
                let count = min(8 - header.count, rest.count)
                header += rest.prefix(count)
                rest = rest.dropFirst(count)
                if header.count == 8 { try beginFrame() }
            } else {
                let payload = rest.prefix(missing)
                rest = rest.dropFirst(payload.count)
                missing -= payload.count
                if isErrorFrame {
                    complaint += payload.prefix(4096 - min(4096, complaint.count))
                } else {
                    written += payload
                }
                if isErrorFrame, missing == 0 { throw complained() }
            }
        }
        return written
    }

    /// - Throws: `DockerError` where the log ends in the middle of a frame.
    public func end() throws(DockerError) {
        guard header.isEmpty, missing == 0 else {
            throw DockerError(.unreadable("the log ends in the middle of a line"), mayHaveArrived: true)
        }
    }

    private mutating func beginFrame() throws(DockerError) {
        defer { header.removeAll(keepingCapacity: true) }
        // Input, output, errors of the container; then errors of Docker itself.
        guard header[0] <= 3, header[1...3].allSatisfy({ $0 == 0 }) else {
            throw DockerError(.unreadable("the log is not in the format of Docker's logs"), mayHaveArrived: true)
        }
        missing = header[4...7].reduce(0) { $0 << 8 | Int($1) }
        isErrorFrame = header[0] == 3
        if isErrorFrame, missing == 0 { throw complained() }
    }

    private func complained() -> DockerError {
        DockerError(
            .unreadable("Docker cannot go on with the log: \(String(decoding: complaint, as: UTF8.self).excerpt)"),
            mayHaveArrived: true)
    }
}
