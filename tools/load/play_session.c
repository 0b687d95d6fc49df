/* tools/load/play_session.c: scenarios about sessions: opening and closing them, waiting in them. */
#include "tools/load/scenarios.h"
#include "tools/load/steps.h"

static const struct step *const login_round[] = { &step_login, &step_select, &step_logout, NULL };

const struct scenario scenario_login = { .name = "login", .help = "connect, LOGIN, SELECT, LOGOUT", .reconnects = true, .round = login_round };
const struct scenario scenario_login_tls = { .name = "login-tls", .help = "the same in TLS, with a full handshake each time", .reconnects = true,
                                             .tls = true, .round = login_round };
const struct scenario scenario_login_resumed = { .name = "login-resumed", .help = "the same in TLS, resuming the session before", .reconnects = true,
                                                 .tls = true, .resumes = true, .round = login_round };

static void noop_ask(struct player *p, struct buf *out)
{
	(void)p;
	buf_add(out, S(TAG " NOOP\r\n"));
}

static const struct step step_noop = { .op = OP_NOOP, .ask = noop_ask, .good = said_ok };
static const struct step *const noop_opening[] = { &step_login, &step_select, NULL };
static const struct step *const noop_round[] = { &step_noop, NULL };

const struct scenario scenario_noop = { .name = "noop", .help = "NOOP: what a round trip costs", .opening = noop_opening, .round = noop_round };

static const struct step *const idle_opening[] = { &step_login, &step_select, &step_idle, NULL };

const struct scenario scenario_idle = { .name = "idle", .help = "wait in IDLE; reports memory each, and how fast they log in", .rests = true,
                                        .times_opening = true, .opening = idle_opening };
const struct scenario scenario_idle_tls = { .name = "idle-tls", .help = "the same in TLS", .tls = true, .rests = true, .times_opening = true,
                                            .opening = idle_opening };
