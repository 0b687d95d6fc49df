/* common/seal/aead.c: AES-256-GCM and XChaCha20-Poly1305 behind one pair of calls. */
#include "common/seal/aead.h"

#include <openssl/evp.h>
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
	a->through_openssl = algorithm == SEAL_AES256GCM && seal_preferred() != SEAL_AES256GCM;
	a->user = user.n;
	a->purpose = (uint8_t)purpose;
	memcpy(in, salt, SALT_BYTES);
	in[SALT_BYTES] = (char)algorithm;
	in[SALT_BYTES + 1] = (char)purpose;
	keyed_hash(a->subkey.b, user_key, KEYED_SUBKEY, (struct str){ in, sizeof in });
	if (algorithm == SEAL_AES256GCM && !a->through_openssl)
		crypto_aead_aes256gcm_beforenm(&a->aes, a->subkey.b);
	return true;
}

void aead_fini(struct aead *a)
{
	sodium_memzero(a, sizeof *a);
}

void aead_seal(const struct aead *a, struct buf *out, struct str head, uint32_t piece, struct str plain)
{
	struct nonce nonce = nonce_of(piece);
	struct facts facts = facts_of(a, head, piece);
	unsigned char *to = (unsigned char *)buf_grow(out, plain.n + TAG_BYTES);
	const unsigned char *from = (const unsigned char *)plain.p;

	must(!a->through_openssl);      /* that one only opens: where it is needed, XChaCha is preferred */
	if (a->algorithm == SEAL_AES256GCM)
		crypto_aead_aes256gcm_encrypt_afternm(to, NULL, from, plain.n, facts.b, facts.n, NULL, nonce.b, &a->aes);
	else
		crypto_aead_xchacha20poly1305_ietf_encrypt(to, NULL, from, plain.n, facts.b, facts.n, NULL, nonce.b, a->subkey.b);
}

/* 0: authentic, as libsodium says it. */
static int openssl_decrypt(unsigned char *to, struct str sealed, const struct facts *facts, const struct nonce *nonce, const struct key *k)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int text = (int)sealed.n - TAG_BYTES, n;
	const unsigned char *from = (const unsigned char *)sealed.p;

	must(c);
	bool ok = EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, k->b, nonce->b) &&
	          EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, (void *)(from + text)) &&
	          EVP_DecryptUpdate(c, NULL, &n, facts->b, (int)facts->n) &&
	          EVP_DecryptUpdate(c, to, &n, from, text) &&
	          EVP_DecryptFinal_ex(c, to + n, &n) > 0;
	EVP_CIPHER_CTX_free(c);
	return ok ? 0 : -1;
}

bool aead_open(const struct aead *a, struct buf *out, struct str head, uint32_t piece, struct str sealed)
{
	struct nonce nonce = nonce_of(piece);
	struct facts facts = facts_of(a, head, piece);
	const unsigned char *from = (const unsigned char *)sealed.p;
	size_t before = out->n;
	int bad;

	if (sealed.n < TAG_BYTES || sealed.n > SMALL_BYTES + TAG_BYTES)
		return false;
	buf_reserve(out, sealed.n);     /* more than nothing: even an empty plaintext gets a place to stand */
	unsigned char *to = (unsigned char *)buf_grow(out, sealed.n - TAG_BYTES);
	if (a->through_openssl)
		bad = openssl_decrypt(to, sealed, &facts, &nonce, &a->subkey);
	else if (a->algorithm == SEAL_AES256GCM)
		bad = crypto_aead_aes256gcm_decrypt_afternm(to, NULL, NULL, from, sealed.n, facts.b, facts.n, nonce.b, &a->aes);
	else
		bad = crypto_aead_xchacha20poly1305_ietf_decrypt(to, NULL, NULL, from, sealed.n, facts.b, facts.n, nonce.b, a->subkey.b);
	if (bad)
		out->n = before;
	return !bad;
}
