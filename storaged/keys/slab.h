/* storaged/keys/slab.h: users to keys, in memory that reaches neither swap nor a core dump.
 *
 * Owner: whoever embeds it; zero-initialised is a valid empty slab. Not thread-safe.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/mail/ids.h"
#include "common/seal/key.h"

/* Zeroed whole pages; locked unless the limit on locked memory (ulimit -l) forbids it, for the caller to report. */
void *locked_new(size_t bytes, bool *locked);
void  locked_free(void *p, size_t bytes);                     /* wipes; NULL is fine */

struct slab_slot { uint32_t user; struct key key; };          /* user 0: free */
struct slab { struct slab_slot *slots; size_t cap, n; bool locked; };

void              slab_fini(struct slab *s);                  /* wipes and frees */
const struct key *slab_get(const struct slab *s, struct user_id user);      /* lent until the next change; NULL: none */
struct key       *slab_put(struct slab *s, struct user_id user);            /* the user's key, zeros if new; lent likewise */
void              slab_del(struct slab *s, struct user_id user);
/* Walk: start with *at = 0; NULL at the end. */
const struct slab_slot *slab_each(const struct slab *s, size_t *at);
