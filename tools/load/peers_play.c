/* tools/load/peers_play.c: each run is a process of its own; what it found comes back as a file. */
#include "tools/load/peers_play.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/must.h"

enum { QUICK_LETTERS = 200, QUICK_CONNECTIONS = 50, QUICK_ROUNDS = 3, QUICK_BATCH = 100, FILLERS = 16, VISITORS = 16 };
#define QUICK_BYTES ((uint64_t)1 << 20)

static bool has_word(const char *words, const char *word)
{
	struct str rest = str_of(words), one;

	for (bool more = rest.n > 0; more;) {
		more = str_cut(rest, ',', &one, &rest);
		if (str_eq(one, str_of(word)))
			return true;
	}
	return false;
}

bool peers_wanted(const struct peers_options *o, const struct peers_measure *m)
{
	return !o->only || has_word(o->only, m->name);
}

void peers_play_init(struct peers_play *p, const struct peers_plan *plan, const struct peers_options *options)
{
	*p = (struct peers_play){ .plan = plan, .options = options, .n_peers = plan->n_servers, .runs = json_array(), .good = true };
	p->peers = mem_new(p->n_peers * sizeof *p->peers);
	for (size_t i = 0; i < p->n_peers; i++)
		p->peers[i].server = &plan->servers[i];
	errands_open(&p->errands);
}

void peers_play_fini(struct peers_play *p)
{
	errands_close(&p->errands);
	for (size_t i = 0; i < p->n_peers; i++)
		buf_fini(&p->peers[i].version);
	free(p->peers);
	json_decref(p->runs);
}

static void leave_out(struct peers_play *p, struct peer *peer, const char *why)
{
	if (!p->errands.stopped)
		printf("%s is left out: %s\n", peer->server->name, why);
	peer->left_out = why;
}

/* True: the command, if there is one, did its work. */
static bool command(struct peers_play *p, const struct peer *peer, const char *line, struct buf *out)
{
	return !*line || errand_shell(&p->errands, line, peer->server->env, out) == 0;
}

static void ask_pid(struct peers_play *p, struct peer *peer)
{
	struct buf words = { 0 };
	uint64_t pid = 0;

	peer->pid = 0;
	if (command(p, peer, peer->server->pid, &words) && str_u64(str_trim(buf_str(&words)), &pid))
		peer->pid = (long)pid;
	buf_fini(&words);
}

static bool start(struct peers_play *p, struct peer *peer, const char *line)
{
	peer->up = true;                /* even half of it is to be stopped */
	if (!command(p, peer, line, NULL)) {
		leave_out(p, peer, "it does not start");
		return false;
	}
	ask_pid(p, peer);
	return true;
}

static bool restart(struct peers_play *p, struct peer *peer)
{
	return command(p, peer, peer->server->stop, NULL) && start(p, peer, peer->server->start);
}

/* The words of one call of the player: the caller frees them. */
struct words { char **at; size_t n; };

