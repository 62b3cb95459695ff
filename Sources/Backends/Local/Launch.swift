import CLinux
import Glibc
import MultipleSpawner

/// One process that is about to be started.
struct Launch {
    let executable: String
    let arguments: [String]
    let environment: [String]
    let place: LocalPlace
    let leastUID: Int
    let openFileLimit: Int?

    /// Starts it in a session of its own, with its output in `log`. After a throw there is no process.
    func run(log: LocalLog, cgroup: LocalCgroup) throws(SpawnError) -> (pid: Int32, pidfd: Int32) {
        let input = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard input >= 0 else {
            let reason = SystemError.last
            throw SpawnError(.backendFailed, "/dev/null cannot be opened: \(reason)")
        }
        defer { close(input) }
        let output = try log.open()
        defer { close(output) }
        let memberships = try cgroup.openMemberships()
        defer { for descriptor in memberships { close(descriptor) } }
        let unified = try cgroup.openUnified() ?? -1
        defer { if unified >= 0 { close(unified) } }

        var result = clinux_spawn_result()
        let outcome = withPointers { request in
            request.input = input
            request.output = output
            request.unified_cgroup = unified
            return memberships.withUnsafeBufferPointer { memberships in
                request.cgroups = memberships.baseAddress
                request.cgroup_count = memberships.count
                return clinux_spawn(&request, &result)
            }
        }
        guard outcome == 0 else { throw failure(result) }
        return (result.pid, result.pidfd)
    }

    private func withPointers(_ body: (inout clinux_spawn_request) -> Int32) -> Int32 {
        var request = clinux_spawn_request()
        request.open_files = openFileLimit.map(Int64.init) ?? -1
        request.file_mode_mask = place.account == nil ? -1 : 0o022
        request.directory_may_be_missing = place.isDefaultDirectory ? 1 : 0
        return Self.withStrings(arguments) { arguments in
            Self.withStrings(environment) { environment in
                executable.withCString { executable in
                    place.directory.withCString { directory in
                        (place.account?.groups ?? []).withUnsafeBufferPointer { groups in
                            request.executable = executable
                            request.arguments = arguments
                            request.environment = environment
                            request.directory = directory
                            if let account = place.account, account.uid != geteuid() || geteuid() == 0 {
                                request.switches_account = 1
                                request.uid = account.uid
                                request.gid = account.gid
                                request.groups = groups.baseAddress
                                request.group_count = groups.count
                                request.least_uid = UInt32(clamping: leastUID)
                            }
                            return body(&request)
                        }
                    }
                }
            }
        }
    }

    /// A null-terminated array of C strings, as `execve` wants it.
    private static func withStrings(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32
    ) -> Int32 {
        var pointers = strings.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        pointers.append(nil)
        return pointers.withUnsafeBufferPointer { buffer in
            // Never empty: it ends with the null.
            buffer.baseAddress.map(body) ?? -1
        }
    }

    private func failure(_ result: clinux_spawn_result) -> SpawnError {
        let reason = SystemError(number: result.error)
        let name = arguments[0].excerpt
        switch clinux_stage(rawValue: UInt32(bitPattern: result.stage)) {
        case CLINUX_STAGE_EXECUTE where result.error == E2BIG:
            return SpawnError(
                .invalidRequest, "the arguments and the environment are too long for this machine; shorten them")
        case CLINUX_STAGE_EXECUTE:
            return SpawnError(.backendFailed, "'\(executable.excerpt)' cannot be executed: \(reason)")
        case CLINUX_STAGE_DIRECTORY:
            return SpawnError(
                .backendFailed,
                "'\(name)' cannot start in '\(place.directory.excerpt)': \(reason); make the directory or name another"
            )
        case CLINUX_STAGE_ACCOUNT:
            return SpawnError(
                .unsupported, "the daemon cannot become '\(place.userName.excerpt)': \(reason); run it as root")
        case CLINUX_STAGE_ACCOUNT_REFUSED, CLINUX_STAGE_ACCOUNT_DIFFERS:
            return SpawnError(
                .forbidden, "'\(place.userName.excerpt)' could not be taken on wholly, so nothing was started")
        case CLINUX_STAGE_CGROUP:
            return SpawnError(.backendFailed, "'\(name)' cannot enter its cgroup: \(reason)")
        case CLINUX_STAGE_FORK where result.error == EAGAIN || result.error == ENOMEM:
            return SpawnError(.overCapacity, "this machine can start no further process now: \(reason)")
        case CLINUX_STAGE_PREPARE, CLINUX_STAGE_PIDFD:
            return SpawnError(
                .overCapacity,
                "the daemon has no descriptor left for '\(name)': \(reason); raise its limit on open files")
        default:
            return SpawnError(.backendFailed, "'\(name)' could not be started: \(reason) (step \(result.stage))")
        }
    }
}
