/* tools/load/heads.h: what a message's ENVELOPE and BODYSTRUCTURE say, as two numbers: equal if they say the same. Pure.
 *
 * Servers may fold white space, write types in any case, choose quotes or literals, and add extension data (RFC 9051 7.5.2): all that
 * makes no difference here. Everything else does: each field and address, each part's type, parameters, encoding and octets.
 */
#pragma once

#include <stdint.h>

#include "tools/load/answer.h"

struct heads { uint32_t envelope, structure; };      /* 0: not known */

struct heads heads_of_row(const struct row *r);      /* of whichever it has */
struct heads heads_of_letter(struct str octets);     /* what every server should say of this message */
