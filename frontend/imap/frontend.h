/* frontend/imap/frontend.h: one IMAP process: what all its sessions share.
 *
 * Owner: main. Everything happens on its loop. A process holds no truth: killing it loses connections, nothing else.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "common/base/buf.h"
#include "common/base/config.h"
#include "common/base/map.h"
#include "common/loop/loop.h"
#include "frontend/imap/frame.h"
#include "frontend/route/ask.h"
#include "frontend/view/mailbox.h"

struct session;
struct tls;
struct conn_listener;

enum { FRONTEND_LISTENERS_MAX = 64, FRONTEND_COMMANDS_MAX = 64 };

/* Since the process began. */
struct frontend_counts {
	uint64_t connections, logins, login_failures, bytes_in, bytes_out;
	uint64_t commands[FRONTEND_COMMANDS_MAX];    /* begun; by command_number */
};

struct frontend {
	struct loop         *loop;
	const struct config *config;
	struct route        *route;
	struct tls          *tls;                    /* NULL: no certificate, so no STARTTLS */
	struct mailboxes     mailboxes;
	struct session      *sessions;
	struct map           per_user, per_address;  /* how many sessions each has; the count in place of a pointer */
	struct frame_limits  limits_before, limits_after;   /* login */
	struct buf           out;                    /* answers of the callback that runs now; empty between callbacks */
	struct conn_listener *listeners[FRONTEND_LISTENERS_MAX];
	unsigned             n_listeners;
	struct frontend_counts counts;               /* a session's number in logs is `connections` when it began */
	bool                 stopping;
	struct loop_timer    stop_timer;
};

void frontend_init(struct frontend *f, struct loop *loop, const struct config *config);
/* The route's events come here (ctx is the frontend). */
extern const struct route_events frontend_route_events;
/* Listens where the configuration says. False: logged. */
bool frontend_listen(struct frontend *f);
/* Says BYE to everybody; the loop stops when all have gone, or a few seconds later. */
void frontend_stop(struct frontend *f);

/* Adds its numbers to a status. */
void frontend_status(const struct frontend *f, json_t *status);

/* Counting sessions. True: one more fits below max. */
bool frontend_count_up(struct map *counts, uint64_t key, unsigned max);
void frontend_count_down(struct map *counts, uint64_t key);
