/* Stands between the program and the disk: kills the process before a chosen call, lets calls fail, or pretends that the disk is full.
 *
 * Loaded with LD_PRELOAD by examples/torment. It touches only files below the folder TORMENT_ROOT:
 *   TORMENT_KILL=N     the N-th call that changes something there is not made: the process is killed (SIGKILL) before it. A write is
 *                      made by half first.
 *   TORMENT_LOG=FILE   each such call adds a line, "call file", so that points have names.
 *   TORMENT_FAIL=CALLS:ERRNO   while the file TORMENT_WHILE exists, these calls (a list with commas; write, fsync, read, open, rename)
 *                      fail with that number. ENOSPC spares what only writes over bytes that a file has already, as real disks do.
 *   TORMENT_BAD=N      reads of sled's file "db" that touch its byte N fail with EIO, as over a bad sector.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static atomic_long made;
static const char *root(void) { return getenv("TORMENT_ROOT"); }

static int below(const char *path) {
    const char *folder = root();
    return folder && strncmp(path, folder, strlen(folder)) == 0;
}

static int of_fd(int fd, char *path, size_t size) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, size - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return below(path);
}

static void log_call(const char *call, const char *path) {
    const char *file = getenv("TORMENT_LOG");
    if (!file) return;
    int fd = NEXT(open)(file, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (fd < 0) return;
    char line[4200];
    int length = snprintf(line, sizeof line, "%s %s\n", call, path + strlen(root()));
    ssize_t written = NEXT(write)(fd, line, (size_t)length);
    (void)written;
    NEXT(close)(fd);
}

/* Whether this call is the last one. */
static int is_last(const char *call, const char *path) {
    log_call(call, path);
    const char *at = getenv("TORMENT_KILL");
    return at && atomic_fetch_add(&made, 1) + 1 == atol(at);
}

static void die(void) {
    raise(SIGKILL);
    for (;;) pause();
}

/* The number that a call is to fail with now, or 0. */
static int fails(const char *call) {
    const char *plan = getenv("TORMENT_FAIL"), *while_there = getenv("TORMENT_WHILE");
    if (!plan || (while_there && access(while_there, F_OK) != 0)) return 0;
    const char *colon = strchr(plan, ':');
    for (const char *at = plan; at < colon;) {
        size_t length = strcspn(at, ",:");
        if (strlen(call) == length && strncmp(at, call, length) == 0) return atoi(colon + 1);
        at += length + 1;
    }
    return 0;
}

static int write_fails(int fd, off_t end) {
    int number = fails("write");
    struct stat about;
    if (number == ENOSPC && fstat(fd, &about) == 0 && end <= about.st_size) return 0;
    return number;
}

ssize_t write(int fd, const void *bytes, size_t count) {
    char path[4096];
    if (of_fd(fd, path, sizeof path)) {
        int number = write_fails(fd, (off_t)0x7fffffffffff);
        if (number) { errno = number; return -1; }
        if (is_last("write", path)) {
            ssize_t half = NEXT(write)(fd, bytes, count / 2);
            (void)half;
            die();
        }
    }
    return NEXT(write)(fd, bytes, count);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    char path[4096];
    if (of_fd(fd, path, sizeof path)) {
        int number = write_fails(fd, at + (off_t)count);
        if (number) { errno = number; return -1; }
        if (is_last("pwrite", path)) {
            ssize_t half = NEXT(pwrite64)(fd, bytes, count / 2, at);
            (void)half;
            die();
        }
    }
    return NEXT(pwrite64)(fd, bytes, count, at);
}

/* The number that a read fails with, or 0. */
static int read_fails(int fd, off_t at, size_t count) {
    char path[4096];
    if (!of_fd(fd, path, sizeof path)) return 0;
    const char *bad = getenv("TORMENT_BAD"), *name = strrchr(path, '/');
    if (bad && strcmp(name, "/db") == 0 && at <= atol(bad) && atol(bad) < at + (off_t)count) return EIO;
    return fails("read");
}

ssize_t read(int fd, void *bytes, size_t count) {
    int number = read_fails(fd, lseek(fd, 0, SEEK_CUR), count);
    if (number) { errno = number; return -1; }
    return NEXT(read)(fd, bytes, count);
}

ssize_t pread64(int fd, void *bytes, size_t count, off64_t at) {
    int number = read_fails(fd, at, count);
    if (number) { errno = number; return -1; }
    return NEXT(pread64)(fd, bytes, count, at);
}

#define SYNCS(name, arguments, passed)                                        \
    int name arguments {                                                      \
        char path[4096];                                                      \
        if (of_fd(fd, path, sizeof path)) {                                   \
            int number = fails("fsync");                                      \
            if (number) { errno = number; return -1; }                        \
            if (is_last(#name, path)) die();                                  \
        }                                                                     \
        return NEXT(name) passed;                                             \
    }
SYNCS(fsync, (int fd), (fd))
SYNCS(fdatasync, (int fd), (fd))
SYNCS(sync_file_range, (int fd, off64_t at, off64_t count, unsigned how), (fd, at, count, how))

int ftruncate64(int fd, off64_t length) {
    char path[4096];
    if (of_fd(fd, path, sizeof path) && is_last("ftruncate", path)) die();
    return NEXT(ftruncate64)(fd, length);
}

int rename(const char *from, const char *to) {
    if (below(to)) {
        int number = fails("rename");
        if (number) { errno = number; return -1; }
        if (is_last("rename", to)) die();
    }
    return NEXT(rename)(from, to);
}

int unlink(const char *path) {
    if (below(path) && is_last("unlink", path)) die();
    return NEXT(unlink)(path);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int mode = va_arg(rest, int);
    va_end(rest);
    if (below(path)) {
        int number = fails("open");
        if (number) { errno = number; return -1; }
        if ((flags & O_CREAT) && is_last("open", path)) die();
    }
    return NEXT(open64)(path, flags, mode);
}