static void say(struct words *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(struct words *w, const char *fmt, ...)
{
	va_list ap;

	w->at = mem_resize(w->at, (w->n + 2) * sizeof *w->at);
	va_start(ap, fmt);
	must(vasprintf(&w->at[w->n++], fmt, ap) >= 0);
	va_end(ap);
	w->at[w->n] = NULL;
}

static void say_all(struct words *w, const char **list)
{
	for (; *list; list++)
		say(w, "%s", *list);
}

static void say_verb(struct words *w, const struct peers_options *o, const char *verb, const char *scenario)
{
	say(w, "%s", o->player);
	say(w, "%s", verb);
	if (scenario)
		say(w, "%s", scenario);
	say(w, "--quiet");
}

static void say_server(struct words *w, const struct peer *peer)
{
	const struct peers_server *s = peer->server;
	const struct { const char *option, *value; } given[] = {
		{ "--imap", s->imap }, { "--imaps", s->imaps }, { "--lmtp", s->lmtp }, { "--password", s->password },
	};

	for (size_t i = 0; i < sizeof given / sizeof *given; i++)
		if (*given[i].value) {
			say(w, "%s", given[i].option);
			say(w, "%s", given[i].value);
		}
	if (peer->pid > 0) {
		say(w, "--pid");
		say(w, "%ld", peer->pid);
	}
}

static void say_box(struct words *w, const struct peers_options *o, const struct peers_box *b, unsigned first_user, unsigned users)
{
	say(w, "--first-user");
	say(w, "%u", first_user);
	say(w, "--users");
	say(w, "%u", users);
	if (b->bytes == 0)
		return;                 /* its options say */
	say(w, "--bytes");
	say(w, "%llu", (unsigned long long)(o->quick && b->bytes > QUICK_BYTES ? QUICK_BYTES : b->bytes));
}

static int play(struct peers_play *p, const struct peer *peer, const struct words *w)
{
	int code = errand_run(&p->errands, (const char *const *)w->at, peer->server->env, NULL);

	for (size_t i = 0; i < w->n; i++)
		free(w->at[i]);
	free(w->at);
	return code;
}

static bool fill(struct peers_play *p, const struct peer *peer, const struct peers_box *b)
{
	struct words w = { 0 };

	say_verb(&w, p->options, "fill", NULL);
	say_server(&w, peer);
	say_box(&w, p->options, b, b->first_user, b->users);
	if (b->letters > 0) {
		say(&w, "--letters");
		say(&w, "%u", p->options->quick && b->letters > QUICK_LETTERS ? QUICK_LETTERS : b->letters);
	}
	say(&w, "--connections");
	say(&w, "%d", FILLERS);
	say_all(&w, b->options);
	return play(p, peer, &w) == 0;
}

static bool box_wanted(const struct peers_play *p, const struct peers_box *b)
{
	for (size_t i = 0; i < p->plan->n_measures; i++)
		if (p->plan->measures[i].box == b && peers_wanted(p->options, &p->plan->measures[i]))
			return b->letters > 0 || *b->options;
	return false;
}

static bool fill_all(struct peers_play *p, struct peer *peer)
{
	for (size_t i = 0; i < p->plan->n_boxes; i++) {
		const struct peers_box *b = &p->plan->boxes[i];
		if (!box_wanted(p, b))
			continue;
		printf("%-14s fill %s\n", peer->server->name, b->name);
		if (fill(p, peer, b))
			continue;
		p->good = false;
		leave_out(p, peer, "its mailboxes could not be filled");
		return false;
	}
	return true;
}

static bool prepare(struct peers_play *p, struct peer *peer)
{
	const struct peers_server *s = peer->server;
	bool faster = *s->start_to_fill != '\0';

	if (!start(p, peer, faster ? s->start_to_fill : s->start) || !fill_all(p, peer) || (faster && !restart(p, peer)))
		return false;
	if (!command(p, peer, s->version, &peer->version))
		buf_reset(&peer->version);
	return true;
}

bool peers_start(struct peers_play *p)
{
	for (size_t i = 0; i < p->n_peers && !p->errands.stopped; i++) {
		struct peer *peer = &p->peers[i];
		if (i > 0 && p->options->alone)
			peer->left_out = "not asked for";
		else if (p->options->skip && has_word(p->options->skip, peer->server->name))
			peer->left_out = "not asked for";
		else
			prepare(p, peer);
	}
	return !p->errands.stopped && !p->peers[0].left_out;
}

void peers_stop(struct peers_play *p)
{
	p->errands.finishing = true;
	for (size_t i = 0; i < p->n_peers; i++)
		if (p->peers[i].up && !command(p, &p->peers[i], p->peers[i].server->stop, NULL))
			fprintf(stderr, "roost-load: %s could not be stopped\n", p->peers[i].server->name);
}

/* Each user of the box logs in once, a few at a time: many at once would leave the server spare memory, in which sessions hide. */
static bool visit(struct peers_play *p, const struct peer *peer, const struct peers_box *b)
{
	for (unsigned i = 0; i < b->users; i += VISITORS) {
		unsigned users = b->users - i < VISITORS ? b->users - i : VISITORS;
		struct words w = { 0 };
		say_verb(&w, p->options, "run", "login");
		say_server(&w, peer);
		say_box(&w, p->options, b, b->first_user + i, users);
		say(&w, "--connections");
		say(&w, "%u", users);
		say(&w, "--rounds");
		say(&w, "1");
		say(&w, "--out");
		say(&w, "/dev/null");
		if (play(p, peer, &w) != 0)
			return false;
	}
	return true;
}

/* What a measure wants done ahead of each round. */
static bool before(struct peers_play *p, struct peer *peer, const struct peers_measure *m)
{
	for (const char **word = m->before; *word; word++) {
		bool done = strcmp(*word, "restart") == 0 ? restart(p, peer)
			: strcmp(*word, "visit") == 0 ? visit(p, peer, m->box)
			: strcmp(*word, "settle") == 0 ? errand_wait(&p->errands, p->options->quick ? 0 : peer->server->settle_seconds)
			: command(p, peer, *word, NULL);
		if (!done)
			return false;
	}
	return true;
}

static void say_length(struct words *w, const struct peers_options *o, const struct peer *peer, const struct peers_measure *m)
{
	if (m->settled) {
		say(w, "--settle");
		say(w, "%g", o->quick ? 0.1 : peer->server->settle_seconds);
	}
	if (m->rounds > 0) {
		say(w, "--rounds");
		say(w, "%u", o->quick && m->rounds > QUICK_ROUNDS ? QUICK_ROUNDS : m->rounds);
	} else {
		say(w, "--seconds");
		say(w, "%g", m->seconds > 0 && !o->quick ? m->seconds : o->seconds);
	}
}

static void say_cold(struct words *w, const struct peers_options *o, const struct peers_server *s)
{
	const char *meanwhile = o->drop_caches ? "sync && echo 3 >/proc/sys/vm/drop_caches" : "true";

	say(w, "--between");
	say(w, "( %s ) >/dev/null && %s && ( %s ) >/dev/null && ( %s )", s->stop, meanwhile, s->start, *s->pid ? s->pid : "true");
}

static int run(struct peers_play *p, struct peer *peer, const struct peers_measure *m, unsigned round)
{
	const struct peers_options *o = p->options;
	unsigned users = m->users_a_round > 0 ? m->users_a_round : m->box->users;
	unsigned first = m->users_a_round > 0 ? round % (m->box->users / users) * users : 0;
	struct words w = { 0 };

	say_verb(&w, o, "run", m->scenario->name);
	say(&w, "--name");
	say(&w, "%s", peer->server->name);
	say_server(&w, peer);
	say_box(&w, o, m->box, m->box->first_user + first, users);
	say(&w, "--connections");
	say(&w, "%u", o->quick && m->connections > QUICK_CONNECTIONS ? QUICK_CONNECTIONS : m->connections);
	say_length(&w, o, peer, m);
	if (m->cold)
		say_cold(&w, o, peer->server);
	say(&w, "--out");
	say(&w, "%s", o->report_path);
	say_all(&w, m->options);
	if (o->quick && m->scenario->uses & USES_BATCH) {        /* no more at once than small mailboxes hold */
		say(&w, "--batch");
		say(&w, "%d", QUICK_BATCH);
	}
	unlink(o->report_path);
	int code = play(p, peer, &w);
	if (m->cold)
		ask_pid(p, peer);
	return code;
}

void peers_run_words(const json_t *report, FILE *out)
{
	static const struct { struct str metric; const char *format; double divisor; } shown[] = {
		{ S("per_second"), "  %.1f/s", 1 }, { S("p50_us"), "  p50 %.2f", 1000 }, { S("p99_us"), "  p99 %.2f ms", 1000 },
		{ S("cpu_us"), "  cpu %.0f us", 1 }, { S("hear-median.p50_us"), "  half hear %.2f", 1000 },
		{ S("hear-last.p50_us"), "  last %.2f ms", 1000 }, { S("bytes_each"), "  %.1f KiB each", 1024 },
	};

	for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
		struct peers_metric m;
		double value;
		must(peers_metric_parse(&m, shown[i].metric));
		if (peers_metric_of(&m, report, &value))
			fprintf(out, shown[i].format, value / shown[i].divisor);
	}
}

