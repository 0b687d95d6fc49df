/* storaged/directory/verifier.h: passwords that were right a moment ago: a repeat login costs microseconds.
 *
 * For each user at most one MAC of (user, credential generation, password) under a random key of this process's life; the password
 * itself is nowhere. When the generation changes nothing matches any more.
 *
 * Owner: the directory. Needs seal_open.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/str.h"

struct verifier;

struct verifier *verifier_new(void);
void verifier_free(struct verifier **v);
/* True: this was right. False says nothing. */
bool verifier_knows(const struct verifier *v, uint32_t user, uint32_t generation, struct str password);
void verifier_learn(struct verifier *v, uint32_t user, uint32_t generation, struct str password);
void verifier_forget(struct verifier *v, uint32_t user);
