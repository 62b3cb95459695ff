#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#define CLINUX_CLOSE_RANGE_CLOEXEC (1U << 2)
#define CLINUX_SIGNAL_PROCESS_GROUP (1U << 2)

/// What the parent has made ready, so that the child allocates nothing: it runs on the parent's memory.
struct child_plan {
    const struct clinux_spawn_request *request;
    int input;
    int output;
    int report;
    const int *cgroups;
    /// The group that the child begins in; negative: that of the parent.
    int unified;
    /// Its `cgroup.procs`, where the child must enter it after the fork.
    int unified_processes;
    gid_t *groups_read_back;
    struct rlimit open_files;
    int highest_descriptor;
    /// Set by the child's first step: it runs on this memory.
    volatile int has_begun;
};

struct child_report {
    int error;
    int stage;
};

static void __attribute__((noreturn)) fail(const struct child_plan *plan, int stage, int error) {
    struct child_report report = {error, stage};
    ssize_t written;
    do {
        written = write(plan->report, &report, sizeof report);
    } while (written < 0 && errno == EINTR);
    _exit(127);
}

static int holds(const gid_t *groups, size_t count, gid_t group) {
    for (size_t i = 0; i < count; i++) {
        if (groups[i] == group) return 1;
    }
    return 0;
}

/// Takes the account on and reads it back. Raw calls: glibc's wrappers would change the parent's threads as well.
static void take_account(const struct child_plan *plan) {
    const struct clinux_spawn_request *request = plan->request;
    uid_t uid = request->uid, ruid, euid, suid;
    gid_t gid = request->gid, rgid, egid, sgid;

    if (uid < request->least_uid || uid == (uid_t)-1 || gid == (gid_t)-1) {
        fail(plan, CLINUX_STAGE_ACCOUNT_REFUSED, EPERM);
    }
    if (syscall(SYS_setgroups, request->group_count, request->groups) != 0
        || syscall(SYS_setresgid, gid, gid, gid) != 0 || syscall(SYS_setresuid, uid, uid, uid) != 0) {
        fail(plan, CLINUX_STAGE_ACCOUNT, errno);
    }

    if (syscall(SYS_getresuid, &ruid, &euid, &suid) != 0 || syscall(SYS_getresgid, &rgid, &egid, &sgid) != 0) {
        fail(plan, CLINUX_STAGE_ACCOUNT, errno);
    }
    if (ruid != uid || euid != uid || suid != uid || rgid != gid || egid != gid || sgid != gid) {
        fail(plan, CLINUX_STAGE_ACCOUNT_DIFFERS, EPERM);
    }
    long count = syscall(SYS_getgroups, 0, NULL);
    if (count < 0) fail(plan, CLINUX_STAGE_ACCOUNT, errno);
    if ((size_t)count != request->group_count) fail(plan, CLINUX_STAGE_ACCOUNT_DIFFERS, EPERM);
    if (count > 0 && syscall(SYS_getgroups, count, plan->groups_read_back) != count) {
        fail(plan, CLINUX_STAGE_ACCOUNT_DIFFERS, EPERM);
    }
    for (long i = 0; i < count; i++) {
        if (!holds(request->groups, request->group_count, plan->groups_read_back[i])
            || !holds(plan->groups_read_back, (size_t)count, request->groups[i])) {
            fail(plan, CLINUX_STAGE_ACCOUNT_DIFFERS, EPERM);
        }
    }
    // The way back must be closed.
    if (uid != 0 && syscall(SYS_setresuid, -1, 0, -1) == 0) fail(plan, CLINUX_STAGE_ACCOUNT_DIFFERS, EPERM);
}

