/* frontend/lmtp/letter.h: one mail transaction: recipients are looked up, the message goes to their shards, each is delivered.
 *
 * A letter knows neither LMTP nor the connection. Lookups and deliveries run side by side; what came of them is taken by
 * letter_next in the order of recipients, first of the names, behind letter_end of the deliveries. `news` says that there
 * may be something to take, or room for bytes. It is called at the end of a turn, never inside a function of this file.
 *
 * Owner: the session. letter_free at any time: before letter_end nobody gets the message; behind it, those whose fate was
 * not told may or may not.
 * Always: at most 512 KiB of the message are kept for each shard (ask.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/str.h"

struct letter;
struct loop;
struct route;
struct warnings;

enum { LETTER_RECIPIENTS_MAX = 10000, LETTER_ASKING_MAX = 64 };

typedef void letter_fn(void *ctx);
struct letter_setup {
	struct loop  *loop;
	struct route *route;
	struct warnings *warnings;     /* sends the letters of warning */
	struct str    sender;          /* of Return-Path; copied */
	uint64_t      most_bytes;
	uint64_t      session;         /* for the log */
	letter_fn    *news;
	void         *ctx;
};
struct letter *letter_new(const struct letter_setup *setup);
void letter_free(struct letter **l);

/* One more recipient, as its client wrote it. */
void   letter_to(struct letter *l, struct str path);
size_t letter_n(const struct letter *l);                       /* letter_to was called so often */
size_t letter_asking(const struct letter *l);                  /* names not yet taken by letter_next */
size_t letter_known(const struct letter *l);                   /* recipients that exist */

/* The message: begin, data while there is room, end. */
void   letter_begin(struct letter *l);
bool   letter_begun(const struct letter *l);
size_t letter_room(const struct letter *l);                    /* 0: stop reading the client until there is news */
void   letter_data(struct letter *l, struct str bytes);        /* at most letter_room; read away once there is trouble */
enum err letter_trouble(const struct letter *l);               /* why nobody will get it, or OK so far */
void   letter_end(struct letter *l);
bool   letter_ended(const struct letter *l);
bool   letter_told(const struct letter *l);                    /* ended, and every recipient's fate was taken */

struct letter_verdict { struct str path; enum err err; };      /* path: lent until letter_free */
/* The next recipient's, if it is known. OK behind letter_end: durable on its shard. */
bool letter_next(struct letter *l, struct letter_verdict *v);
