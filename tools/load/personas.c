/* tools/load/personas.c: who visits, how often, and what they do: phone, desktop, webmail; and the postman, who brings mail meanwhile. */
#include "tools/load/persona.h"
#include "tools/load/rows.h"
#include "tools/load/scenarios.h"
#include "tools/load/steps.h"
#include "tools/load/worker.h"

/* Of an average day of one person, as clients' authors and administrators report them; each a guess within a factor of two. */
enum { PHONE_VISITS = 80, DESKTOP_TASKS = 300, WEBMAIL_VISITS = 12 };
#define SILENT_NS UINT64_C(1200000000000)
enum { PHONE_SECONDS = 90, WEBMAIL_READS = 3, PHONE_READS = 3 };

/* ---- between visits ---- */

static uint64_t phone_until(struct player *p)   { return visit_pause_ns(p, PHONE_VISITS); }
static uint64_t webmail_until(struct player *p) { return visit_pause_ns(p, WEBMAIL_VISITS); }
static uint64_t screen_until(struct player *p)  { return visit_while_ns(p, PHONE_SECONDS); }

/* Who idles looks at once at what has come. */
static void idle_heard(struct player *p, const struct answer *a)
{
	if (a->said == SAID_EXISTS)
		player_go_on(p);
}

static const struct step phone_pause = { .op = OP_NONE, .until = phone_until };
static const struct step webmail_pause = { .op = OP_NONE, .until = webmail_until };
static const struct step phone_idles = { .op = OP_NONE, .until = screen_until, .heard = idle_heard };

/* ---- phone: a new connection each time, with the TLS session and the state of the last; gone without a word ---- */

static void phone_reads(struct player *p)
{
	for (uint32_t n = player_roll(p, PHONE_READS); n > 0; n--) {
		visit_add(p, &visit_pick);
		visit_add(p, &visit_read_first);
		visit_add(p, &visit_seen);
	}
	if (visit_one_in(p, 4))
		visit_add(p, &visit_move);
}

static void phone_plan(struct player *p)
{
	visit_add(p, &step_login);
	visit_add(p, &step_capability);
	visit_add(p, &step_namespace);
	visit_add(p, &visit_enable);
	visit_add_folders(p);
	visit_add(p, &visit_resync);
	visit_add(p, &step_learn);
	visit_add(p, &visit_new_mail);
	phone_reads(p);
	visit_add(p, &step_idle);
	visit_add(p, &phone_idles);
	visit_add(p, &step_done);
	visit_add(p, &visit_new_mail);
}

static const struct step *phone_next(struct player *p) { return visit_next(p, phone_plan); }
static const struct step *const phone_after[] = { &phone_pause, NULL };

const struct scenario scenario_phone = {
	.name = "phone", .uses = USES_DAY, .help = "persona: short visits in TLS, resynchronizing, reading beginnings; idles while the screen is on", .reconnects = true, .tls = true,
	.resumes = true, .own_bytes = sizeof(struct visit), .next = phone_next, .after = phone_after,
};

/* ---- webmail: logs in for each visit; never idles ---- */

static void webmail_plan(struct player *p)
{
	visit_add(p, &step_login);
	visit_add(p, &step_capability);
	visit_add(p, &step_select);
	visit_add(p, &step_learn);
	visit_add(p, &visit_last_headers);
	for (uint32_t n = player_roll(p, WEBMAIL_READS); n > 0; n--) {
		visit_add(p, &visit_pick);
		visit_add(p, &visit_read);
		visit_add(p, &visit_seen);
	}
	if (visit_one_in(p, 5))
		visit_add(p, &visit_search);
	visit_add(p, &step_logout);
}

static const struct step *webmail_next(struct player *p) { return visit_next(p, webmail_plan); }
static const struct step *const webmail_after[] = { &webmail_pause, NULL };

const struct scenario scenario_webmail = {
	.name = "webmail", .uses = USES_DAY | USES_WORDS, .help = "persona: login, the last headers, a message or two, sometimes a search, logout", .reconnects = true,
	.own_bytes = sizeof(struct visit), .next = webmail_next, .after = webmail_after,
};