/// Everything that was opened elsewhere, by whatever thread, ends with the exec.
static void close_on_exec(const struct child_plan *plan) {
    if (syscall(SYS_close_range, 3U, ~0U, CLINUX_CLOSE_RANGE_CLOEXEC) == 0) return;
    if (errno != ENOSYS && errno != EINVAL) fail(plan, CLINUX_STAGE_DESCRIPTORS, errno);
    for (int fd = 3; fd <= plan->highest_descriptor; fd++) {
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
}

static void __attribute__((noreturn, noinline)) run_child(struct child_plan *plan) {
    const struct clinux_spawn_request *request = plan->request;
    plan->has_begun = 1;

    if (setsid() < 0) fail(plan, CLINUX_STAGE_SESSION, errno);
    if (plan->unified_processes >= 0 && write(plan->unified_processes, "0", 1) != 1) {
        fail(plan, CLINUX_STAGE_CGROUP, errno);
    }
    for (size_t i = 0; i < request->cgroup_count; i++) {
        if (write(plan->cgroups[i], "0", 1) != 1) fail(plan, CLINUX_STAGE_CGROUP, errno);
    }
    if (request->open_files >= 0 && setrlimit(RLIMIT_NOFILE, &plan->open_files) != 0) {
        fail(plan, CLINUX_STAGE_LIMITS, errno);
    }
    if (request->file_mode_mask >= 0) umask((mode_t)request->file_mode_mask);
    if (request->switches_account) take_account(plan);

    const char *directory = request->directory ? request->directory : "/";
    if (chdir(directory) != 0) {
        if (!request->directory_may_be_missing) fail(plan, CLINUX_STAGE_DIRECTORY, errno);
        if (chdir("/") != 0) fail(plan, CLINUX_STAGE_DIRECTORY, errno);
    }
    if (dup2(plan->input, 0) < 0 || dup2(plan->output, 1) < 0 || dup2(plan->output, 2) < 0) {
        fail(plan, CLINUX_STAGE_STREAMS, errno);
    }
    close_on_exec(plan);

    // Exec keeps what is ignored and what is masked. Handlers go first: ours must not run in this process. Raw calls
    // again: glibc's `sigaction` leaves out the signals that it uses itself, which may be ignored all the same.
    static const unsigned long default_action[8] = {0};
    for (int number = 1; number <= 64; number++) {
        if (number != SIGKILL && number != SIGSTOP) syscall(SYS_rt_sigaction, number, default_action, NULL, 8);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);

    execve(request->executable, request->arguments, request->environment);
    fail(plan, CLINUX_STAGE_EXECUTE, errno);
}

/// A copy above the standard streams, so that a `dup2` onto 0, 1 or 2 never overwrites what is still needed.
static int lifted(int fd) { return fcntl(fd, F_DUPFD_CLOEXEC, 3); }

static void close_if_open(int fd) {
    if (fd >= 0) close(fd);
}

static pid_t wait_for(pid_t pid) {
    pid_t waited;
    do {
        waited = waitpid(pid, NULL, 0);
    } while (waited < 0 && errno == EINTR);
    return waited;
}

#if defined(__x86_64__) || defined(__aarch64__)
/// A `vfork` whose child begins inside a cgroup of version 2, which costs nothing: to move there afterwards takes the
/// kernel some 15 ms. As with `vfork`, the child runs on this stack while the parent waits, so it must not return.
static inline __attribute__((always_inline)) long vfork_into(struct clone_args *arguments) {
    size_t size = sizeof *arguments;
#if defined(__x86_64__)
    register long result __asm__("rax") = SYS_clone3;
    __asm__ volatile("syscall" : "+r"(result) : "D"(arguments), "S"(size) : "rcx", "r11", "memory");
#else
    register long result __asm__("x0") = (long)arguments;
    register long length __asm__("x1") = (long)size;
    register long number __asm__("x8") = SYS_clone3;
    __asm__ volatile("svc 0" : "+r"(result) : "r"(length), "r"(number) : "memory");
#endif
    return result;
}

static __attribute__((noinline)) pid_t fork_into(struct child_plan *plan, int cgroup) {
    struct clone_args arguments = {
        .flags = CLONE_VM | CLONE_VFORK | CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)cgroup,
    };
    long pid = vfork_into(&arguments);
    if (pid == 0) run_child(plan);
    if (pid < 0) {
        errno = (int)-pid;
        return -1;
    }
    if (!plan->has_begun) {
        // Where `cgroup.kill` was once used on either group, the kernel kills a child that is born across them.
        wait_for((pid_t)pid);
        errno = EPERM;
        return -1;
    }
    return (pid_t)pid;
}
#else
static pid_t fork_into(struct child_plan *plan, int cgroup) {
    (void)plan, (void)cgroup;
    errno = ENOSYS;
    return -1;
}
#endif

static __attribute__((noinline)) pid_t fork_beside(struct child_plan *plan) {
    pid_t pid = vfork();
    if (pid == 0) run_child(plan);
    return pid;
}

/// Whether the child can enter its group by itself, where the kernel, or a filter around it, knows no other way.
static int enters_late(struct child_plan *plan, int error) {
    if (error != ENOSYS && error != EINVAL && error != E2BIG && error != EPERM && error != EACCES) return 0;
    plan->unified_processes = openat(plan->unified, "cgroup.procs", O_WRONLY | O_CLOEXEC);
    return plan->unified_processes >= 0;
}

