/* storaged/disk/real.c: this machine: files below one folder, its clock, its randomness. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/uio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "storaged/disk/disk.h"

struct disk_file { int fd; };
struct real { struct disk disk; int root; };

static int root_of(struct disk *d) { return ((struct real *)d)->root; }

/* The folder itself has no name of its own below its root. */
static const char *folder_name(const char *name) { return *name ? name : "."; }

/* Logs what the kernel said and makes it a code. */
static enum err failed(const char *what, const char *name, int error)
{
	log_error("disk_failed", "op=%s name=%s errno=%d text=%s", what, LOG_S(str_of(name)), error, LOG_S(str_of(strerror(error))));
	switch (error) {
	case ENOENT: return ERR_ABSENT;
	case EEXIST: return ERR_EXISTS;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:  return ERR_NOSPACE;
	default:     return ERR_IO;
	}
}

static struct disk_file *real_open(struct disk *d, const char *name, bool create, enum err *err)
{
	int fd = openat(root_of(d), name, O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0), 0600);

	if (fd < 0) {
		/* Asking whether a file is there is no failure. */
		*err = errno == ENOENT && !create ? ERR_ABSENT : failed("open", name, errno);
		return NULL;
	}
	struct disk_file *f = mem_new(sizeof *f);
	f->fd = fd;
	*err = OK;
	return f;
}

static void real_close(struct disk *d, struct disk_file **f)
{
	(void)d;
	if (!*f)
		return;
	close((*f)->fd);
	free(*f);
	*f = NULL;
}

static enum err real_read(struct disk *d, struct disk_file *f, uint64_t offset, void *to, size_t bytes)
{
	char *p = to;

	(void)d;
	while (bytes > 0) {
		ssize_t n = pread(f->fd, p, bytes, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return failed("read", "", errno);
		if (n == 0)
			return ERR_CORRUPT;
		p += n;
		offset += (uint64_t)n;
		bytes -= (size_t)n;
	}
	return OK;
}

static enum err real_read_now(struct disk *d, struct disk_file *f, uint64_t offset, void *to, size_t bytes)
{
	struct iovec v = { to, bytes };

	(void)d;
	return preadv2(f->fd, &v, 1, (off_t)offset, RWF_NOWAIT) == (ssize_t)bytes ? OK : ERR_BUSY;
}

static enum err real_write(struct disk *d, struct disk_file *f, uint64_t offset, struct str bytes)
{
	(void)d;
	while (bytes.n > 0) {
		ssize_t n = pwrite(f->fd, bytes.p, bytes.n, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return failed("write", "", errno);
		bytes = str_skip(bytes, (size_t)n);
		offset += (uint64_t)n;
	}
	return OK;
}

static enum err real_sync(struct disk *d, struct disk_file *f)
{
	(void)d;
	/* Never tried again: after a failure the kernel may have dropped the pages and call them clean. */
	return fdatasync(f->fd) ? failed("sync", "", errno) : OK;
}

static enum err real_allocate(struct disk *d, struct disk_file *f, uint64_t bytes)
{
	int error;

	(void)d;
	do
		error = posix_fallocate(f->fd, 0, (off_t)bytes);
	while (error == EINTR);
	return error ? failed("allocate", "", error) : OK;
}

static enum err real_size(struct disk *d, struct disk_file *f, uint64_t *bytes)
{
	struct stat st;

	(void)d;
	if (fstat(f->fd, &st))
		return failed("size", "", errno);
	*bytes = (uint64_t)st.st_size;
	return OK;
}

static enum err real_sync_dir(struct disk *d, const char *name)
{
	enum err err = OK;
	int fd = openat(root_of(d), folder_name(name), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return failed("sync_dir", name, errno);
	if (fsync(fd))
		err = failed("sync_dir", name, errno);
	close(fd);
	return err;
}

static enum err real_make_dir(struct disk *d, const char *name)
{
	if (mkdirat(root_of(d), name, 0700) && errno != EEXIST)
		return failed("make_dir", name, errno);
	return OK;
}

static enum err real_rename(struct disk *d, const char *from, const char *to)
{
	return renameat(root_of(d), from, root_of(d), to) ? failed("rename", from, errno) : OK;
}

static enum err real_unlink(struct disk *d, const char *name)
{
	return unlinkat(root_of(d), name, 0) ? failed("unlink", name, errno) : OK;
}

static enum err real_list(struct disk *d, const char *name, void (*each)(void *ctx, const char *name), void *ctx)
{
	int fd = openat(root_of(d), folder_name(name), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir)
		return failed("list", name, errno);
	for (;;) {
		errno = 0;
		const struct dirent *e = readdir(dir);
		if (!e)
			break;
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			each(ctx, e->d_name);
	}
	enum err err = errno ? failed("list", name, errno) : OK;
	closedir(dir);
	return err;
}

static uint64_t real_free_bytes(struct disk *d)
{
	struct statvfs st;

	if (fstatvfs(root_of(d), &st)) {
		failed("free_bytes", "", errno);
		return 0;
	}
	return (uint64_t)st.f_bavail * st.f_frsize;
}

static uint64_t clock_us(clockid_t which)
{
	struct timespec t;

	must(clock_gettime(which, &t) == 0);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static uint64_t real_clock_ms(struct disk *d) { (void)d; return clock_us(CLOCK_REALTIME) / 1000; }
static uint64_t real_tick_us(struct disk *d) { (void)d; return clock_us(CLOCK_MONOTONIC); }

static void real_random(struct disk *d, void *to, size_t bytes)
{
	char *p = to;

	(void)d;
	while (bytes > 0) {
		ssize_t n = getrandom(p, bytes, 0);
		must(n > 0 || errno == EINTR);
		if (n > 0) {
			p += n;
			bytes -= (size_t)n;
		}
	}
}

static const struct disk_ops real_ops = {
	.open = real_open, .close = real_close, .read = real_read, .read_now = real_read_now, .write = real_write, .sync = real_sync,
	.allocate = real_allocate, .size = real_size, .sync_dir = real_sync_dir, .make_dir = real_make_dir,
	.rename = real_rename, .unlink = real_unlink, .list = real_list, .free_bytes = real_free_bytes,
	.clock_ms = real_clock_ms, .tick_us = real_tick_us, .random = real_random,
};

struct disk *disk_real(const char *root)
{
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		failed("open", root, errno);
		return NULL;
	}
	struct real *r = mem_new(sizeof *r);
	r->disk.ops = &real_ops;
	r->root = fd;
	return &r->disk;
}

void disk_real_free(struct disk **d)
{
	if (!*d)
		return;
	close(root_of(*d));
	free(*d);
	*d = NULL;
}
