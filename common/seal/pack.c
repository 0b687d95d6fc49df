/* common/seal/pack.c: zstd, at two of its quickest levels. */
#include "common/seal/pack.h"

#include <pthread.h>
#include <stdlib.h>
#include <zstd.h>

#include "common/base/must.h"

/* Making a zstd context costs more than packing a small message, so each thread keeps its own. They hold no state between
 * calls that could change an answer; a thread's end frees them. */
struct contexts { ZSTD_CCtx *c; ZSTD_DCtx *d; };

static pthread_key_t contexts_key;
static pthread_once_t contexts_once = PTHREAD_ONCE_INIT;

static void contexts_free(void *p)
{
	struct contexts *x = p;

	ZSTD_freeCCtx(x->c);
	ZSTD_freeDCtx(x->d);
	free(x);
}

static void contexts_make_key(void)
{
	must(pthread_key_create(&contexts_key, contexts_free) == 0);
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

bool pack(struct buf *out, struct str plain, enum pack_effort effort)
{
	size_t bound = ZSTD_compressBound(plain.n);

	buf_reserve(out, bound);
	size_t n = ZSTD_compressCCtx(contexts_get()->c, out->p + out->n, bound, plain.p, plain.n, effort);
	must(!ZSTD_isError(n));
	if (n <= plain.n - plain.n / 20 && n < plain.n) {
		out->n += n;
		return true;
	}
	buf_add(out, plain);
	return false;
}

bool unpack(struct buf *out, struct str packed, size_t max_bytes)
{
	unsigned long long size = ZSTD_getFrameContentSize(packed.p, packed.n);   /* pack always writes it */

	if (size > max_bytes)           /* the two errors are the largest numbers */
		return false;
	buf_reserve(out, (size_t)size + 1);
	size_t n = ZSTD_decompressDCtx(contexts_get()->d, out->p + out->n, (size_t)size, packed.p, packed.n);
	if (n != size)
		return false;
	out->n += n;
	return true;
}