/// Forks with all signals held back and tells what the child reported; 0 when the program runs.
static pid_t fork_and_listen(struct child_plan *plan, int listen, struct child_report *report) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = -1;
    if (plan->unified >= 0) pid = fork_into(plan, plan->unified);
    if (pid < 0 && (plan->unified < 0 || enters_late(plan, errno))) pid = fork_beside(plan);
    int fork_error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);

    close(plan->report);
    plan->report = -1;
    if (pid < 0) {
        *report = (struct child_report){fork_error, CLINUX_STAGE_FORK};
        return -1;
    }
    ssize_t count;
    do {
        count = read(listen, report, sizeof *report);
    } while (count < 0 && errno == EINTR);
    if (count == 0) {
        *report = (struct child_report){0, CLINUX_STAGE_NONE};
    } else if (count != (ssize_t)sizeof *report) {
        *report = (struct child_report){EIO, CLINUX_STAGE_FORK};
    }
    return pid;
}

int clinux_spawn(const struct clinux_spawn_request *request, struct clinux_spawn_result *result) {
    *result = (struct clinux_spawn_result){.pid = -1, .pidfd = -1, .error = 0, .stage = CLINUX_STAGE_PREPARE};
    int report_pipe[2] = {-1, -1};
    struct child_plan plan = {
        .request = request, .input = -1, .output = -1, .report = -1, .unified = -1, .unified_processes = -1,
    };
    struct child_report report = {0, CLINUX_STAGE_PREPARE};
    int *cgroups = calloc(request->cgroup_count + 1, sizeof(int));
    plan.groups_read_back = calloc(request->group_count + 1, sizeof(gid_t));
    if (!cgroups || !plan.groups_read_back) {
        report.error = ENOMEM;
        goto done;
    }
    for (size_t i = 0; i < request->cgroup_count; i++) cgroups[i] = -1;
    plan.cgroups = cgroups;

    if (getrlimit(RLIMIT_NOFILE, &plan.open_files) != 0) goto system_error;
    plan.highest_descriptor = plan.open_files.rlim_cur < (1 << 20) ? (int)plan.open_files.rlim_cur : (1 << 20);
    if (request->open_files >= 0) {
        rlim_t wanted = (rlim_t)request->open_files;
        plan.open_files.rlim_cur = wanted < plan.open_files.rlim_max ? wanted : plan.open_files.rlim_max;
    }
    if ((plan.input = lifted(request->input)) < 0 || (plan.output = lifted(request->output)) < 0) goto system_error;
    for (size_t i = 0; i < request->cgroup_count; i++) {
        if ((cgroups[i] = lifted(request->cgroups[i])) < 0) goto system_error;
    }
    if (request->unified_cgroup >= 0 && (plan.unified = lifted(request->unified_cgroup)) < 0) goto system_error;
    if (pipe2(report_pipe, O_CLOEXEC) != 0) goto system_error;
    if ((plan.report = lifted(report_pipe[1])) < 0) goto system_error;
    close(report_pipe[1]);
    report_pipe[1] = -1;

    pid_t pid = fork_and_listen(&plan, report_pipe[0], &report);
    if (pid > 0 && report.stage == CLINUX_STAGE_NONE) {
        // The child is not reaped yet, so its number still means it.
        int pidfd = clinux_pidfd_open(pid);
        if (pidfd < 0) {
            report = (struct child_report){errno, CLINUX_STAGE_PIDFD};
            kill(-pid, SIGKILL);
            wait_for(pid);
        } else {
            result->pid = pid;
            result->pidfd = pidfd;
        }
    } else if (pid > 0) {
        wait_for(pid);
    }
    goto done;

system_error:
    report.error = errno;
done:
    close_if_open(report_pipe[0]);
    close_if_open(report_pipe[1]);
    close_if_open(plan.report);
    close_if_open(plan.input);
    close_if_open(plan.output);
    close_if_open(plan.unified);
    close_if_open(plan.unified_processes);
    for (size_t i = 0; cgroups && i < request->cgroup_count; i++) close_if_open(cgroups[i]);
    free(cgroups);
    free(plan.groups_read_back);
    result->error = report.error;
    result->stage = report.stage;
    return result->pid > 0 ? 0 : -1;
}

int clinux_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int clinux_pidfd_signal(int pidfd, int signal, int group) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, group ? CLINUX_SIGNAL_PROCESS_GROUP : 0U);
}

int clinux_pidfd_reap(int pidfd, int *status) {
    siginfo_t info = {0};
    if (waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG) != 0) return -1;
    if (info.si_pid == 0) return 0;
    *status = info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
    return 1;
}
