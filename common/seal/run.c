/* common/seal/run.c: pieces packed, sealed, found and opened. */
#include "common/seal/run.h"

#include <stdlib.h>

#include "common/base/must.h"
#include "common/base/rd.h"
#include "common/seal/aead.h"
#include "common/seal/pack.h"

/* Kind of thing and version of its layout, as its first byte: a run never parses as a small thing. */
enum { RUN_VERSION = 0x11, FIXED_HEAD = RUN_HEAD_MAX - 4 * RUN_PIECES };
enum { FLAG_LAST = 1 << 0, FLAG_ZSTD = 1 << 4, FLAGS_KNOWN = FLAG_LAST | ((1 << RUN_PIECES) - 1) * FLAG_ZSTD };   /* FLAG_ZSTD << i: piece i is packed */

struct packed_run {
	uint32_t   first_piece, n_pieces;
	uint8_t    flags;
	uint32_t   bytes[RUN_PIECES];          /* of each packed piece */
	struct buf packed;                     /* the pieces, end to end */
};

static void packed_run_init(struct packed_run *p, struct str plain, uint32_t first_piece, bool last)
{
	must(plain.n <= RUN_BYTES && (last || (plain.n > 0 && plain.n % PIECE_BYTES == 0)));
	*p = (struct packed_run){ .first_piece = first_piece, .flags = last ? FLAG_LAST : 0 };
	do {                            /* an empty message is one empty piece */
		struct str piece = str_head(plain, PIECE_BYTES);
		size_t before = p->packed.n;

		if (pack(&p->packed, piece, PACK_SMALL))
			p->flags |= (uint8_t)(FLAG_ZSTD << p->n_pieces);
		p->bytes[p->n_pieces++] = (uint32_t)(p->packed.n - before);
		plain = str_skip(plain, PIECE_BYTES);
	} while (plain.n > 0);
	must(first_piece <= UINT32_MAX - p->n_pieces);
}

struct packed_run *run_pack(struct str plain, uint32_t first_piece, bool last)
{
	struct packed_run *p = mem_new(sizeof *p);

	packed_run_init(p, plain, first_piece, last);
	return p;
}

void packed_run_free(struct packed_run **p)
{
	if (*p)
		buf_fini(&(*p)->packed);
	free(*p);
	*p = NULL;
}

static void head_add(struct buf *out, const struct packed_run *p, enum seal_algorithm algorithm, const uint8_t salt[SALT_BYTES])
{
	buf_u8(out, RUN_VERSION);
	buf_u8(out, (uint8_t)algorithm);
	buf_u8(out, p->flags);
	buf_add(out, (struct str){ (const char *)salt, SALT_BYTES });
	buf_u32(out, p->first_piece);
	buf_u32(out, p->n_pieces);
	for (uint32_t i = 0; i < p->n_pieces; i++)
		buf_u32(out, p->bytes[i] + TAG_BYTES);
}

void run_seal_packed(struct buf *out, const struct key *user_key, struct user_id user, enum seal_purpose purpose, const struct packed_run *p)
{
	uint8_t salt[SALT_BYTES];
	struct str rest = buf_str(&p->packed);
	size_t start = out->n;
	struct aead a;

	buf_reserve(out, RUN_HEAD_MAX + rest.n + RUN_PIECES * TAG_BYTES);      /* so that `head` stays put */
	seal_random(salt, sizeof salt);
	must(aead_init(&a, user_key, user, purpose, seal_preferred(), salt));
	head_add(out, p, a.algorithm, salt);
	struct str head = { out->p + start, out->n - start };
	for (uint32_t i = 0; i < p->n_pieces; i++) {
		aead_seal(&a, out, head, p->first_piece + i, str_head(rest, p->bytes[i]));
		rest = str_skip(rest, p->bytes[i]);
	}
	aead_fini(&a);
}

void run_seal(struct buf *out, const struct key *user_key, struct user_id user, enum seal_purpose purpose,
              uint32_t first_piece, bool last, struct str plain)
{
	struct packed_run p;

	packed_run_init(&p, plain, first_piece, last);
	run_seal_packed(out, user_key, user, purpose, &p);
	buf_fini(&p.packed);
}

/* What stands in a head, beyond what callers need to know. */
struct head { struct run_info info; uint8_t algorithm, flags; const uint8_t *salt; };

