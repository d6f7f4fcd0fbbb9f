// Preloaded into the real binary: the n-th call of one kind fails, once or from then on. DURE_FAULT
// is KIND:N or KIND:N+ (from then on); DURE_FAULT_MARK names a file that is made when the call
// comes, so that whoever counts knows where the calls end. Kinds: malloc write sync open read
// socket. Any thread.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

// The allocator that the binary is linked with, whichever that is.
static void *(*next_malloc)(size_t bytes);
static void *(*next_calloc)(size_t count, size_t bytes);
static void *(*next_realloc)(void *p, size_t bytes);

static char kind[16];
static long long nth;
static bool goes_on;
static atomic_llong count;

__attribute__((constructor)) static void read_order(void)
{
    const char *text = getenv("DURE_FAULT"), *colon = text ? strchr(text, ':') : NULL;
    if (!colon || (size_t)(colon - text) >= sizeof(kind))
        return;
    char *end;
    nth = strtoll(colon + 1, &end, 10);
    goes_on = *end == '+';
    memcpy(kind, text, (size_t)(colon - text)); // last: from here on calls are counted
}

// Not through what is replaced here.
static void mark(void)
{
    const char *path = getenv("DURE_FAULT_MARK");
    long fd = path ? syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (fd >= 0)
        syscall(SYS_close, fd);
}

static bool fails(const char *what, int error)
{
    if (kind[0] != what[0] || strcmp(kind, what) != 0)
        return false;
    long long at = atomic_fetch_add(&count, 1) + 1;
    if (at == nth)
        mark();
    if (at != nth && !(goes_on && at > nth))
        return false;
    errno = error;
    return true;
}

// Only files fail to be read and written so; eventfds and pipes of the process to itself do not.
static bool is_file(int fd)
{
    struct stat st;
    int saved = errno;
    bool good = syscall(SYS_newfstatat, fd, "", &st, AT_EMPTY_PATH) == 0 && S_ISREG(st.st_mode);
    errno = saved;
    return good;
}

static void find_allocator(void)
{
    if (next_malloc)
        return;
    *(void **)&next_calloc = dlsym(RTLD_NEXT, "calloc");
    *(void **)&next_realloc = dlsym(RTLD_NEXT, "realloc");
    *(void **)&next_malloc = dlsym(RTLD_NEXT, "malloc");
}

void *malloc(size_t bytes)
{
    find_allocator();
    return fails("malloc", ENOMEM) ? NULL : next_malloc(bytes);
}

void *calloc(size_t n, size_t bytes)
{
    find_allocator();
    return fails("malloc", ENOMEM) ? NULL : next_calloc(n, bytes);
}

void *realloc(void *p, size_t bytes)
{
    find_allocator();
    return fails("malloc", ENOMEM) ? NULL : next_realloc(p, bytes);
}

ssize_t write(int fd, const void *data, size_t bytes)
{
    return is_file(fd) && fails("write", ENOSPC) ? -1 : syscall(SYS_write, fd, data, bytes);
}

ssize_t pwrite64(int fd, const void *data, size_t bytes, off64_t at)
{
    // Half of it is there: a torn write.
    if (fails("write", ENOSPC)) {
        syscall(SYS_pwrite64, fd, data, bytes / 2, at);
        errno = ENOSPC;
        return -1;
    }
    return syscall(SYS_pwrite64, fd, data, bytes, at);
}

ssize_t pwrite(int fd, const void *data, size_t bytes, off_t at)
{
    return pwrite64(fd, data, bytes, at);
}

ssize_t pread64(int fd, void *data, size_t bytes, off64_t at)
{
    return fails("read", EIO) ? -1 : syscall(SYS_pread64, fd, data, bytes, at);
}

ssize_t pread(int fd, void *data, size_t bytes, off_t at)
{
    return pread64(fd, data, bytes, at);
}

ssize_t read(int fd, void *data, size_t bytes)
{
    return is_file(fd) && fails("read", EIO) ? -1 : syscall(SYS_read, fd, data, bytes);
}

int fsync(int fd)
{
    return fails("sync", EIO) ? -1 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    return fails("sync", EIO) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int ftruncate64(int fd, off64_t bytes)
{
    return fails("write", ENOSPC) ? -1 : (int)syscall(SYS_ftruncate, fd, bytes);
}

int ftruncate(int fd, off_t bytes)
{
    return ftruncate64(fd, bytes);
}

static int open_at(int folder, const char *path, int flags, va_list args)
{
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
    if (fails("open", EMFILE))
        return -1;
    return (int)syscall(SYS_openat, folder, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    int fd = open_at(AT_FDCWD, path, flags, args);
    va_end(args);
    return fd;
}

int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    int fd = open_at(AT_FDCWD, path, flags, args);
    va_end(args);
    return fd;
}

int socket(int domain, int type, int protocol)
{
    return fails("socket", EMFILE) ? -1 : (int)syscall(SYS_socket, domain, type, protocol);
}

int accept4(int fd, struct sockaddr *address, socklen_t *bytes, int flags)
{
    return fails("socket", EMFILE) ? -1 : (int)syscall(SYS_accept4, fd, address, bytes, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    return fails("socket", ENOBUFS) ? -1 : syscall(SYS_sendmsg, fd, message, flags);
}

ssize_t recv(int fd, void *data, size_t bytes, int flags)
{
    if (fails("socket", ECONNRESET))
        return -1;
    return syscall(SYS_recvfrom, fd, data, bytes, flags, NULL, NULL);
}
