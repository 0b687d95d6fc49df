/* frontend/imap/program_build.h: a parsed SEARCH becomes the program that travels to storaged.
 *
 * The session turns positions, "*", "$" and \Recent into UIDs; texts become UTF-8. Owns nothing.
 */
#pragma once

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/mail/uidset.h"
#include "frontend/imap/args.h"

/* key is SEARCH_SET or SEARCH_RECENT; *out is empty before. False: the client named a position it was never told of. */
typedef bool search_resolve_fn(void *ctx, const struct search_key *key, struct uidset *out);

/* Appends the packed program, and says within which UIDs all it finds must lie: of the sets that it names without OR or NOT those
 * that all share. *bounded false: it names none. ERR_INPUT: a key could not be resolved; ERR_LIMIT: beyond PROGRAM_BYTES_MAX (ten thousand sets
 * of a mailbox in many ranges would be gigabytes). *out is then as it was. */
enum err program_build(struct buf *out, const struct search_args *search, search_resolve_fn *resolve, void *ctx,
                       struct uidset *within, bool *bounded);
