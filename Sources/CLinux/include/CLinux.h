#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// What a server's process is to be. All pointers must stay valid during the call.
struct clinux_spawn_request {
    const char *executable;
    char *const *arguments;
    char *const *environment;
    /// Where it starts, as its own user; NULL leaves it in `/`.
    const char *directory;
    /// When `directory` cannot be entered: start in `/` instead of failing.
    int directory_may_be_missing;
    int input;
    int output;
    /// Open `cgroup.procs` files: the child writes itself into each.
    const int *cgroups;
    size_t cgroup_count;
    /// An open directory of a version 2 cgroup that the child begins in, which needs Linux 5.7; negative: none.
    int unified_cgroup;
    /// Whether uid, gid and groups are taken on.
    int switches_account;
    uid_t uid;
    gid_t gid;
    const gid_t *groups;
    size_t group_count;
    /// An account below this uid is refused, whatever the caller has checked.
    uid_t least_uid;
    /// The soft limit on open files; negative keeps the caller's.
    int64_t open_files;
    /// The file mode mask; negative keeps the caller's.
    int file_mode_mask;
};

/// The step of the child that failed.
enum clinux_stage {
    CLINUX_STAGE_NONE = 0,
    CLINUX_STAGE_PREPARE,
    CLINUX_STAGE_FORK,
    CLINUX_STAGE_SESSION,
    CLINUX_STAGE_CGROUP,
    CLINUX_STAGE_LIMITS,
    CLINUX_STAGE_ACCOUNT,
    CLINUX_STAGE_ACCOUNT_REFUSED,
    CLINUX_STAGE_ACCOUNT_DIFFERS,
    CLINUX_STAGE_DIRECTORY,
    CLINUX_STAGE_STREAMS,
    CLINUX_STAGE_DESCRIPTORS,
    CLINUX_STAGE_EXECUTE,
    CLINUX_STAGE_PIDFD,
};

struct clinux_spawn_result {
    pid_t pid;
    int pidfd;
    /// errno of the step that failed.
    int error;
    int stage;
};

/// Starts a process in a session of its own. Returns 0, or -1 with `error` and `stage`; then nothing is left behind.
///
/// The calling thread waits until the child has executed its program or failed; no memory is copied, however large
/// the caller is.
int clinux_spawn(const struct clinux_spawn_request *request, struct clinux_spawn_result *result);

/// A descriptor for a process, closed on exec; -1 with errno.
int clinux_pidfd_open(pid_t pid);

/// Sends `signal` to the process; with `group`, to its process group. -1 with errno, EINVAL where the kernel cannot
/// address a group so.
int clinux_pidfd_signal(int pidfd, int signal, int group);

/// Takes the exit status of an own child without waiting. 1: it ended, `status` is its exit status or minus the signal;
/// 0: it runs; -1 with errno (ECHILD: not a child of this process).
int clinux_pidfd_reap(int pidfd, int *status);

/// A socket that accepts connections.
struct clinux_listener {
    /// In network order; an IPv4 address fills the first four.
    uint8_t address[16];
    uint32_t inode;
    uid_t uid;
};

/// The TCP sockets of one family (AF_INET, AF_INET6) that listen on `port`; `capacity` at most. Asks for these alone,
/// where `/proc/net/tcp` makes the kernel walk every connection. Returns their number, or -1 with errno.
int clinux_listeners(int family, uint16_t port, struct clinux_listener *listeners, int capacity);
