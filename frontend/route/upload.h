/* frontend/route/upload.h: bytes on their way to storaged, kept until it needs them no more.
 *
 * Up to UPLOAD_WHOLE_BYTES everything is kept until the end, so that a restarted storaged can be given all of it again;
 * of more, only what is not confirmed. Nothing is sent before the connection's first confirm says from where.
 *
 * Owner: the ask or spool that embeds it; zero-initialised is a valid empty upload.
 * Always: base <= confirmed <= sent <= given once open; given - confirmed <= UPLOAD_WINDOW_BYTES.
 */
#pragma once

#include <stdbool.h>

#include "common/base/buf.h"

struct call;

enum { UPLOAD_WINDOW_BYTES = 512 * 1024, UPLOAD_WHOLE_BYTES = 256 * 1024 };

struct upload {
	struct buf kept;            /* bytes base .. given */
	uint64_t   base, confirmed, sent;
	bool       open;            /* this connection has said where it goes on */
};

static inline uint64_t upload_given(const struct upload *u) { return u->base + u->kept.n; }

void   upload_fini(struct upload *u);
size_t upload_room(const struct upload *u);
void   upload_give(struct upload *u, struct str bytes);        /* at most upload_room bytes */
/* False: an offset we never sent or no longer have. */
bool   upload_confirm(struct upload *u, uint64_t offset);
void   upload_flush(struct upload *u, struct call *call);      /* sends what may be sent */
void   upload_lost(struct upload *u);                          /* the connection broke */
