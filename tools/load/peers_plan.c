/* tools/load/peers_plan.c: libconfuse reads the sections; what they say of each other is checked here. */
#include "tools/load/peers_plan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/config.h"
#include "common/base/must.h"

/* The language: every section, every key, and what a key left out means. */
static cfg_t *language(void)
{
	cfg_opt_t server[] = {
		CFG_STR("start", "", CFGF_NONE), CFG_STR("start-to-fill", "", CFGF_NONE), CFG_STR("stop", "", CFGF_NONE),
		CFG_STR("pid", "", CFGF_NONE), CFG_STR("version", "", CFGF_NONE), CFG_STR("imap", "", CFGF_NONE),
		CFG_STR("imaps", "", CFGF_NONE), CFG_STR("lmtp", "", CFGF_NONE), CFG_STR("password", "testpass", CFGF_NONE),
		CFG_STR_LIST("env", NULL, CFGF_NONE), CFG_FLOAT("settle", 0, CFGF_NONE), CFG_BOOL("rival", cfg_true, CFGF_NONE), CFG_END(),
	};
	cfg_opt_t box[] = {
		CFG_INT("first-user", 1, CFGF_NONE), CFG_INT("users", 1, CFGF_NONE), CFG_INT("letters", 0, CFGF_NONE),
		CFG_STR("bytes", "", CFGF_NONE), CFG_STR_LIST("options", NULL, CFGF_NONE), CFG_END(),
	};
	cfg_opt_t measure[] = {
		CFG_STR("title", "", CFGF_NONE), CFG_STR("scenario", "", CFGF_NONE), CFG_STR("box", "", CFGF_NONE),
		CFG_INT("connections", 1, CFGF_NONE), CFG_INT("rounds", 0, CFGF_NONE), CFG_FLOAT("seconds", 0, CFGF_NONE),
		CFG_INT("users-a-round", 0, CFGF_NONE), CFG_INT("repeat", 0, CFGF_NONE), CFG_BOOL("settled", cfg_false, CFGF_NONE), CFG_BOOL("cold", cfg_false, CFGF_NONE),
		CFG_STR_LIST("before", NULL, CFGF_NONE), CFG_STR_LIST("options", NULL, CFGF_NONE),
		CFG_STR_LIST("skip", NULL, CFGF_NONE), CFG_STR("compare", "", CFGF_NONE), CFG_STR_LIST("targets", NULL, CFGF_NONE), CFG_END(),
	};
	cfg_opt_t file[] = {
		CFG_SEC("server", server, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
		CFG_SEC("box", box, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
		CFG_SEC("measure", measure, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
		CFG_FUNC("include", cfg_include), CFG_END(),
	};
	return cfg_init(file, CFGF_NONE);
}

static void tell(cfg_t *at, const char *fmt, va_list ap)
{
	fprintf(stderr, "%s:%d: ", at->filename ? at->filename : "?", at->line);
	if (at->title)
		fprintf(stderr, "%s %s: ", at->name, at->title);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

static bool fault(cfg_t *at, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fault(cfg_t *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(at, fmt, ap);
	va_end(ap);
	return false;
}

static const char **list_of(cfg_t *section, const char *key)
{
	unsigned n = cfg_size(section, key);
	const char **list = mem_new((n + 1) * sizeof *list);

	for (unsigned i = 0; i < n; i++)
		list[i] = cfg_getnstr(section, key, i);
	return list;
}

bool peers_list_has(const char **list, const char *word)
{
	for (; *list; list++)
		if (strcmp(*list, word) == 0)
			return true;
	return false;
}

static bool count_of(cfg_t *section, const char *key, unsigned *out)
{
	long n = cfg_getint(section, key);

	*out = (unsigned)n;
	return (n >= 0 && n <= 1000 * 1000 * 1000) || fault(section, "%s cannot be %ld", key, n);
}

static bool server_of(cfg_t *section, struct peers_server *s)
{
	*s = (struct peers_server){
		.name = cfg_title(section), .start = cfg_getstr(section, "start"), .start_to_fill = cfg_getstr(section, "start-to-fill"),
		.stop = cfg_getstr(section, "stop"), .pid = cfg_getstr(section, "pid"), .version = cfg_getstr(section, "version"),
		.imap = cfg_getstr(section, "imap"), .imaps = cfg_getstr(section, "imaps"), .lmtp = cfg_getstr(section, "lmtp"),
		.password = cfg_getstr(section, "password"), .env = list_of(section, "env"),
		.settle_seconds = cfg_getfloat(section, "settle"), .rival = cfg_getbool(section, "rival"),
	};
	if (!*s->start || !*s->stop)
		return fault(section, "needs start and stop");
	return true;
}

static bool box_of(cfg_t *section, struct peers_box *b)
{
	*b = (struct peers_box){ .name = cfg_title(section), .options = list_of(section, "options") };
	if (*cfg_getstr(section, "bytes") && !config_bytes(str_of(cfg_getstr(section, "bytes")), &b->bytes))
		return fault(section, "bytes: %s is not a size such as 8KiB", cfg_getstr(section, "bytes"));
	return count_of(section, "first-user", &b->first_user) && count_of(section, "users", &b->users) && count_of(section, "letters", &b->letters)
		&& (b->users > 0 || fault(section, "users cannot be 0"));
}

static const struct peers_box *box_called(const struct peers_plan *p, const char *name)
{
	for (size_t i = 0; i < p->n_boxes; i++)
		if (strcmp(p->boxes[i].name, name) == 0)
			return &p->boxes[i];
	return NULL;
}

const struct peers_server *peers_plan_server(const struct peers_plan *p, struct str name)
{
	for (size_t i = 0; i < p->n_servers; i++)
		if (str_eq(str_of(p->servers[i].name), name))
			return &p->servers[i];
	return NULL;
}

static bool targets_of(cfg_t *section, struct peers_measure *m)
{
	const char *compare = cfg_getstr(section, "compare");

	m->n_targets = cfg_size(section, "targets");
	m->targets = mem_new((m->n_targets + 1) * sizeof *m->targets);
	for (unsigned i = 0; i < m->n_targets; i++)
		if (!peers_target_parse(&m->targets[i], str_of(cfg_getnstr(section, "targets", i))))
			return fault(section, "targets: \"%s\" is not like \"per_second 3 x best\", \"cpu_us <= 150\" or \"p50_us <= 1.5 x MEASURE\"",
			             cfg_getnstr(section, "targets", i));
	if (!*compare && m->n_targets > 0)
		m->compared = m->targets[0].metric;
	else if (!peers_metric_parse(&m->compared, *compare ? str_of(compare) : S("per_second")))
		return fault(section, "compare: no metric %s", compare);
	return true;
}

static bool measure_of(const struct peers_plan *p, cfg_t *section, struct peers_measure *m)
{
	*m = (struct peers_measure){
		.name = cfg_title(section), .title = cfg_getstr(section, "title"), .scenario = scenario_find(cfg_getstr(section, "scenario")),
		.box = box_called(p, cfg_getstr(section, "box")), .seconds = cfg_getfloat(section, "seconds"), .settled = cfg_getbool(section, "settled"), .cold = cfg_getbool(section, "cold"),
		.before = list_of(section, "before"), .options = list_of(section, "options"), .skip = list_of(section, "skip"),
	};
	if (!targets_of(section, m) || !count_of(section, "connections", &m->connections) || !count_of(section, "rounds", &m->rounds)
	    || !count_of(section, "repeat", &m->repeat) || !count_of(section, "users-a-round", &m->users_a_round))
		return false;
	if (!*m->title)
		m->title = m->name;
	if (!m->scenario)
		return fault(section, "no scenario \"%s\"; `roost-load scenarios` lists them", cfg_getstr(section, "scenario"));
	if (!m->box)
		return fault(section, "no box %s", cfg_getstr(section, "box"));
	return m->users_a_round <= m->box->users || fault(section, "users-a-round: box %s has only %u", m->box->name, m->box->users);
}

static bool measure_known(const struct peers_plan *p, struct str name)
{
	for (size_t i = 0; i < p->n_measures; i++)
		if (str_eq(str_of(p->measures[i].name), name))
			return true;
	return false;
}

/* Once all are there: those that targets name. A rival may be one that this file leaves out. */
static bool references_good(const struct peers_plan *p)
{
	bool good = true;

	for (size_t i = 0; i < p->n_measures; i++)
		for (size_t j = 0; j < p->measures[i].n_targets; j++) {
			const struct peers_target *t = &p->measures[i].targets[j];
			if (t->kind == TARGET_OWN && !measure_known(p, t->than))
				good = fault(cfg_getnsec(p->file, "measure", (unsigned)i), "targets: no measure %.*s", STR_ARG(t->than));
		}
	return good;
}

static bool sections_of(struct peers_plan *p)
{
	bool good = true;

	p->n_servers = cfg_size(p->file, "server");
	p->n_boxes = cfg_size(p->file, "box");
	p->n_measures = cfg_size(p->file, "measure");
	p->servers = mem_new((p->n_servers + 1) * sizeof *p->servers);
	p->boxes = mem_new((p->n_boxes + 1) * sizeof *p->boxes);
	p->measures = mem_new((p->n_measures + 1) * sizeof *p->measures);
	for (unsigned i = 0; i < p->n_servers; i++)
		good &= server_of(cfg_getnsec(p->file, "server", i), &p->servers[i]);
	for (unsigned i = 0; i < p->n_boxes; i++)
		good &= box_of(cfg_getnsec(p->file, "box", i), &p->boxes[i]);
	for (unsigned i = 0; i < p->n_measures; i++)
		good &= measure_of(p, cfg_getnsec(p->file, "measure", i), &p->measures[i]);
	if (good && (p->n_servers == 0 || p->n_measures == 0))
		good = fault(p->file, "there should be a server and a measure");
	return good && references_good(p);
}

bool peers_plan_read(struct peers_plan *p, const char *path)
{
	*p = (struct peers_plan){ .file = language() };
	must(p->file);
	cfg_set_error_function(p->file, tell);
	switch (cfg_parse(p->file, path)) {
	case CFG_SUCCESS:
		if (sections_of(p))
			return true;
		break;
	case CFG_FILE_ERROR:
		fprintf(stderr, "roost-load: cannot read %s: %s\n", path, strerror(errno));
		break;
	}
	peers_plan_fini(p);
	return false;
}

void peers_plan_fini(struct peers_plan *p)
{
	for (size_t i = 0; i < p->n_servers; i++)
		free(p->servers[i].env);
	for (size_t i = 0; i < p->n_boxes; i++)
		free(p->boxes[i].options);
	for (size_t i = 0; i < p->n_measures; i++) {
		free(p->measures[i].before);
		free(p->measures[i].options);
		free(p->measures[i].skip);
		free(p->measures[i].targets);
	}
	free(p->servers);
	free(p->boxes);
	free(p->measures);
	cfg_free(p->file);
	*p = (struct peers_plan){ 0 };
}
