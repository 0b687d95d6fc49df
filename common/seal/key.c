/* common/seal/key.c: keys made, wrapped, and the master key's file. */
#include "common/seal/key.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "common/seal/keyed.h"

enum {
	NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	PURPOSE_MAX = 64,
	HEX_BYTES = 2 * sizeof(struct key),
	FILE_BYTES = HEX_BYTES + 1,            /* and a newline */
};
_Static_assert(WRAPPED_BYTES == NONCE_BYTES + sizeof(struct key) + crypto_aead_xchacha20poly1305_ietf_ABYTES, "the layout of a wrapped key");

void key_random(struct key *k)
{
	randombytes_buf(k->b, sizeof k->b);
}

void key_wipe(struct key *k)
{
	sodium_memzero(k, sizeof *k);
}

struct key key_derive(const struct key *from, const char *purpose, uint64_t number)
{
	char in[sizeof number + PURPOSE_MAX];
	uint64_t be = __builtin_bswap64(number);
	size_t n = strlen(purpose);
	struct key out;

	must(n <= PURPOSE_MAX);
	memcpy(in, &be, sizeof be);
	memcpy(in + sizeof be, purpose, n);
	keyed_hash(out.b, from, KEYED_DERIVE, (struct str){ in, sizeof be + n });
	return out;
}

/* XChaCha's 192-bit nonce may be random for ever under one key, unlike AES-GCM's. */
void key_wrap(uint8_t out[WRAPPED_BYTES], const struct key *by, uint64_t label, const struct key *k)
{
	uint64_t be = __builtin_bswap64(label);

	randombytes_buf(out, NONCE_BYTES);
	crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE_BYTES, NULL, k->b, sizeof k->b, (unsigned char *)&be, sizeof be, NULL, out, by->b);
}

bool key_unwrap(struct key *k, const struct key *by, uint64_t label, const uint8_t in[WRAPPED_BYTES])
{
	uint64_t be = __builtin_bswap64(label);

	if (crypto_aead_xchacha20poly1305_ietf_decrypt(k->b, NULL, NULL, in + NONCE_BYTES, WRAPPED_BYTES - NONCE_BYTES,
	                                               (unsigned char *)&be, sizeof be, in, by->b) == 0)
		return true;
	key_wipe(k);
	return false;
}

static enum err file_err(const char *what, const char *path)
{
	int e = errno;

	log_error(what, "path=%s errno=%d error=%s", LOG_S(str_of(path)), e, LOG_S(str_of(strerror(e))));
	return e == ENOENT ? ERR_ABSENT : e == EEXIST ? ERR_EXISTS : e == EACCES ? ERR_DENIED : e == ENOSPC ? ERR_NOSPACE : ERR_IO;
}

/* A new file survives a power cut only once its directory entry is on disk, too. */
static bool sync_parent(const char *path)
{
	ptrdiff_t slash = str_rfind(str_of(path), '/');
	char *dir = str_heap_z(slash < 0 ? S(".") : (struct str){ path, (size_t)slash + 1 });
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	free(dir);
	return ok;
}

enum err master_key_create(const char *path)
{
	struct key k;
	char text[HEX_BYTES + 1];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return file_err("master_key_create", path);
	key_random(&k);
	sodium_bin2hex(text, sizeof text, k.b, sizeof k.b);
	key_wipe(&k);
	text[HEX_BYTES] = '\n';         /* where the NUL stood */
	bool ok = write(fd, text, FILE_BYTES) == FILE_BYTES && fsync(fd) == 0 && sync_parent(path);
	sodium_memzero(text, sizeof text);
	close(fd);
	if (ok)
		return OK;
	enum err e = file_err("master_key_create", path);
	unlink(path);                   /* ours, just made, and useless */
	return e;
}

static enum err master_key_read(struct key *k, int fd, const char *path)
{
	char text[FILE_BYTES + 1];
	struct stat st;

	if (fstat(fd, &st) < 0)
		return file_err("master_key_load", path);
	if (st.st_mode & (S_IRWXG | S_IRWXO)) {
		log_error("master_key_load", "path=%s refused=\"others may read it\" mode=%03o", LOG_S(str_of(path)), st.st_mode & 0777);
		return ERR_DENIED;
	}
	ssize_t n = read(fd, text, sizeof text);
	bool ok = n == FILE_BYTES && text[HEX_BYTES] == '\n' &&
	          sodium_hex2bin(k->b, sizeof k->b, text, HEX_BYTES, NULL, NULL, NULL) == 0;
	sodium_memzero(text, sizeof text);
	if (ok)
		return OK;
	log_error("master_key_load", "path=%s refused=\"not 64 hex digits and a newline\"", LOG_S(str_of(path)));
	key_wipe(k);
	return ERR_CORRUPT;
}

enum err master_key_load(struct key *k, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return file_err("master_key_load", path);
	enum err e = master_key_read(k, fd, path);
	close(fd);
	return e;
}
