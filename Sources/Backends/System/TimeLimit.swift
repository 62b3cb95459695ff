/// What `work` returns, or `nil` where it takes longer: for what would be good to know, and is not worth waiting for.
func within<Value: Sendable>(
    _ limit: Duration, _ work: @escaping @Sendable () async -> Value
) async -> Value? {
    await withTaskGroup(of: Value?.self) { group in
        group.addTask { await work() }
        group.addTask {
            try? await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        return await group.next() ?? nil
    }
}

extension AsyncSequence where Element == [UInt8], Self: Sendable {
    /// The bytes that came before the end, a failure, or so many of them.
    func beginning(ofAbout count: Int) async -> [UInt8] {
        var bytes: [UInt8] = []
        do {
            for try await piece in self {
                bytes += piece
                if bytes.count > count { break }
            }
        } catch {
            // What came before it is better than nothing.
        }
        return bytes
    }
}