static bool head_read(struct str in, struct head *h)
{
	struct rd r = rd_of(in);
	struct run_info *info = &h->info;
	uint8_t version = rd_u8(&r);

	h->algorithm = rd_u8(&r);
	h->flags = rd_u8(&r);
	h->salt = (const uint8_t *)rd_bytes(&r, SALT_BYTES).p;
	info->first_piece = rd_u32(&r);
	info->n_pieces = rd_u32(&r);
	if (r.bad || version != RUN_VERSION || (h->flags & ~FLAGS_KNOWN) || info->n_pieces < 1 || info->n_pieces > RUN_PIECES ||
	    info->first_piece > UINT32_MAX - info->n_pieces)
		return false;
	info->last = h->flags & FLAG_LAST;
	info->header_bytes = FIXED_HEAD + 4 * info->n_pieces;
	info->piece_at[0] = info->header_bytes;
	for (uint32_t i = 0; i < info->n_pieces; i++) {
		uint32_t bytes = rd_u32(&r);
		if (bytes < TAG_BYTES || bytes > PIECE_BYTES + TAG_BYTES)
			return false;
		info->piece_at[i + 1] = info->piece_at[i] + bytes;
	}
	return !r.bad;
}

bool run_open_info(struct str head, struct run_info *info)
{
	struct head h;

	if (!head_read(head, &h))
		return false;
	*info = h.info;
	return true;
}

/* i: counted within the run. Nothing reaches zstd before it proved authentic. */
static enum err piece_open(struct buf *out, const struct aead *a, const struct head *h, struct str head, uint32_t i, struct str sealed)
{
	uint32_t piece = h->info.first_piece + i;
	struct buf packed = { 0 };

	if (sealed.n != h->info.piece_at[i + 1] - h->info.piece_at[i])
		return ERR_CORRUPT;
	if (!(h->flags & FLAG_ZSTD << i))
		return aead_open(a, out, head, piece, sealed) ? OK : ERR_CORRUPT;
	bool ok = aead_open(a, &packed, head, piece, sealed) && unpack(out, buf_str(&packed), PIECE_BYTES);
	buf_fini(&packed);
	return ok ? OK : ERR_CORRUPT;
}

enum err run_open_piece(struct buf *out, const struct key *user_key, struct user_id user, enum seal_purpose purpose,
                        struct str head, uint32_t piece, struct str sealed)
{
	struct head h;
	struct aead a;

	if (!head_read(head, &h) || piece < h.info.first_piece || piece - h.info.first_piece >= h.info.n_pieces ||
	    !aead_init(&a, user_key, user, purpose, h.algorithm, h.salt))
		return ERR_CORRUPT;
	enum err e = piece_open(out, &a, &h, str_head(head, h.info.header_bytes), piece - h.info.first_piece, sealed);
	aead_fini(&a);
	return e;
}

/* ERR_CORRUPT also when a piece is not as long as its head says. */
static enum err run_begin(struct aead *a, struct head *h, const struct key *user_key, struct user_id user, enum seal_purpose purpose, struct str run)
{
	if (!head_read(run, h) || run.n != h->info.piece_at[h->info.n_pieces] || !aead_init(a, user_key, user, purpose, h->algorithm, h->salt))
		return ERR_CORRUPT;
	return OK;
}

static struct str run_piece(const struct head *h, struct str run, uint32_t i)
{
	const uint32_t *at = h->info.piece_at;

	return (struct str){ run.p + at[i], at[i + 1] - at[i] };
}

struct packed_run *run_unseal(const struct key *user_key, struct user_id user, enum seal_purpose purpose, struct str run)
{
	struct head h;
	struct aead a;
	bool ok = true;

	if (run_begin(&a, &h, user_key, user, purpose, run) != OK)
		return NULL;
	struct packed_run *p = mem_new(sizeof *p);
	*p = (struct packed_run){ .first_piece = h.info.first_piece, .n_pieces = h.info.n_pieces, .flags = h.flags };
	for (uint32_t i = 0; ok && i < h.info.n_pieces; i++) {
		struct str sealed = run_piece(&h, run, i);
		p->bytes[i] = (uint32_t)sealed.n - TAG_BYTES;
		ok = aead_open(&a, &p->packed, str_head(run, h.info.header_bytes), h.info.first_piece + i, sealed);
	}
	aead_fini(&a);
	if (!ok)
		packed_run_free(&p);
	return p;
}

enum err run_open(struct buf *out, const struct key *user_key, struct user_id user, enum seal_purpose purpose, struct str run)
{
	size_t before = out->n;
	struct head h;
	struct aead a;
	enum err e = run_begin(&a, &h, user_key, user, purpose, run);

	if (e != OK)
		return e;
	for (uint32_t i = 0; e == OK && i < h.info.n_pieces; i++)
		e = piece_open(out, &a, &h, str_head(run, h.info.header_bytes), i, run_piece(&h, run, i));
	aead_fini(&a);
	if (e != OK)
		out->n = before;
	return e;
}
