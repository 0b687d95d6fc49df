/* tools/roost/source_maildir.c: the files of a maildir, oldest name first. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/must.h"
#include "common/mail/flags.h"
#include "tools/roost/source.h"
#include "tools/roost/tell.h"

struct maildir {
	struct mailsource head;
	char  **paths;
	size_t  n, at;
};

static struct str name_of(const char *path)
{
	return str_of(strrchr(path, '/') + 1);
}

void mail_maildir_flags(struct str name, struct mail *m)
{
	static const struct { char letter; uint32_t flag; } flags[] = {
		{ 'D', FLAG_DRAFT }, { 'F', FLAG_FLAGGED }, { 'R', FLAG_ANSWERED }, { 'S', FLAG_SEEN }, { 'T', FLAG_DELETED },
	};
	ptrdiff_t at = str_search(name, S(":2,"));
	struct str letters = at < 0 ? S("") : str_skip(name, (size_t)at + 3);

	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (str_find(letters, flags[i].letter) >= 0)
			m->system |= flags[i].flag;
	m->forwarded = str_find(letters, 'P') >= 0;
}

static bool maildir_next(struct mailsource *s, struct mail *m)
{
	struct maildir *d = (struct maildir *)s;

	if (d->at == d->n)
		return false;
	const char *path = d->paths[d->at++];
	mail_maildir_flags(name_of(path), m);
	return source_read_file(s, path, true, m);
}

static void maildir_free(struct mailsource *s)
{
	struct maildir *d = (struct maildir *)s;

	for (size_t i = 0; i < d->n; i++)
		free(d->paths[i]);
	free(d->paths);
	free(d);
}

/* Names begin with the second of delivery. */
static int by_age(const void *a, const void *b)
{
	struct str x = name_of(*(char *const *)a), y = name_of(*(char *const *)b);
	unsigned long long s = strtoull(x.p, NULL, 10), t = strtoull(y.p, NULL, 10);

	return s != t ? (s < t ? -1 : 1) : str_cmp(x, y);
}

static void add_file(struct maildir *d, const char *folder, const char *name)
{
	struct buf path = { 0 };
	struct stat st;

	buf_printf(&path, "%s/%s", folder, name);
	buf_addc(&path, '\0');
	if (name[0] == '.' || stat(path.p, &st) != 0 || !S_ISREG(st.st_mode)) {
		buf_fini(&path);
		return;
	}
	d->head.total_bytes += (uint64_t)st.st_size;
	d->paths = mem_resize(d->paths, (d->n + 1) * sizeof *d->paths);
	d->paths[d->n++] = path.p;
}

/* False: told. */
static bool add_folder(struct maildir *d, const char *maildir, const char *part)
{
	struct buf folder = { 0 };
	const struct dirent *e;

	buf_printf(&folder, "%s/%s", maildir, part);
	buf_addc(&folder, '\0');
	DIR *open = opendir(folder.p);
	if (!open)
		tell("%s: %s; a maildir holds cur and new", folder.p, strerror(errno));
	while (open && (e = readdir(open)))
		add_file(d, folder.p, e->d_name);
	if (open)
		closedir(open);
	buf_fini(&folder);
	return open != NULL;
}

struct mailsource *mailsource_maildir(const char *path)
{
	static const struct mailsource_kind kind = { maildir_next, maildir_free };
	struct maildir *d = mem_new(sizeof *d);
	struct mailsource *s = &d->head;

	s->kind = &kind;
	if (!add_folder(d, path, "cur") || !add_folder(d, path, "new")) {
		mailsource_free(&s);
		return NULL;
	}
	if (d->n)
		qsort(d->paths, d->n, sizeof *d->paths, by_age);
	return s;
}
