/* storaged/directory/verifier.c: one MAC a user. */
#include "storaged/directory/verifier.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/map.h"
#include "common/base/must.h"
#include "common/seal/secret.h"

struct mac { uint8_t b[MAC_BYTES]; };
struct verifier { struct key key; struct map macs; };

struct verifier *verifier_new(void)
{
	struct verifier *v = mem_new(sizeof *v);

	key_random(&v->key);
	return v;
}

void verifier_free(struct verifier **v)
{
	size_t at = 0;
	uint64_t user;
	void *mac;

	if (!*v)
		return;
	while (map_each(&(*v)->macs, &at, &user, &mac))
		free(mac);
	map_fini(&(*v)->macs);
	key_wipe(&(*v)->key);
	free(*v);
	*v = NULL;
}

/* What is under the MAC. Room is reserved at once, so that growing leaves no password behind. */
static struct buf claim_of(uint32_t user, uint32_t generation, struct str password)
{
	struct buf b = { 0 };

	buf_reserve(&b, 8 + password.n);
	buf_u32(&b, user);
	buf_u32(&b, generation);
	buf_add(&b, password);
	return b;
}

static void claim_fini(struct buf *b)
{
	explicit_bzero(b->p, b->n);
	buf_fini(b);
}

bool verifier_knows(const struct verifier *v, uint32_t user, uint32_t generation, struct str password)
{
	const struct mac *mac = map_get(&v->macs, user);

	if (!mac)
		return false;
	struct buf claim = claim_of(user, generation, password);
	bool right = mac_check(mac->b, &v->key, buf_str(&claim));
	claim_fini(&claim);
	return right;
}

void verifier_learn(struct verifier *v, uint32_t user, uint32_t generation, struct str password)
{
	struct mac *mac = map_get(&v->macs, user);
	struct buf claim = claim_of(user, generation, password);

	if (!mac) {
		mac = mem_new(sizeof *mac);
		map_put(&v->macs, user, mac);
	}
	mac_make(mac->b, &v->key, buf_str(&claim));
	claim_fini(&claim);
}

void verifier_forget(struct verifier *v, uint32_t user) { free(map_del(&v->macs, user)); }
