/* tools/load/folder.c: real messages, repaired as little as the protocols ask for. */
#include "tools/load/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/must.h"

static const size_t all_bytes_max = (size_t)1 << 30;

struct folder {
	struct buf octets;               /* all files, one behind the other */
	size_t    *begin;                /* of each, and the end of the last */
	uint32_t   n;
};

/* A line ends with LF; before it stands one CR. */
static void add_repaired(struct str in, struct buf *out)
{
	struct str line;

	while (in.n > 0) {
		str_cut(in, '\n', &line, &in);
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		buf_add(out, line);
		buf_add(out, S("\r\n"));
	}
}

/* Up to `most` bytes and one more, which tells that there are too many. False: unreadable. */
static bool read_file(int fd, size_t most, struct buf *out)
{
	ssize_t n = 1;

	while (n > 0 && out->n <= most) {
		buf_reserve(out, 65536);
		n = read(fd, out->p + out->n, 65536);
		if (n > 0)
			out->n += (size_t)n;
	}
	return n >= 0;
}

/* False: unreadable. What is left out is no failure. */
static bool add_file(struct folder *f, int folder, const char *name, size_t most)
{
	struct buf in = { 0 };
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	bool read = fd >= 0 && read_file(fd, most, &in);

	if (!read)
		fprintf(stderr, "roost-load: %s cannot be read: %s\n", name, strerror(errno));
	else if (in.n > 0 && in.n <= most && !memchr(in.p, '\0', in.n))
		add_repaired(buf_str(&in), &f->octets);
	if (fd >= 0)
		close(fd);
	buf_fini(&in);
	if (f->octets.n > f->begin[f->n])
		f->begin[++f->n] = f->octets.n;
	return read;
}

static int is_eml(const struct dirent *e)
{
	return str_ends(str_of(e->d_name), S(".eml"));
}

/* In the order of bytes, whatever the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool add_files(struct folder *f, int folder, struct dirent **files, int n, size_t most)
{
	f->begin = mem_new((size_t)(n + 1) * sizeof *f->begin);
	for (int i = 0; i < n; i++) {
		if (!add_file(f, folder, files[i]->d_name, most))
			return false;
		if (f->octets.n > all_bytes_max) {
			fprintf(stderr, "roost-load: the folder holds more than %zu MiB\n", all_bytes_max >> 20);
			return false;
		}
	}
	if (f->n == 0)
		fprintf(stderr, "roost-load: no .eml file with a message in that folder\n");
	return f->n > 0;
}

static void free_names(struct dirent **files, int n)
{
	for (int i = 0; i < n; i++)
		free(files[i]);
	free(files);
}

struct folder *folder_read(const char *path, size_t file_bytes_max)
{
	struct dirent **files = NULL;
	int n = scandir(path, &files, is_eml, by_name), fd = n < 0 ? -1 : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		fprintf(stderr, "roost-load: %s cannot be read: %s\n", path, strerror(errno));
		free_names(files, n);
		return NULL;
	}
	struct folder *f = mem_new(sizeof *f);
	if (!add_files(f, fd, files, n, file_bytes_max))
		folder_free(&f);
	close(fd);
	free_names(files, n);
	return f;
}

void folder_free(struct folder **f)
{
	if (!*f)
		return;
	buf_fini(&(*f)->octets);
	free((*f)->begin);
	free(*f);
	*f = NULL;
}

uint32_t folder_files(const struct folder *f)
{
	return f->n;
}

struct str folder_file(const struct folder *f, uint32_t n)
{
	size_t begin = f->begin[n % f->n];

	return (struct str){ f->octets.p + begin, f->begin[n % f->n + 1] - begin };
}
