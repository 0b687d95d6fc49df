/* common/seal/aead.c: AES-256-GCM and XChaCha20-Poly1305 behind one pair of calls. */
#include "common/seal/aead.h"

#include <string.h>

#include "common/base/must.h"
#include "common/seal/keyed.h"

/* The piece number is the nonce: safe because each subkey seals one run (or one small thing), each piece once. */
struct nonce { uint8_t b[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES]; };

/* Authenticated beside the plaintext: user, purpose, piece, and the head with salt, flags and lengths. */
struct facts { uint8_t b[4 + 1 + 4 + RUN_HEAD_MAX]; size_t n; };

static void put_u32(uint8_t *to, uint32_t v)
{
	v = __builtin_bswap32(v);
	memcpy(to, &v, sizeof v);
}

static struct nonce nonce_of(uint32_t piece)
{
	struct nonce n = { { 0 } };

	put_u32(n.b, piece);
	return n;
}

static struct facts facts_of(const struct aead *a, struct str head, uint32_t piece)
{
	struct facts f;

	must(head.n <= RUN_HEAD_MAX);
	put_u32(f.b, a->user);
	f.b[4] = a->purpose;
	put_u32(f.b + 5, piece);
	memcpy(f.b + 9, head.p, head.n);
	f.n = 9 + head.n;
	return f;
}

bool aead_init(struct aead *a, const struct key *user_key, struct user_id user, enum seal_purpose purpose, uint8_t algorithm,
               const uint8_t salt[SALT_BYTES])
{
	char in[SALT_BYTES + 2];

	if (algorithm != SEAL_AES256GCM && algorithm != SEAL_XCHACHA20POLY1305)
		return false;
	a->algorithm = algorithm;
	a->user = user.n;
	a->purpose = (uint8_t)purpose;
	memcpy(in, salt, SALT_BYTES);
	in[SALT_BYTES] = (char)algorithm;
	in[SALT_BYTES + 1] = (char)purpose;
	keyed_hash(a->subkey.b, user_key, KEYED_SUBKEY, (struct str){ in, sizeof in });
	a->aes = algorithm == SEAL_AES256GCM ? EVP_CIPHER_CTX_new() : NULL;
	must(algorithm != SEAL_AES256GCM || (a->aes && EVP_CipherInit_ex(a->aes, seal_aes(), NULL, NULL, NULL, 0)));
	return true;
}

void aead_fini(struct aead *a)
{
	EVP_CIPHER_CTX_free(a->aes);    /* and wipes it */
	sodium_memzero(a, sizeof *a);
}

static void aes_seal(const struct aead *a, unsigned char *to, struct str plain, const struct facts *facts, const struct nonce *nonce)
{
	int n, text = (int)plain.n;

	must(EVP_EncryptInit_ex(a->aes, NULL, NULL, a->subkey.b, nonce->b) &&
	     EVP_EncryptUpdate(a->aes, NULL, &n, facts->b, (int)facts->n) &&
	     EVP_EncryptUpdate(a->aes, to, &n, (const unsigned char *)plain.p, text) &&
	     EVP_EncryptFinal_ex(a->aes, to + text, &n) &&
	     EVP_CIPHER_CTX_ctrl(a->aes, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, to + text));
}

static bool aes_open(const struct aead *a, unsigned char *to, struct str sealed, const struct facts *facts, const struct nonce *nonce)
{
	int n, text = (int)sealed.n - TAG_BYTES;
	const unsigned char *from = (const unsigned char *)sealed.p;

	return EVP_DecryptInit_ex(a->aes, NULL, NULL, a->subkey.b, nonce->b) &&
	       EVP_CIPHER_CTX_ctrl(a->aes, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, (void *)(from + text)) &&
	       EVP_DecryptUpdate(a->aes, NULL, &n, facts->b, (int)facts->n) &&
	       EVP_DecryptUpdate(a->aes, to, &n, from, text) &&
	       EVP_DecryptFinal_ex(a->aes, to + text, &n) > 0;
}

void aead_seal(const struct aead *a, struct buf *out, struct str head, uint32_t piece, struct str plain)
{
	struct nonce nonce = nonce_of(piece);
	struct facts facts = facts_of(a, head, piece);
	unsigned char *to = (unsigned char *)buf_grow(out, plain.n + TAG_BYTES);

	if (a->algorithm == SEAL_AES256GCM)
		aes_seal(a, to, plain, &facts, &nonce);
	else
		crypto_aead_xchacha20poly1305_ietf_encrypt(to, NULL, (const unsigned char *)plain.p, plain.n, facts.b, facts.n, NULL, nonce.b, a->subkey.b);
}

bool aead_open(const struct aead *a, struct buf *out, struct str head, uint32_t piece, struct str sealed)
{
	struct nonce nonce = nonce_of(piece);
	struct facts facts = facts_of(a, head, piece);
	size_t before = out->n;
	bool good;

	if (sealed.n < TAG_BYTES || sealed.n > SMALL_BYTES + TAG_BYTES)
		return false;
	buf_reserve(out, sealed.n);     /* more than nothing: even an empty plaintext gets a place to stand */
	unsigned char *to = (unsigned char *)buf_grow(out, sealed.n - TAG_BYTES);
	if (a->algorithm == SEAL_AES256GCM)
		good = aes_open(a, to, sealed, &facts, &nonce);
	else
		good = crypto_aead_xchacha20poly1305_ietf_decrypt(to, NULL, NULL, (const unsigned char *)sealed.p, sealed.n,
		                                                  facts.b, facts.n, nonce.b, a->subkey.b) == 0;
	if (!good)
		out->n = before;
	return good;
}
