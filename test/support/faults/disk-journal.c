// Loaded into a program with LD_PRELOAD: writes down what the program does to the files of one folder, in order, with
// the time: writes, truncations, syncs, new names. test/support/faults/disk-journal.ts makes of it what a disk holds
// after the power was cut at any moment.
//
//   OTG_DISK_FOLDER   the folder
//   OTG_DISK_JOURNAL  the file to write to
//   OTG_DISK_SLOW     while this file exists, a sync takes two seconds more
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { WRITE = 1, TRUNCATE, SYNC_BEGIN, SYNC_END, CREATE, RENAME, UNLINK, FOLDER_SYNC };

struct record {
  uint64_t at, offset, length;
  uint32_t kind, file;
};

#define MAX_DESCRIPTORS 65536
#define MAX_FILES 4096
static uint32_t files[MAX_DESCRIPTORS]; // 0: not ours; UINT32_MAX: a folder
static char appends[MAX_DESCRIPTORS];
static ino_t inodes[MAX_FILES]; // by the number of the file, from 1
static uint32_t file_count;
static const char *folder;
static int journal = -1;
static uint64_t record_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) static typeof(name) *real; if (!real) real = dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void) {
  folder = getenv("OTG_DISK_FOLDER");
  const char *file = getenv("OTG_DISK_JOURNAL");
  REAL(open);
  if (folder && file) journal = real(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + time.tv_nsec;
}

// With the lock held.
static void note(uint32_t kind, uint32_t file, uint64_t offset, const void *data, uint64_t length, uint64_t stored) {
  struct record record = {now(), offset, length, kind, file};
  struct iovec parts[2] = {{&record, sizeof record}, {(void *)data, stored}};
  REAL(writev);
  if (real(journal, parts, stored ? 2 : 1) != (ssize_t)(sizeof record + stored)) abort();
  record_count++;
}

static int is_ours(const char *path) {
  return journal >= 0 && path && strncmp(path, folder, strlen(folder)) == 0;
}

// libuv closes descriptors without close(), so one may mean another file by now.
static uint32_t file_of(int fd) {
  struct stat stat;
  if (fd < 0 || fd >= MAX_DESCRIPTORS || !files[fd] || fstat(fd, &stat)) return 0;
  if (files[fd] == UINT32_MAX) return S_ISDIR(stat.st_mode) ? UINT32_MAX : 0;
  return stat.st_ino == inodes[files[fd] - 1] ? files[fd] : 0;
}

static int opened(int fd, const char *path, int flags, int existed) {
  struct stat stat;
  if (fd < 0 || fd >= MAX_DESCRIPTORS || fstat(fd, &stat)) return fd;
  if (S_ISDIR(stat.st_mode)) {
    files[fd] = UINT32_MAX;
    return fd;
  }
  uint32_t file = 0;
  if (existed) for (uint32_t i = file_count; i > 0 && !file; i--) if (inodes[i - 1] == stat.st_ino) file = i;
  if (!file) {
    if (file_count == MAX_FILES) abort();
    inodes[file_count++] = stat.st_ino;
    file = file_count;
    note(CREATE, file, 0, path, strlen(path), strlen(path));
  }
  files[fd] = file;
  appends[fd] = (flags & O_APPEND) != 0;
  if (flags & O_TRUNC) note(TRUNCATE, file, 0, 0, 0, 0);
  return fd;
}

#define OPEN(name)                                                      \
  int name(const char *path, int flags, ...) {                          \
    REAL(name);                                                         \
    va_list list;                                                       \
    va_start(list, flags);                                              \
    mode_t mode = va_arg(list, mode_t);                                 \
    va_end(list);                                                       \
    if (!is_ours(path)) return real(path, flags, mode);                 \
    pthread_mutex_lock(&lock);                                          \
    int existed = access(path, F_OK) == 0;                              \
    int fd = opened(real(path, flags, mode), path, flags, existed);     \
    int error = errno;                                                  \
    pthread_mutex_unlock(&lock);                                        \
    errno = error;                                                      \
    return fd;                                                          \
  }
OPEN(open)
OPEN(open64)

int close(int fd) {
  REAL(close);
  if (fd >= 0 && fd < MAX_DESCRIPTORS) files[fd] = 0;
  return real(fd);
}

#define LOCKED(fd, call, after)                   \
  uint32_t file = file_of(fd);                    \
  if (!file || file == UINT32_MAX) return call;   \
  pthread_mutex_lock(&lock);                      \
  off_t place = position_of(fd);                  \
  (void)place;                                    \
  typeof(call) done = call;                       \
  int error = errno;                              \
  after;                                          \
  pthread_mutex_unlock(&lock);                    \
  errno = error;                                  \
  return done

static off_t position_of(int fd) {
  struct stat stat;
  if (appends[fd] && !fstat(fd, &stat)) return stat.st_size;
  return lseek(fd, 0, SEEK_CUR);
}

ssize_t write(int fd, const void *data, size_t size) {
  REAL(write);
  LOCKED(fd, real(fd, data, size), if (done > 0) note(WRITE, file, place, data, done, done));
}

static void note_parts(uint32_t file, off_t at, const struct iovec *parts, int count, ssize_t done) {
  for (int i = 0; i < count && done > 0; i++) {
    ssize_t length = done < (ssize_t)parts[i].iov_len ? done : (ssize_t)parts[i].iov_len;
    note(WRITE, file, at, parts[i].iov_base, length, length);
    at += length;
    done -= length;
  }
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(writev);
  LOCKED(fd, real(fd, parts, count), note_parts(file, place, parts, count, done));
}

#define PWRITE(name, type)                                                                               \
  ssize_t name(int fd, const void *data, size_t size, type offset) {                                     \
    REAL(name);                                                                                          \
    LOCKED(fd, real(fd, data, size, offset), if (done > 0) note(WRITE, file, offset, data, done, done)); \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define PWRITEV(name, type)                                                                  \
  ssize_t name(int fd, const struct iovec *parts, int count, type offset) {                  \
    REAL(name);                                                                              \
    LOCKED(fd, real(fd, parts, count, offset), note_parts(file, offset, parts, count, done)); \
  }
PWRITEV(pwritev, off_t)
PWRITEV(pwritev64, off64_t)

#define FTRUNCATE(name, type)                                                             \
  int name(int fd, type length) {                                                         \
    REAL(name);                                                                           \
    LOCKED(fd, real(fd, length), if (!done) note(TRUNCATE, file, length, 0, 0, 0));       \
  }
FTRUNCATE(ftruncate, off_t)
FTRUNCATE(ftruncate64, off64_t)

// Not under the lock: others write meanwhile, and what they write is not synced by this.
#define SYNC(name)                                                \
  int name(int fd) {                                              \
    REAL(name);                                                   \
    uint32_t file = file_of(fd);                                  \
    if (!file) return real(fd);                                   \
    pthread_mutex_lock(&lock);                                    \
    uint64_t begun = record_count;                                \
    note(SYNC_BEGIN, file, 0, 0, 0, 0);                           \
    pthread_mutex_unlock(&lock);                                  \
    const char *slow = getenv("OTG_DISK_SLOW");                   \
    if (slow && access(slow, F_OK) == 0) sleep(2);                \
    int done = real(fd);                                          \
    int error = errno;                                            \
    pthread_mutex_lock(&lock);                                    \
    if (!done) note(file == UINT32_MAX ? FOLDER_SYNC : SYNC_END, file, begun, 0, 0, 0); \
    pthread_mutex_unlock(&lock);                                  \
    errno = error;                                                \
    return done;                                                  \
  }
SYNC(fsync)
SYNC(fdatasync)

int rename(const char *from, const char *to) {
  REAL(rename);
  if (!is_ours(from)) return real(from, to);
  char both[2 * PATH_MAX];
  int length = snprintf(both, sizeof both, "%s\n%s", from, to);
  pthread_mutex_lock(&lock);
  int done = real(from, to);
  int error = errno;
  if (!done) note(RENAME, 0, 0, both, length, length);
  pthread_mutex_unlock(&lock);
  errno = error;
  return done;
}

static int removed(const char *path, int done) {
  int error = errno;
  if (!done) note(UNLINK, 0, 0, path, strlen(path), strlen(path));
  pthread_mutex_unlock(&lock);
  errno = error;
  return done;
}

int unlink(const char *path) {
  REAL(unlink);
  if (!is_ours(path)) return real(path);
  pthread_mutex_lock(&lock);
  return removed(path, real(path));
}

int remove(const char *path) {
  REAL(remove);
  if (!is_ours(path)) return real(path);
  pthread_mutex_lock(&lock);
  return removed(path, real(path));
}

int unlinkat(int at, const char *path, int flags) {
  REAL(unlinkat);
  if (!is_ours(path)) return real(at, path, flags);
  pthread_mutex_lock(&lock);
  return removed(path, real(at, path, flags));
}
