/* tools/roost/service.c: paths and locks of a service folder. */
#include "tools/roost/service.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "tools/roost/tell.h"

uint64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

char *service_path(const char *dir, const char *name)
{
	struct buf path = { 0 };

	buf_printf(&path, "%s/%s", dir, name);
	buf_addc(&path, '\0');
	return path.p;
}

char *service_dir(const char *named)
{
	char *dir = realpath(named ? named : ".", NULL);

	if (!dir) {
		tell("%s: %s; make a service with `roost init DIR`", named, strerror(errno));
		return NULL;
	}
	char *conf = service_path(dir, "roost.conf");
	bool there = access(conf, F_OK) == 0;
	free(conf);
	if (there && strlen(dir) <= SERVICE_DIR_BYTES_MAX)
		return dir;
	if (there)
		tell("%s: this path is too long for sockets; at most %d bytes", dir, SERVICE_DIR_BYTES_MAX);
	else
		tell("%s holds no service; name its folder with -C DIR, or make one with `roost init DIR`", dir);
	free(dir);
	return NULL;
}

static int open_lock(const char *dir, int flags)
{
	char *path = service_path(dir, "roost.lock");
	int fd = open(path, flags | O_CLOEXEC, 0600);

	free(path);
	return fd;
}

/* Its pid; 0: there is none. */
static pid_t service_supervisor(const char *dir)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open_lock(dir, O_RDONLY);

	if (fd < 0)
		return 0;
	bool held = fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	close(fd);
	return held ? lock.l_pid : 0;
}

pid_t service_running(const char *dir)
{
	pid_t pid = service_supervisor(dir);

	if (!pid)
		tell("the service in %s is not running; start it with `roost -C %s up`", dir, dir);
	return pid;
}

/* False: others still hold it. */
static bool wait_alone(int fd, uint64_t timeout_ms)
{
	uint64_t end_ms = clock_ms() + timeout_ms;

	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (clock_ms() >= end_ms)
			return false;
		usleep(5000);
	}
	return true;
}

int service_lock(const char *dir)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open_lock(dir, O_RDWR | O_CREAT);

	if (fd < 0) {
		tell("%s/roost.lock: %s", dir, strerror(errno));
		return -1;
	}
	if (fcntl(fd, F_SETLK, &lock) != 0)
		tell("the service in %s is running already (pid %d); stop it with `roost -C %s stop`", dir, (int)service_supervisor(dir), dir);
	else if (!wait_alone(fd, 15000))
		tell("processes of an earlier run in %s do not end; see %s/roost.pids", dir, dir);
	else
		return fd;
	close(fd);
	return -1;
}

bool service_gone(const char *dir, uint64_t timeout_ms)
{
	int fd = open_lock(dir, O_RDWR);

	if (fd < 0)
		return true;              /* never ran */
	bool gone = wait_alone(fd, timeout_ms);
	close(fd);
	return gone;
}

static bool write_all(int fd, struct str bytes)
{
	while (bytes.n > 0) {
		ssize_t n = write(fd, bytes.p, bytes.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		bytes = str_skip(bytes, (size_t)n);
	}
	return true;
}

bool service_write(const char *dir, const char *name, mode_t mode, struct str bytes)
{
	char *path = service_path(dir, name), *fresh = service_path(dir, "fresh~");
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	bool good = fd >= 0 && write_all(fd, bytes) && fsync(fd) == 0;
	if (fd >= 0)
		good = close(fd) == 0 && good;
	good = good && rename(fresh, path) == 0;
	if (!good)
		tell("%s: %s", path, strerror(errno));
	free(fresh);
	free(path);
	return good;
}
