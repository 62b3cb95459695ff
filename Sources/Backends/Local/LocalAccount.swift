import Glibc
import MultipleSpawner

/// An account of this machine, with all that a process needs to become it.
struct LocalAccount: Sendable, Hashable {
    let name: String
    let uid: UInt32
    let gid: UInt32
    /// The primary group and all supplementary ones.
    let groups: [UInt32]
    let home: String
    let shell: String

    /// The account of that name. It may ask a directory service, so it is called beside the cooperative threads.
    static func named(_ name: String) throws(SpawnError) -> LocalAccount {
        let account: LocalAccount?
        do throws(SystemError) {
            account = try look { entry, buffer, size, found in
                getpwnam_r(name, entry, buffer, size, found)
            }
        } catch {
            throw SpawnError(
                .unavailable, "the accounts of this machine cannot be read for '\(name.excerpt)': \(error)")
        }
        guard let account, !name.utf8.contains(0) else {
            throw SpawnError(
                .invalidRequest,
                "this machine has no account '\(name.excerpt)'; create it, or use "
                    + "'jupyterhub.spawner.SimpleLocalProcessSpawner', which needs none")
        }
        return account
    }

    /// The account that this program runs as, where it has an entry.
    static func current() -> LocalAccount? {
        let account = try? look { entry, buffer, size, found in
            getpwuid_r(geteuid(), entry, buffer, size, found)
        }
        return account ?? nil
    }

    private static func look(
        _ call: (
            UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
            UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
        ) -> Int32
    ) throws(SystemError) -> LocalAccount? {
        var size = 4096
        while true {
            var entry = passwd()
            var found: UnsafeMutablePointer<passwd>?
            let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
            defer { buffer.deallocate() }
            let result = call(&entry, buffer, size, &found)
            switch result {
            case 0: return found.flatMap { LocalAccount($0.pointee) }
            case ERANGE where size < 1 << 20: size *= 4
            // What an unknown name gives where no database has an entry.
            case ENOENT, ESRCH: return nil
            default: throw SystemError(number: result)
            }
        }
    }

    private init?(_ entry: passwd) {
        guard let name = entry.pw_name else { return nil }
        self.name = String(cString: name)
        uid = entry.pw_uid
        gid = entry.pw_gid
        groups = Self.groups(of: name, primary: entry.pw_gid)
        home = entry.pw_dir.map { String(cString: $0) } ?? ""
        shell = entry.pw_shell.map { String(cString: $0) } ?? ""
    }

    private static func groups(of name: UnsafePointer<CChar>, primary: UInt32) -> [UInt32] {
        var count: Int32 = 32
        while true {
            var groups = [UInt32](repeating: 0, count: Int(count))
            let capacity = count
            if getgrouplist(name, primary, &groups, &count) >= 0 {
                return Array(Set(groups.prefix(Int(count)))).sorted()
            }
            // It says how many there are; where it does not, the next try is larger.
            count = max(count, capacity * 2)
            guard count <= 1 << 16 else { return [primary] }
        }
    }
}
