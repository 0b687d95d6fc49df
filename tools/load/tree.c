#include "tools/load/tree.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/must.h"
#include "common/base/str.h"

enum { FIELD_PARENT = 1, FIELD_UTIME = 11, FIELD_CSTIME = 14, FIELDS };   /* behind the name; proc(5) */

struct process { pid_t pid, parent; uint64_t ticks; bool ours; };
struct tree { struct process *at; size_t n, cap; };

static bool read_file(pid_t pid, const char *name, char *out, size_t bytes, struct str *text)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
	FILE *f = fopen(path, "r");
	if (!f)
		return false;
	*text = (struct str){ out, fread(out, 1, bytes, f) };
	fclose(f);
	return text->n > 0;
}

/* The name, in parentheses, may hold anything: the numbers stand behind its last ')'. */
static bool read_process(pid_t pid, struct process *p)
{
	char room[1024];
	struct str text, field;
	uint64_t value[FIELDS] = { 0 };

	if (!read_file(pid, "stat", room, sizeof room, &text))
		return false;
	text = str_skip(text, (size_t)(str_rfind(text, ')') + 2));
	for (int i = 0; i < FIELDS && str_cut(text, ' ', &field, &text); i++)
		str_u64(field, &value[i]);
	*p = (struct process){ .pid = pid, .parent = (pid_t)value[FIELD_PARENT] };
	for (int i = FIELD_UTIME; i <= FIELD_CSTIME; i++)
		p->ticks += value[i];
	return true;
}

static void tree_add(struct tree *t, const struct process *p)
{
	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 256;
		t->at = realloc(t->at, t->cap * sizeof *t->at);
		must(t->at);
	}
	t->at[t->n++] = *p;
}

/* Marks children of those who are marked, until a pass finds no more: numbers may wrap, so order says nothing. */
static void mark_descendants(struct tree *t)
{
	for (bool more = true; more;) {
		more = false;
		for (size_t i = 0; i < t->n; i++)
			for (size_t k = 0; !t->at[i].ours && k < t->n; k++)
				if (t->at[k].ours && t->at[k].pid == t->at[i].parent)
					t->at[i].ours = more = true;
	}
}

static struct tree tree_read(pid_t root)
{
	struct tree t = { 0 };
	struct process p;
	struct dirent *e;
	uint64_t pid;
	DIR *d = opendir("/proc");

	must(d);
	while ((e = readdir(d)))
		if (str_u64(str_of(e->d_name), &pid) && read_process((pid_t)pid, &p)) {
			p.ours = p.pid == root;
			tree_add(&t, &p);
		}
	closedir(d);
	mark_descendants(&t);
	return t;
}

uint64_t tree_cpu_us(pid_t root)
{
	struct tree t = tree_read(root);
	uint64_t ticks = 0;

	for (size_t i = 0; i < t.n; i++)
		if (t.at[i].ours)
			ticks += t.at[i].ticks;
	free(t.at);
	return ticks * 1000000u / (uint64_t)sysconf(_SC_CLK_TCK);
}

/* "Pss:                 123 kB" */
static uint64_t process_pss_kb(pid_t pid)
{
	char room[4096];
	struct str text, line;
	uint64_t kb = 0;

	if (!read_file(pid, "smaps_rollup", room, sizeof room, &text))
		return 0;
	while (str_cut(text, '\n', &line, &text))
		if (str_starts(line, S("Pss:")) && str_ends(line, S(" kB")))
			str_u64(str_trim((struct str){ line.p + 4, line.n - 7 }), &kb);
	return kb;
}

uint64_t tree_pss_bytes(pid_t root)
{
	struct tree t = tree_read(root);
	uint64_t kb = 0;

	for (size_t i = 0; i < t.n; i++)
		if (t.at[i].ours)
			kb += process_pss_kb(t.at[i].pid);
	free(t.at);
	return kb * 1024;
}
