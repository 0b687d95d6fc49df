/* storaged/directory/username.h: what a user may be called, and when two names are one.
 *
 * Canonical: valid UTF-8, case-folded and in NFKC, `local` or `local@domain`, at most USERNAME_BYTES, without controls, invisible
 * characters, white space, or the signs that mean something in addresses, paths and the lines of `user import`. Pure functions.
 */
#pragma once

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/str.h"

enum { USERNAME_BYTES = 255 };

/* Appends the canonical form. False: no name; nothing is appended. */
bool username_canon(struct buf *out, struct str name);
/* Cuts off the domain. False: it has none. */
bool username_split(struct str name, struct str *local, struct str *domain);
/* `local+folder@domain`: appends `local@domain` as it was written, lends the folder. False: no '+' in the local part, or nothing before it. */
bool username_without_folder(struct buf *out, struct str recipient, struct str *folder);
