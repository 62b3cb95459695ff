import Glibc
public import MultipleSpawner

extension PrivateDirectory {
    /// Does the work while no other process, and nobody else in this one, does work under the same name.
    ///
    /// The lock is `flock` on a file that stays: where a lock file is removed, two may hold it. It waits on the calling
    /// thread, and a process that dies gives it back.
    ///
    /// - Throws: `unavailable` where it is not to be had within `limit`.
    public func locked<Value>(
        _ name: String, limit: Duration = .seconds(30), _ work: () throws(SpawnError) -> Value
    ) throws(SpawnError) -> Value {
        let opened = openat(descriptor, try checked(name), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard opened >= 0 else {
            throw SpawnError(.invalidRequest, "cannot open '\(path(of: name).excerpt)': \(SystemError.last)")
        }
        defer { close(opened) }
        let end = ContinuousClock.now + limit
        var pause: UInt32 = 500
        while flock(opened, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR, ContinuousClock.now < end else {
                throw SpawnError(
                    .unavailable, "another process holds the lock '\(path(of: name).excerpt)'; try again later")
            }
            // Nothing tells of a lock that is given back, other than a call that waits for ever.
            usleep(pause)
            pause = min(pause * 2, 10_000)
        }
        return try work()
    }
}