/* ---- desktop: connected all day. Of two connections of a user, the first idles in INBOX and reads, the second does the rest. ---- */

static bool is_alone(const struct player *p)
{
	return p->team->n <= p->team->users;
}

static bool is_first(const struct player *p)
{
	unsigned k = (p->number - p->team->first_number) / p->team->number_step;

	return k / p->team->users % 2 == 0;
}

static void desktop_reads(struct player *p)
{
	visit_add(p, &visit_new_mail);
	visit_add(p, &visit_pick);
	visit_add(p, &visit_read);
	visit_add(p, &visit_seen);
	if (visit_one_in(p, 10))
		visit_add(p, &visit_move);
}

static void desktop_chores(struct player *p)
{
	static const struct step *const chores[] = {
		&visit_statuses, &visit_statuses, &visit_statuses, &visit_send, &visit_flags, &visit_search,
	};

	visit_add(p, chores[player_roll(p, sizeof chores / sizeof *chores) - 1]);
}

static void desktop_plan(struct player *p)
{
	visit_add_folders(p);
	visit_add(p, &step_open);
	visit_add(p, &step_learn);
	if (is_first(p))
		desktop_reads(p);
	if (!is_first(p) || (is_alone(p) && visit_one_in(p, 2)))
		desktop_chores(p);
}

/* A server may close a connection that has been silent for half an hour (RFC 9051 5.4). */
static uint64_t desktop_until(struct player *p)
{
	uint64_t at = visit_pause_ns(p, DESKTOP_TASKS), silent = wire_now_ns() + SILENT_NS;

	return at < silent ? at : silent;
}

static bool idles(const struct player *p)
{
	return is_first(p) && p->caps & CAP_IDLE;
}

static void desktop_idle_ask(struct player *p, struct buf *out)
{
	if (idles(p))
		step_idle.ask(p, out);
}

static void desktop_done_ask(struct player *p, struct buf *out)
{
	if (idles(p))
		step_done.ask(p, out);
}

static const struct step desktop_idle = { .op = OP_NONE, .plus_ends = true, .ask = desktop_idle_ask };
static const struct step desktop_pause = { .op = OP_NONE, .until = desktop_until, .heard = idle_heard };
static const struct step desktop_done = { .op = OP_NONE, .ask = desktop_done_ask, .good = said_ok };

static const struct step *desktop_next(struct player *p) { return visit_next(p, desktop_plan); }
static const struct step *const desktop_opening[] = { &step_login, &step_capability, &step_namespace, NULL };
static const struct step *const desktop_after[] = { &desktop_idle, &desktop_pause, &desktop_done, NULL };

const struct scenario scenario_desktop = {
	.name = "desktop", .uses = USES_DAY | USES_WORDS, .help = "persona: connected all day: one connection idles and reads, a user's second one does the rest",
	.own_bytes = sizeof(struct visit), .opening = desktop_opening, .next = desktop_next, .after = desktop_after,
};

/* ---- postman: not a person; brings every user of the team so much mail a day ---- */

static bool postman_pick(struct player *p)
{
	p->user = team_user(p->team, player_roll(p, p->team->users) - 1);
	return true;
}

static uint64_t postman_until(struct player *p)
{
	const struct team *t = p->team;

	return visit_pause_ns(p, player_settings(p)->mails_a_day * t->users / t->n);
}

static const struct step postman_pause = { .op = OP_NONE, .until = postman_until };
static const struct step *const postman_opening[] = { &step_lhlo, NULL };
static const struct step *const postman_round[] = { &step_envelope, &step_message, NULL };
static const struct step *const postman_after[] = { &postman_pause, NULL };

const struct scenario scenario_postman = {
	.name = "postman", .uses = USES_DAY | USES_MAIL | USES_RECIPIENTS, .help = "brings mail by LMTP, as much as --mail-per-user-day says, by the hours of the day", .lmtp = true,
	.opening = postman_opening, .pick = postman_pick, .round = postman_round, .after = postman_after,
};
