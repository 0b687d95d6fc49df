/* tools/roost/up.c: `roost up`: this process becomes the supervisor. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/base/config.h"
#include "common/base/log.h"
#include "tools/roost/run.h"
#include "tools/roost/service.h"
#include "tools/roost/supervisor.h"
#include "tools/roost/tell.h"

#define DESCRIPTORS_WANTED (256 * 1024)

/* A connection is a descriptor; the usual limit of 1,024 is far below what one frontend serves. Children inherit it. */
static void raise_descriptor_limit(void)
{
	struct rlimit now, more;

	if (getrlimit(RLIMIT_NOFILE, &now) != 0 || now.rlim_cur >= DESCRIPTORS_WANTED)
		return;
	more = (struct rlimit){ DESCRIPTORS_WANTED, now.rlim_max > DESCRIPTORS_WANTED ? now.rlim_max : DESCRIPTORS_WANTED };
	if (setrlimit(RLIMIT_NOFILE, &more) == 0)
		return;
	now.rlim_cur = now.rlim_max < DESCRIPTORS_WANTED ? now.rlim_max : DESCRIPTORS_WANTED;    /* not root: what the hard limit gives */
	if (setrlimit(RLIMIT_NOFILE, &now) != 0)
		log_warn("descriptor_limit", "errno=%s", strerrorname_np(errno));
}

/* The folder this program lies in: the others lie beside it. The caller frees; NULL: told. */
static char *program_folder(void)
{
	char *self = realpath("/proc/self/exe", NULL);
	char *slash = self ? strrchr(self, '/') : NULL;

	if (!slash) {
		tell("/proc/self/exe: %s", strerror(errno));
		free(self);
		return NULL;
	}
	*slash = '\0';
	return self;
}

static bool programs_are_there(const char *bin)
{
	static const char *const names[] = { "roost-storaged", "roost-frontend" };
	bool good = true;

	for (size_t i = 0; i < sizeof names / sizeof *names && good; i++) {
		char *path = service_path(bin, names[i]);
		good = access(path, X_OK) == 0;
		if (!good)
			tell("%s: %s; it belongs beside roost", path, strerror(errno));
		free(path);
	}
	return good;
}

static bool note_pid(const char *dir)
{
	struct buf text = { 0 };

	buf_printf(&text, "%d\n", (int)getpid());
	bool good = service_write(dir, "roost.pid", 0644, buf_str(&text));
	buf_fini(&text);
	return good;
}

static void forget_pid(const char *dir)
{
	static const char *const names[] = { "roost.pid", "roost.pids" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char *path = service_path(dir, names[i]);
		unlink(path);
		free(path);
	}
}

static void say_ready(void)
{
	puts("ready");
	fflush(stdout);
}

static int supervise(const char *dir, const char *bin, const struct config *c, int lock_fd)
{
	raise_descriptor_limit();
	if (!note_pid(dir))
		return ROOST_REFUSED;
	struct supervisor *s = supervisor_new(dir, bin, c, lock_fd, say_ready);
	bool good = supervisor_run(s);
	supervisor_free(&s);
	forget_pid(dir);
	return good ? ROOST_DONE : ROOST_REFUSED;
}

/* False: told, a line for each fault. */
static bool load(struct config *c, const char *dir)
{
	struct buf errors = { 0 };
	bool good = config_load(c, dir, &errors);

	if (!good)
		fprintf(stderr, "%.*s", STR_ARG(buf_str(&errors)));
	buf_fini(&errors);
	return good;
}

static int up(const char *dir)
{
	struct config c;
	char *bin = program_folder();
	int code = ROOST_REFUSED;

	if (load(&c, dir) && bin && programs_are_there(bin)) {
		log_open("roost", c.log_level);
		int lock_fd = service_lock(dir);
		if (lock_fd >= 0) {
			code = supervise(dir, bin, &c, lock_fd);
			close(lock_fd);
		}
	}
	config_fini(&c);
	free(bin);
	return code;
}

int run_up(const struct args *a)
{
	char *dir = service_dir(args_value(a, OPT_DIR));
	int code = dir ? up(dir) : ROOST_REFUSED;

	free(dir);
	return code;
}
