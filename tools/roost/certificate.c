/* tools/roost/certificate.c: a key, a certificate over it, both as PEM. */
#include "tools/roost/certificate.h"

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>

#define TEN_YEARS_S (3653L * 86400)

/* 127 random bits: RFC 5280 4.1.2.2 wants them positive and unique. */
static bool set_serial(X509 *x)
{
	unsigned char random[16];

	if (RAND_bytes(random, sizeof random) != 1)
		return false;
	random[0] &= 0x7f;
	BIGNUM *n = BN_bin2bn(random, sizeof random, NULL);
	bool good = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x));
	BN_free(n);
	return good;
}

static bool set_names(X509 *x, const char *host)
{
	X509_NAME *name = X509_get_subject_name(x);
	/* A common name holds at most 64 bytes (RFC 5280 appendix A.1); the alternative names are what clients look at. */
	const char *common = strlen(host) <= 64 ? host : "roost";

	return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common, -1, -1, 0) == 1 &&
	       X509_set_issuer_name(x, name) == 1;
}

static bool add_extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	bool good = e && X509_add_ext(x, e, -1) == 1;

	X509_EXTENSION_free(e);
	return good;
}

static bool add_alternative_names(X509 *x, const char *host)
{
	struct in6_addr any;
	bool number = inet_pton(AF_INET, host, &any) == 1 || inet_pton(AF_INET6, host, &any) == 1;
	struct buf names = { 0 };

	buf_printf(&names, "%s:%s,DNS:localhost,IP:127.0.0.1,IP:::1", number ? "IP" : "DNS", host);
	buf_addc(&names, '\0');
	bool good = add_extension(x, NID_subject_alt_name, names.p);
	buf_fini(&names);
	return good;
}

static bool fill(X509 *x, EVP_PKEY *pair, const char *host)
{
	return X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) &&
	       X509_gmtime_adj(X509_getm_notBefore(x), -3600) &&
	       X509_gmtime_adj(X509_getm_notAfter(x), TEN_YEARS_S) &&
	       set_names(x, host) && X509_set_pubkey(x, pair) == 1 &&
	       add_alternative_names(x, host) &&
	       add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_extension(x, NID_key_usage, "critical,digitalSignature") &&
	       add_extension(x, NID_ext_key_usage, "serverAuth") &&
	       X509_sign(x, pair, EVP_sha256()) > 0;
}

/* Appends what was written into bio, and frees it. */
static bool take_bio(BIO *bio, bool good, struct buf *out)
{
	char *bytes;
	long n = bio ? BIO_get_mem_data(bio, &bytes) : 0;

	if (good && n > 0)
		buf_add(out, (struct str){ bytes, (size_t)n });
	BIO_free(bio);
	return good && n > 0;
}

static bool write_pem(X509 *x, EVP_PKEY *pair, struct buf *cert, struct buf *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	bool good = take_bio(bio, bio && PEM_write_bio_X509(bio, x) == 1, cert);

	bio = BIO_new(BIO_s_secmem());
	return take_bio(bio, bio && PEM_write_bio_PrivateKey(bio, pair, NULL, NULL, 0, NULL, NULL) == 1, key) && good;
}

bool certificate_make(const char *host, struct buf *cert, struct buf *key)
{
	EVP_PKEY *pair = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	bool good = pair && x && fill(x, pair, host) && write_pem(x, pair, cert, key);

	X509_free(x);
	EVP_PKEY_free(pair);
	return good;
}
