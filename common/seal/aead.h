/* common/seal/aead.h: one sealing: a subkey made from a fresh salt, and the ciphers under it. For run.c and small.c only.
 *
 * Owner: the caller's stack; aead_fini wipes it.
 */
#pragma once

#include <openssl/evp.h>
#include <sodium.h>

#include "common/seal/seal.h"

enum { SALT_BYTES = 32, TAG_BYTES = 16 };

struct aead {
	enum seal_algorithm algorithm;
	uint32_t            user;
	uint8_t             purpose;
	struct key          subkey;
	EVP_CIPHER_CTX     *aes;               /* NULL: XChaCha */
};

/* Found once, in seal.c: to look for it takes longer than to seal a summary. */
const EVP_CIPHER *seal_aes(void);

/* False: an algorithm we do not know, and nothing to end. */
bool aead_init(struct aead *a, const struct key *user_key, struct user_id user, enum seal_purpose purpose, uint8_t algorithm,
               const uint8_t salt[SALT_BYTES]);
void aead_fini(struct aead *a);
/* head: authenticated with the piece, at most RUN_HEAD_MAX. Appends plain.n + TAG_BYTES. A piece number is sealed once per salt. */
void aead_seal(const struct aead *a, struct buf *out, struct str head, uint32_t piece, struct str plain);
/* Appends sealed.n - TAG_BYTES. False: not authentic, nothing appended. */
bool aead_open(const struct aead *a, struct buf *out, struct str head, uint32_t piece, struct str sealed);
