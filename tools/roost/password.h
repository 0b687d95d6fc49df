/* tools/roost/password.h: a password from standard input: its first line, without the newline; hidden on a terminal.
 *
 * Owner: the caller, which ends with password_forget.
 */
#pragma once

#include <stdbool.h>

#include "common/base/buf.h"

bool password_read(struct buf *out);           /* false: there is none (told) */
void password_forget(struct buf *password);    /* wiped and freed */
