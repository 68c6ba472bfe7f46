/* A disk without locks, or without shared memory, as some network disks are: for LD_PRELOAD.
 * MISSING names what fails: "flock", "fcntl" (the locks of SQLite), "mmap" (of SQLite's -shm file). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int missing(const char *what) {
    const char *names = getenv("MISSING");
    return names && strstr(names, what) != NULL;
}

int flock(int fd, int operation) {
    static int (*real)(int, int);
    if (!real) real = dlsym(RTLD_NEXT, "flock");
    if (missing("flock")) { errno = ENOLCK; return -1; }
    return real(fd, operation);
}

static int locks(int command) { return command == F_SETLK || command == F_SETLKW || command == F_GETLK; }

#define FCNTL(name)                                             \
    int name(int fd, int command, ...) {                        \
        static int (*real)(int, int, ...);                      \
        va_list args;                                           \
        void *arg;                                              \
        if (!real) real = dlsym(RTLD_NEXT, #name);              \
        va_start(args, command);                                \
        arg = va_arg(args, void *);                             \
        va_end(args);                                           \
        if (locks(command) && missing("fcntl")) { errno = ENOLCK; return -1; } \
        return real(fd, command, arg);                          \
    }
FCNTL(fcntl)
FCNTL(fcntl64)

static int is_shared_memory(int fd) {
    char link[64], path[4096];
    ssize_t size;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    size = readlink(link, path, sizeof path - 1);
    if (size < 0) return 0;
    path[size] = 0;
    return size > 4 && strcmp(path + size - 4, "-shm") == 0;
}

#define MMAP(name)                                                                          \
    void *name(void *address, size_t length, int protection, int flags, int fd, off_t at) { \
        static void *(*real)(void *, size_t, int, int, int, off_t);                         \
        if (!real) real = dlsym(RTLD_NEXT, #name);                                          \
        if (fd >= 0 && missing("mmap") && is_shared_memory(fd)) { errno = ENODEV; return MAP_FAILED; } \
        return real(address, length, protection, flags, fd, at);                            \
    }
MMAP(mmap)
MMAP(mmap64)
