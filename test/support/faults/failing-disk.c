// Loaded into a program with LD_PRELOAD: makes chosen calls fail that the program makes on files of one folder, and those by which it
// starts processes and accepts connections.
// test/support/faults/failing-disk.ts says which, in a file that both have mapped or write to.
//
//   OTG_FAIL_FOLDER   the folder
//   OTG_FAIL_CONTROL  the control file: struct control
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pty.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE = 1, SYNC = 2, OPEN = 4, TRUNCATE = 8, RENAME = 16, FORK = 32, ACCEPT = 64 };

struct control {
  uint64_t calls;  // made so far, of the kinds below
  uint64_t from;   // the numbers of calls that fail: from ≤ number < to
  uint64_t to;
  uint32_t kinds;
  int32_t error;
  uint64_t failed; // calls that were made to fail
};

static volatile struct control *control;
static const char *folder;

#define REAL(name) static typeof(name) *real; if (!real) real = dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void) {
  folder = getenv("OTG_FAIL_FOLDER");
  const char *file = getenv("OTG_FAIL_CONTROL");
  int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
  int fd = folder && file ? real(file, O_RDWR | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void *mapped = mmap(0, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapped != MAP_FAILED) control = mapped;
  close(fd);
}

static int is_ours(const char *path) { return control && path && strncmp(path, folder, strlen(folder)) == 0; }

static int is_ours_open(int fd) {
  if (!control) return 0;
  char link[32], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return is_ours(path);
}

// Counts a call; 1: it is to fail, and errno is set.
static int fails(uint32_t kind) {
  if (!(control->kinds & kind)) return 0;
  uint64_t number = __atomic_fetch_add(&control->calls, 1, __ATOMIC_SEQ_CST);
  if (number < control->from || number >= control->to) return 0;
  __atomic_fetch_add(&control->failed, 1, __ATOMIC_SEQ_CST);
  errno = control->error;
  return 1;
}

ssize_t write(int fd, const void *data, size_t size) {
  REAL(write);
  if (is_ours_open(fd) && fails(WRITE)) return -1;
  return real(fd, data, size);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(writev);
  if (is_ours_open(fd) && fails(WRITE)) return -1;
  return real(fd, parts, count);
}

#define PWRITE(name, type)                                               \
  ssize_t name(int fd, const void *data, size_t size, type offset) {     \
    REAL(name);                                                          \
    if (is_ours_open(fd) && fails(WRITE)) return -1;                     \
    return real(fd, data, size, offset);                                 \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define FTRUNCATE(name, type)                                            \
  int name(int fd, type length) {                                        \
    REAL(name);                                                          \
    if (is_ours_open(fd) && fails(TRUNCATE)) return -1;                  \
    return real(fd, length);                                             \
  }
FTRUNCATE(ftruncate, off_t)
FTRUNCATE(ftruncate64, off64_t)

#define FSYNC(name)                                                      \
  int name(int fd) {                                                     \
    REAL(name);                                                          \
    if (is_ours_open(fd) && fails(SYNC)) return -1;                      \
    return real(fd);                                                     \
  }
FSYNC(fsync)
FSYNC(fdatasync)

#define OPENS(name)                                                      \
  int name(const char *path, int flags, ...) {                           \
    REAL(name);                                                          \
    va_list list;                                                        \
    va_start(list, flags);                                               \
    mode_t mode = va_arg(list, mode_t);                                  \
    va_end(list);                                                        \
    if (is_ours(path) && fails(OPEN)) return -1;                         \
    return real(path, flags, mode);                                      \
  }
OPENS(open)
OPENS(open64)

int rename(const char *from, const char *to) {
  REAL(rename);
  if (is_ours(from) && fails(RENAME)) return -1;
  return real(from, to);
}

int forkpty(int *master, char *name, const struct termios *mode, const struct winsize *size) {
  REAL(forkpty);
  if (control && fails(FORK)) return -1;
  return real(master, name, mode, size);
}

int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags) {
  REAL(accept4);
  if (control && fails(ACCEPT)) return -1;
  return real(fd, address, length, flags);
}

int accept(int fd, struct sockaddr *address, socklen_t *length) {
  REAL(accept);
  if (control && fails(ACCEPT)) return -1;
  return real(fd, address, length);
}

pid_t fork(void) {
  REAL(fork);
  if (control && fails(FORK)) return -1;
  return real();
}
