/* frontend/net/tls.c: certificates into contexts of OpenSSL. */
#include "frontend/net/tls.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "common/seal/key.h"
#include "common/seal/seal.h"
#include "frontend/net/tls_layer.h"

/* What a ticket is sealed with, and the name it carries (RFC 5077 4). */
struct ticket_key { uint8_t name[16]; struct key cipher, mac; };

/* One context a certificate; OpenSSL counts who uses a context. */
struct tls {
	SSL_CTX **at;
	size_t    n;
	struct ticket_key tickets[2];     /* now, before */
};

static bool failed(const char *what, const char *file)
{
	char why[200];

	ERR_error_string_n(ERR_get_error(), why, sizeof why);
	ERR_clear_error();
	log_error("tls", "what=%s file=%s error=\"%s\"", what, LOG_S(str_of(file)), why);
	return false;
}

static int choose(SSL *ssl, int *alert, void *arg)
{
	const struct tls *t = arg;
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	(void)alert;
	for (size_t i = 0; name && i < t->n; i++) {
		if (X509_check_host(SSL_CTX_get0_certificate(t->at[i]), name, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) != 1)
			continue;
		SSL_set_SSL_CTX(ssl, t->at[i]);
		return SSL_TLSEXT_ERR_OK;
	}
	return SSL_TLSEXT_ERR_OK;         /* the default certificate */
}

static struct ticket_key ticket_key_of(const struct key *secret)
{
	struct key name = key_derive(secret, "tls ticket name", 0);
	struct ticket_key k = { .cipher = key_derive(secret, "tls ticket cipher", 0), .mac = key_derive(secret, "tls ticket mac", 0) };

	memcpy(k.name, name.b, sizeof k.name);
	return k;
}

static struct key secret_of(struct str bytes)
{
	struct key secret;

	if (bytes.n == sizeof secret.b)
		memcpy(secret.b, bytes.p, sizeof secret.b);
	else
		key_random(&secret);
	return secret;
}

void tls_tickets(struct tls *t, struct str now, struct str before)
{
	struct key secrets[2] = { secret_of(now), secret_of(before) };

	for (int i = 0; i < 2; i++) {
		t->tickets[i] = ticket_key_of(&secrets[i]);
		key_wipe(&secrets[i]);
	}
}

static bool ticket_mac(EVP_MAC_CTX *mac, const struct ticket_key *k)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)(uintptr_t)k->mac.b, sizeof k->mac.b),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end(),
	};

	return EVP_MAC_CTX_set_params(mac, params) == 1;
}

/* SSL_CTX_set_tlsext_ticket_key_evp_cb(3). Opened: 1, or 2 if the client should have a newer one; 0: not ours, a full handshake. */
static int ticket_seal(SSL *ssl, unsigned char name[16], unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int seal)
{
	const struct tls *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	const struct ticket_key *k = &t->tickets[0];

	if (seal) {
		seal_random(iv, EVP_MAX_IV_LENGTH);
		memcpy(name, k->name, sizeof k->name);
		return EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, k->cipher.b, iv) == 1 && ticket_mac(mac, k) ? 1 : -1;
	}
	while (memcmp(name, k->name, sizeof k->name) != 0)
		if (++k == t->tickets + 2)
			return 0;
	if (!ticket_mac(mac, k) || EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, k->cipher.b, iv) != 1)
		return -1;
	/* In TLS 1.3 a ticket is for one use, so whoever resumes gets the next (RFC 8446 C.4). */
	return k == t->tickets && SSL_version(ssl) < TLS1_3_VERSION ? 1 : 2;
}

static void harden(SSL_CTX *ctx)
{
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20");
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	/* Our protocols end their commands themselves: a missing close_notify takes nothing away. */
	SSL_CTX_set_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
	/* An idle connection gives its buffers back; the stream's output moves as it grows. */
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* Tickets let clients resume, so that we need not remember them. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"roost", 5);
	SSL_CTX_set_num_tickets(ctx, 1);
}

static bool load(SSL_CTX *ctx, const struct config_tls *cert)
{
	if (SSL_CTX_use_certificate_chain_file(ctx, cert->cert) != 1)
		return failed("certificate", cert->cert);
	if (SSL_CTX_use_PrivateKey_file(ctx, cert->key, SSL_FILETYPE_PEM) != 1)
		return failed("key", cert->key);
	return true;
}

static SSL_CTX *context_new(struct tls *t, const struct config_tls *cert)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	must(ctx != NULL);
	harden(ctx);
	SSL_CTX_set_tlsext_servername_callback(ctx, choose);
	SSL_CTX_set_tlsext_servername_arg(ctx, t);
	SSL_CTX_set_app_data(ctx, t);
	SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, ticket_seal);
	if (load(ctx, cert))
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

static void contexts_free(SSL_CTX **at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		SSL_CTX_free(at[i]);
	free(at);
}

bool tls_reload(struct tls *t, const struct config_tls *certs, size_t n)
{
	SSL_CTX **fresh = mem_new(n * sizeof *fresh);

	for (size_t i = 0; i < n; i++) {
		fresh[i] = context_new(t, &certs[i]);
		if (!fresh[i]) {
			contexts_free(fresh, i);
			return false;
		}
	}
	contexts_free(t->at, t->n);
	t->at = fresh;
	t->n = n;
	return true;
}

struct tls *tls_new(const struct config_tls *certs, size_t n)
{
	struct tls *t = mem_new(sizeof *t);

	must(n > 0);
	tls_tickets(t, S(""), S(""));     /* our own until we are told */
	if (!tls_reload(t, certs, n))
		tls_free(&t);
	return t;
}

void tls_free(struct tls **t)
{
	if (*t) {
		contexts_free((*t)->at, (*t)->n);
		explicit_bzero((*t)->tickets, sizeof (*t)->tickets);
	}
	free(*t);
	*t = NULL;
}

struct tls_layer *tls_begin(struct tls *t, struct stream *s, loop_fn *done, void *arg)
{
	return tls_layer_new(t->at[0], s, done, arg);
}