/* The report, or, where there is none, one that says so. */
static json_t *take_report(struct peers_play *p, const struct peer *peer, int code)
{
	json_error_t error;
	json_t *report = json_load_file(p->options->report_path, 0, &error);

	unlink(p->options->report_path);
	if (!json_is_object(report)) {
		json_decref(report);
		report = json_pack("{s:s, s:{s:i, s:i, s:s}}", "name", peer->server->name, "checks", "answers", 0, "wrong", 1, "first", "it could not be played");
	}
	json_object_set_new(report, "good", json_boolean(code == 0));
	return report;
}

static unsigned rounds_of(const struct peers_options *o, const struct peers_measure *m)
{
	return m->repeat > 0 && m->repeat < o->rounds ? m->repeat : o->rounds;
}

static void keep(struct peers_play *p, const struct peer *peer, const struct peers_measure *m, unsigned round, int code)
{
	json_t *report = take_report(p, peer, code);

	json_object_set_new(report, "measure", json_string(m->name));
	json_object_set_new(report, "round", json_integer(round + 1));
	json_array_append_new(p->runs, report);
	printf("%-24s %-14s %u/%u", m->name, peer->server->name, round + 1, rounds_of(p->options, m));
	peers_run_words(report, stdout);
	if (code != 0) {
		p->good = false;
		printf("  WRONG (exit %d): %s", code, json_string_value(json_object_get(json_object_get(report, "checks"), "first")));
	}
	putchar('\n');
	fflush(stdout);
}

static void once(struct peers_play *p, struct peer *peer, const struct peers_measure *m, unsigned round)
{
	if (!before(p, peer, m)) {
		if (!p->errands.stopped) {
			p->good = false;
			leave_out(p, peer, "what is done before a measure failed");
		}
		return;
	}
	int code = run(p, peer, m, round);
	if (!p->errands.stopped)
		keep(p, peer, m, round, code);
}

bool peers_measure(struct peers_play *p, const struct peers_measure *m)
{
	for (unsigned round = 0; round < rounds_of(p->options, m); round++)
		for (size_t i = 0; i < p->n_peers && !p->errands.stopped; i++)
			if (!p->peers[i].left_out && !peers_list_has(m->skip, p->peers[i].server->name))
				once(p, &p->peers[i], m, round);
	return !p->errands.stopped;
}
