/* common/seal/small.h: one sealed small thing: a summary, a row.
 *
 * Layout: version, algorithm, flags, salt[32], then one piece, compressed when it is over 200 bytes and that pays.
 */
#pragma once

#include "common/seal/run.h"

enum { SMALL_BYTES = 16 * 1024 * 1024 };   /* nothing larger is sealed, nor made room for when opening */

void     small_seal(struct buf *out, const struct key *user_key, struct user_id user, enum seal_purpose purpose, struct str plain);
/* Appends the plaintext, or nothing and ERR_CORRUPT. */
enum err small_open(struct buf *out, const struct key *user_key, struct user_id user, enum seal_purpose purpose, struct str sealed);
