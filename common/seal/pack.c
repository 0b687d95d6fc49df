/* common/seal/pack.c: zstd, at two of its quickest levels, with a dictionary for what is small, and base64 undone. */
#include "common/seal/pack.h"

#include <pthread.h>
#include <stdlib.h>
#include <zstd.h>

#include "common/base/must.h"
#include "common/seal/dictionary.h"
#include "common/seal/lines.h"

/* Making a zstd context costs more than packing a small message, so each thread keeps its own. They hold no state between
 * calls that could change an answer; a thread's end frees them. */
struct contexts { ZSTD_CCtx *c; ZSTD_DCtx *d; };

static pthread_key_t contexts_key;
static pthread_once_t contexts_once = PTHREAD_ONCE_INIT;

/* The dictionary, digested once for all threads, who only read it; there from the first contexts_get on. */
static struct { ZSTD_CDict *c; ZSTD_DDict *d; } known;

static void contexts_free(void *p)
{
	struct contexts *x = p;

	ZSTD_freeCCtx(x->c);
	ZSTD_freeDCtx(x->d);
	free(x);
}

static void contexts_make_key(void)
{
	struct buf words = { 0 };

	must(pthread_key_create(&contexts_key, contexts_free) == 0);
	dictionary_write(&words);
	known.c = ZSTD_createCDict(words.p, words.n, PACK_QUICK);
	known.d = ZSTD_createDDict(words.p, words.n);
	must(known.c && known.d);
	buf_fini(&words);
}

static struct contexts *contexts_get(void)
{
	must(pthread_once(&contexts_once, contexts_make_key) == 0);
	struct contexts *x = pthread_getspecific(contexts_key);
	if (x)
		return x;
	x = mem_new(sizeof *x);
	x->c = ZSTD_createCCtx();
	x->d = ZSTD_createDCtx();
	must(x->c && x->d && pthread_setspecific(contexts_key, x) == 0);
	return x;
}

/* A packed piece says by its first octets what it is; the first of these is zstd's own. */
#define MAGIC_ZSTD       "\x28\xb5\x2f\xfd"
#define MAGIC_LINES      "B64\1"         /* lines.h */
#define MAGIC_LINES_ZSTD "B64\2"         /* the same, and zstd over it */
enum { MAGIC_BYTES = 4 };

/* What is as long as this makes its own statistics; below, those of the dictionary are as good, and cost nothing. */
enum { DICTIONARY_MOST = 16 * 1024 };

static size_t zstd_compress(char *to, size_t room, struct str plain, enum pack_effort effort)
{
	ZSTD_CCtx *c = contexts_get()->c;

	if (plain.n <= DICTIONARY_MOST)
		return ZSTD_compress_usingCDict(c, to, room, plain.p, plain.n, known.c);
	return ZSTD_compressCCtx(c, to, room, plain.p, plain.n, effort);
}

/* Appends a frame of zstd, unless that saves less than 5 %. */
static bool zstd_pack(struct buf *out, struct str plain, enum pack_effort effort)
{
	size_t bound = ZSTD_compressBound(plain.n);

	buf_reserve(out, bound);
	size_t n = zstd_compress(out->p + out->n, bound, plain, effort);
	must(!ZSTD_isError(n));
	if (n > plain.n - plain.n / 20 || n >= plain.n)
		return false;
	out->n += n;
	return true;
}

/* A frame that was made without the dictionary opens beside it, too. */
static bool zstd_unpack(struct buf *out, struct str packed, size_t max_bytes)
{
	unsigned long long size = ZSTD_getFrameContentSize(packed.p, packed.n);   /* zstd_pack always writes it */
	ZSTD_DCtx *d = contexts_get()->d;

	if (size > max_bytes)           /* the two errors are the largest numbers */
		return false;
	buf_reserve(out, (size_t)size + 1);
	size_t n = ZSTD_decompress_usingDDict(d, out->p + out->n, (size_t)size, packed.p, packed.n, known.d);
	if (n != size)
		return false;
	out->n += n;
	return true;
}

/* Attachments: what their base64 stands for is mostly compressed already. */
static bool attachment_pack(struct buf *out, struct str plain, enum pack_effort effort)
{
	struct buf lines = { 0 };
	size_t before = out->n;
	bool good = lines_pack(&lines, plain);

	if (good) {
		buf_add(out, S(MAGIC_LINES_ZSTD));
		if (!zstd_pack(out, buf_str(&lines), effort)) {
			out->n = before;
			buf_add(out, S(MAGIC_LINES));
			buf_add(out, buf_str(&lines));
		}
	}
	buf_fini(&lines);
	return good;
}

bool pack(struct buf *out, struct str plain, enum pack_effort effort)
{
	if ((effort == PACK_SMALL && attachment_pack(out, plain, effort)) || zstd_pack(out, plain, effort))
		return true;
	buf_add(out, plain);
	return false;
}

static bool attachment_unpack(struct buf *out, struct str packed, size_t max_bytes)
{
	struct buf lines = { 0 };
	bool good = zstd_unpack(&lines, packed, max_bytes) && lines_unpack(out, buf_str(&lines), max_bytes);

	buf_fini(&lines);
	return good;
}

bool unpack(struct buf *out, struct str packed, size_t max_bytes)
{
	struct str magic = str_head(packed, MAGIC_BYTES), rest = str_skip(packed, magic.n);

	if (str_eq(magic, S(MAGIC_LINES)))
		return lines_unpack(out, rest, max_bytes);
	if (str_eq(magic, S(MAGIC_LINES_ZSTD)))
		return attachment_unpack(out, rest, max_bytes);
	return str_eq(magic, S(MAGIC_ZSTD)) && zstd_unpack(out, packed, max_bytes);
}
