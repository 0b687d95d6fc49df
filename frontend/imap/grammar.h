/* frontend/imap/grammar.h: a finished command's bytes become a struct of args.h. Does no work, keeps no state.
 *
 *     struct grammar g;
 *     struct str tag, name;
 *     grammar_init(&g, arena, bytes);
 *     if (!grammar_start(&g, &tag, &name) || !grammar_args(&g, parse_fetch, &args))
 *             BAD, saying g.error
 *
 * Rules promise: true and moved on, or false and unmoved with g->error set; for whole commands grammar_args keeps
 * the promise. They accept what RFC 9051,
 * RFC 3501 and the extensions we announce accept; letters compare without case where the RFC says so.
 * Time is linear in the bytes, memory too; nothing recurses.
 *
 * APPEND is read before its message is there: at GOT_LITERAL, parse_append tells whether the literal is the message
 * (stream it) or part of the arguments (join it).
 */
#pragma once

#include <stdbool.h>

#include "common/base/arena.h"
#include "common/base/str.h"

struct grammar {
	struct str    in;                /* not yet read */
	struct arena *arena;             /* where args go; must hold the bytes too, since args lend from them */
	bool          uid;               /* the command was "UID something" */
	const char   *error;             /* for BAD: "expected a sequence set"; static. Valid after false */
};

typedef bool parse_fn(struct grammar *g, void **args);

void grammar_init(struct grammar *g, struct arena *arena, struct str bytes);
/* Tag and command name; "UID FETCH" is one name (as written, one space). False: *tag may still be set, else empty. */
bool grammar_start(struct grammar *g, struct str *tag, struct str *name);
/* The arguments, all of them to the end. */
bool grammar_args(struct grammar *g, parse_fn *parse, void **args);

/* Each makes the struct of args.h named in the comment. */
parse_fn parse_none;                 /* *args is NULL. CAPABILITY NOOP LOGOUT STARTTLS NAMESPACE CHECK CLOSE UNSELECT IDLE */
parse_fn parse_authenticate;         /* authenticate_args */
parse_fn parse_login;                /* login_args */
parse_fn parse_id;                   /* id_args */
parse_fn parse_enable;               /* enable_args */
parse_fn parse_select;               /* select_args; EXAMINE too */
parse_fn parse_mailbox;              /* mailbox_args */
parse_fn parse_getquota;             /* quota_args */
parse_fn parse_setquota;             /* setquota_args */
parse_fn parse_create;               /* create_args */
parse_fn parse_rename;               /* rename_args */
parse_fn parse_list;                 /* list_args */
parse_fn parse_lsub;                 /* list_args */
parse_fn parse_status;               /* status_args */
parse_fn parse_append;               /* append_args: up to and with the literal's announcement */
parse_fn parse_expunge;              /* expunge_args */
parse_fn parse_search;               /* search_args */
parse_fn parse_fetch;                /* fetch_args */
parse_fn parse_store;                /* store_args */
parse_fn parse_copy;                 /* copy_args; MOVE too */

/* The line that ends IDLE. */
bool grammar_is_done(struct str line);
