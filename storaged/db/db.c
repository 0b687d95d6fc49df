/* storaged/db/db.c: LMDB below, two hash tables of rows above it. */
#include "storaged/db/db.h"

#include <errno.h>
#include <lmdb.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/base/log.h"
#include "common/base/map.h"
#include "common/base/must.h"
#include "common/base/sum.h"

enum { KEY_BYTES = 4 + 1 + 8 + 8 + 4, ROW_VERSION = 5, ROW_EXTRA = 1 + 4, PAGE_BYTES = 4096 };
/* AHEAD_ASK: of one request the kernel reads no more than this where nothing is configured. */
enum { AHEAD_BYTES = 4 << 20, AHEAD_ASK = 128 << 10 };

struct row {
	struct row *next;                /* others with the same hash */
	uint8_t key[KEY_BYTES];
	bool gone;
	size_t n;
	char bytes[];                    /* version, value, checksum */
};

struct db_layer {
	struct map rows;                 /* hash of key -> chain */
	struct map dropped;              /* users whose older rows are void */
	size_t n_rows, bytes;
	struct lsn at;
};

struct db {
	MDB_env *env;
	MDB_dbi dbi;
	struct db_layer active, frozen;
	bool is_frozen;
	atomic_uint_fast64_t rows_read, pages_read;
	char *_Atomic map;               /* where LMDB has mapped the file; NULL: not known yet */
};

struct db_reader { struct db *db; MDB_txn *txn; unsigned depth; };   /* of the tree, as this transaction sees it */

static const struct row_key meta_key = { 0, T_META, 0, 0, 0 };

/* --- keys and values --- */

static void put_be(uint8_t *to, uint64_t v, int bytes)
{
	for (int i = bytes - 1; i >= 0; i--, v >>= 8)
		to[i] = (uint8_t)v;
}

static uint64_t get_be(const uint8_t *from, int bytes)
{
	uint64_t v = 0;

	for (int i = 0; i < bytes; i++)
		v = v << 8 | from[i];
	return v;
}

static void key_pack(uint8_t out[KEY_BYTES], struct row_key k)
{
	put_be(out, k.user, 4);
	out[4] = k.table;
	put_be(out + 5, k.a, 8);
	put_be(out + 13, k.b, 8);
	put_be(out + 21, k.c, 4);
}

static struct row_key key_unpack(const uint8_t in[KEY_BYTES])
{
	return (struct row_key){ (uint32_t)get_be(in, 4), in[4], get_be(in + 5, 8), get_be(in + 13, 8), (uint32_t)get_be(in + 21, 4) };
}

static uint64_t key_hash(const uint8_t key[KEY_BYTES])
{
	return sum64((struct str){ (const char *)key, KEY_BYTES });
}

/* The checksum covers the key too: a good value under a wrong key is damage as well. */
static uint32_t value_sum(const uint8_t key[KEY_BYTES], struct str value)
{
	return (uint32_t)sum64_seeded(value, key_hash(key));
}

static enum err value_check(const uint8_t key[KEY_BYTES], struct str stored, struct str *value)
{
	if (stored.n < ROW_EXTRA || stored.p[0] != ROW_VERSION)
		return ERR_CORRUPT;
	*value = (struct str){ stored.p + 1, stored.n - ROW_EXTRA };
	uint32_t sum;
	memcpy(&sum, stored.p + stored.n - 4, 4);
	return sum == value_sum(key, *value) ? OK : ERR_CORRUPT;
}

/* --- layers --- */

static struct row *layer_find(const struct db_layer *l, const uint8_t key[KEY_BYTES])
{
	struct row *r = map_get(&l->rows, key_hash(key));

	while (r && memcmp(r->key, key, KEY_BYTES) != 0)
		r = r->next;
	return r;
}

static void layer_remove(struct db_layer *l, const uint8_t key[KEY_BYTES])
{
	uint64_t hash = key_hash(key);
	struct row *first = map_get(&l->rows, hash), **at = &first;

	while (*at && memcmp((*at)->key, key, KEY_BYTES) != 0)
		at = &(*at)->next;
	struct row *old = *at;
	if (!old)
		return;
	*at = old->next;
	if (first)
		map_put(&l->rows, hash, first);
	else
		map_del(&l->rows, hash);
	l->n_rows--;
	l->bytes -= sizeof *old + old->n;
	free(old);
}

static void layer_add(struct db_layer *l, const uint8_t key[KEY_BYTES], struct row *row)
{
	uint64_t hash = key_hash(key);

	layer_remove(l, key);
	memcpy(row->key, key, KEY_BYTES);
	row->next = map_get(&l->rows, hash);
	map_put(&l->rows, hash, row);
	l->n_rows++;
	l->bytes += sizeof *row + row->n;
}

static void layer_put(struct db_layer *l, struct row_key k, struct str value)
{
	uint8_t key[KEY_BYTES];
	struct row *row = mem_new(sizeof *row + value.n + ROW_EXTRA);

	key_pack(key, k);
	row->n = value.n + ROW_EXTRA;
	row->bytes[0] = ROW_VERSION;
	if (value.n)
		memcpy(row->bytes + 1, value.p, value.n);
	uint32_t sum = value_sum(key, value);
	memcpy(row->bytes + 1 + value.n, &sum, 4);
	layer_add(l, key, row);
}

static void layer_drop_user(struct db_layer *l, uint32_t user)
{
	struct row **doomed = mem_new((l->n_rows + 1) * sizeof *doomed);
	size_t at = 0, n = 0;
	uint64_t hash;
	void *chain;

	while (map_each(&l->rows, &at, &hash, &chain))
		for (struct row *r = chain; r; r = r->next)
			if (key_unpack(r->key).user == user)
				doomed[n++] = r;
	for (size_t i = 0; i < n; i++)
		layer_remove(l, doomed[i]->key);
	free(doomed);
}

static void layer_fini(struct db_layer *l)
{
	size_t at = 0;
	uint64_t hash;
	void *chain;

	while (map_each(&l->rows, &at, &hash, &chain)) {
		for (struct row *r = chain, *next; r; r = next) {
			next = r->next;
			free(r);
		}
	}
	map_fini(&l->rows);
	map_fini(&l->dropped);
	*l = (struct db_layer){ 0 };
}

void db_put(struct db *db, struct row_key key, struct str value) { layer_put(&db->active, key, value); }

void db_del(struct db *db, struct row_key k)
{
	uint8_t key[KEY_BYTES];
	struct row *row = mem_new(sizeof *row);

	key_pack(key, k);
	row->gone = true;
	layer_add(&db->active, key, row);
}

void db_drop_user(struct db *db, uint32_t user)
{
	layer_drop_user(&db->active, user);
	map_put(&db->active.dropped, user, db);
}

size_t db_active_bytes(const struct db *db) { return db->active.bytes; }
size_t db_active_rows(const struct db *db) { return db->active.n_rows + db->active.dropped.n; }

static enum peek layer_peek(const struct db_layer *l, struct row_key k, struct str *value)
{
	uint8_t key[KEY_BYTES];

	if (l->n_rows == 0 && l->dropped.n == 0)
		return PEEK_BELOW;
	key_pack(key, k);
	const struct row *r = layer_find(l, key);
	if (r && !r->gone) {
		*value = (struct str){ r->bytes + 1, r->n - ROW_EXTRA };
		return PEEK_HERE;
	}
	return r || map_get(&l->dropped, k.user) ? PEEK_GONE : PEEK_BELOW;
}

enum peek db_peek(const struct db *db, struct row_key key, struct str *value)
{
	enum peek p = layer_peek(&db->active, key, value);

	return p == PEEK_BELOW && db->is_frozen ? layer_peek(&db->frozen, key, value) : p;
}

enum peek db_frozen_peek(const struct db *db, struct row_key key, struct str *value)
{
	must(db->is_frozen);
	return layer_peek(&db->frozen, key, value);
}

/* --- LMDB --- */

static enum err mdb_err(int rc, const char *what)
{
	if (rc == MDB_SUCCESS)
		return OK;
	if (rc == MDB_NOTFOUND)
		return ERR_ABSENT;
	log_error("index_failed", "what=%s why=\"%s\"", what, mdb_strerror(rc));
	if (rc == ENOSPC || rc == MDB_MAP_FULL)
		return ERR_NOSPACE;
	return rc == MDB_CORRUPTED || rc == MDB_INVALID || rc == MDB_PAGE_NOTFOUND ? ERR_CORRUPT : ERR_IO;
}

static enum err read_lsn(struct db *db, struct lsn *at)
{
	struct db_reader *r = db_reader_new(db);
	struct str v;

	if (!r)
		return ERR_IO;
	enum err err = db_reader_get(r, meta_key, &v);
	at->n = err == OK && v.n == 8 ? get_be((const uint8_t *)v.p, 8) : 0;
	db_reader_free(&r);
	return err == ERR_ABSENT ? OK : err;
}

static enum err env_start(struct db *db, const char *path, uint64_t map_bytes)
{
	MDB_txn *txn;
	int rc = mdb_env_create(&db->env);

	if (rc == 0)
		rc = mdb_env_set_mapsize(db->env, map_bytes);
	if (rc == 0)
		rc = mdb_env_set_maxreaders(db->env, 512);
	/* Synchronous and not MDB_WRITEMAP: DESIGN section 3 says what the others cost. */
	if (rc == 0)
		rc = mdb_env_open(db->env, path, MDB_NOSUBDIR | MDB_NOTLS | MDB_NORDAHEAD, 0600);
	if (rc == 0)
		rc = mdb_txn_begin(db->env, NULL, 0, &txn);
	if (rc != 0)
		return mdb_err(rc, "open");
	rc = mdb_dbi_open(txn, NULL, 0, &db->dbi);
	if (rc != 0) {
		mdb_txn_abort(txn);
		return mdb_err(rc, "open table");
	}
	return mdb_err(mdb_txn_commit(txn), "open commit");
}

enum err db_open(struct db **out, const char *path, uint64_t map_bytes, struct lsn *at)
{
	struct db *db = mem_new(sizeof *db);
	enum err err = env_start(db, path, map_bytes);

	if (err == OK)
		err = read_lsn(db, at);
	if (err != OK)
		db_close(&db);
	*out = db;
	return err;
}

void db_close(struct db **db)
{
	if (!*db)
		return;
	layer_fini(&(*db)->active);
	layer_fini(&(*db)->frozen);
	mdb_env_close((*db)->env);
	free(*db);
	*db = NULL;
}

void db_trim(struct db *db)
{
	char *map = atomic_load_explicit(&db->map, memory_order_relaxed);
	MDB_envinfo info;
	MDB_stat stat;

	/* The map is read-only and the file's, so nothing is lost: the next look maps it again. */
	must(mdb_env_info(db->env, &info) == 0 && mdb_env_stat(db->env, &stat) == 0);
	if (map && stat.ms_psize == PAGE_BYTES)
		must(madvise(map, info.me_mapsize, MADV_DONTNEED) == 0);
}

struct db_reader *db_reader_new(struct db *db)
{
	MDB_txn *txn;

	if (mdb_err(mdb_txn_begin(db->env, NULL, MDB_RDONLY, &txn), "read") != OK)
		return NULL;
	struct db_reader *r = mem_new(sizeof *r);
	MDB_stat tree = { 0 };
	mdb_stat(txn, db->dbi, &tree);
	*r = (struct db_reader){ db, txn, tree.ms_depth };
	return r;
}

void db_reader_free(struct db_reader **r)
{
	if (!*r)
		return;
	mdb_txn_abort((*r)->txn);
	free(*r);
	*r = NULL;
}

static void count_reads(const struct db_reader *r, uint64_t rows, uint64_t pages)
{
	atomic_fetch_add_explicit(&r->db->rows_read, rows, memory_order_relaxed);
	atomic_fetch_add_explicit(&r->db->pages_read, pages, memory_order_relaxed);
}

/* Of a value too large to lie beside its key. */
static uint64_t own_pages(MDB_val v)
{
	return v.mv_size > PAGE_BYTES / 2 ? (v.mv_size + PAGE_BYTES - 1) / PAGE_BYTES : 0;
}

struct db_reads db_reads_get(const struct db *db)
{
	return (struct db_reads){ atomic_load_explicit(&db->rows_read, memory_order_relaxed),
	                          atomic_load_explicit(&db->pages_read, memory_order_relaxed) };
}

enum err db_reader_get(struct db_reader *r, struct row_key k, struct str *value)
{
	uint8_t key[KEY_BYTES];
	MDB_val mk = { KEY_BYTES, key }, mv;

	key_pack(key, k);
	enum err err = mdb_err(mdb_get(r->txn, r->db->dbi, &mk, &mv), "get");
	count_reads(r, 1, r->depth + (err ? 0 : own_pages(mv)));
	return err ? err : value_check(key, (struct str){ mv.mv_data, mv.mv_size }, value);
}

struct walk { struct row_key from; uint8_t last_table; bool only_a, all; };

static bool walk_within(const struct walk *w, struct row_key k)
{
	if (w->all)
		return true;
	return k.user == w->from.user && k.table <= w->last_table && (!w->only_a || k.a == w->from.a);
}

/* Keys lie in their leaf page, also where a value has pages of its own. */
static const char *page_of(const void *key)
{
	return (const char *)((uintptr_t)key & ~(uintptr_t)(PAGE_BYTES - 1));
}

/* --- reading ahead: the map is opened without, as single rows are read here and there --- */

struct ahead { const char *start, *end; };      /* pages side by side, not asked for yet */

static void ahead_ask(const struct ahead *a)
{
	/* Who is refused reads them later, one by one. */
	if (a->start)
		(void)madvise((char *)(uintptr_t)a->start, (size_t)(a->end - a->start), MADV_WILLNEED);
}

static void ahead_add(struct ahead *a, MDB_val v)
{
	const char *start = page_of(v.mv_data), *end = start + own_pages(v) * PAGE_BYTES;

	if (start != a->end || end - a->start > AHEAD_ASK) {
		ahead_ask(a);
		a->start = start;
	}
	a->end = end;
}

uint64_t db_reader_ahead(struct db_reader *r, struct row_key from, uint64_t last)
{
	uint8_t key[KEY_BYTES];
	MDB_val mk = { KEY_BYTES, key }, mv;
	struct ahead ahead = { NULL, NULL };
	uint64_t again = UINT64_MAX;
	size_t bytes = 0;
	MDB_cursor *c;

	if (mdb_err(mdb_cursor_open(r->txn, r->db->dbi, &c), "cursor") != OK)
		return UINT64_MAX;
	key_pack(key, from);
	int rc = mdb_cursor_get(c, &mk, &mv, MDB_SET_RANGE);
	for (; rc == 0 && mk.mv_size == KEY_BYTES && bytes < AHEAD_BYTES; rc = mdb_cursor_get(c, &mk, &mv, MDB_NEXT)) {
		struct row_key k = key_unpack(mk.mv_data);
		if (k.user != from.user || k.table != from.table || k.a != from.a || k.b > last)
			break;
		if (own_pages(mv))
			ahead_add(&ahead, mv);
		bytes += mv.mv_size;
		if (again == UINT64_MAX && bytes >= AHEAD_BYTES / 2)
			again = k.b;
	}
	ahead_ask(&ahead);
	mdb_cursor_close(c);
	return bytes < AHEAD_BYTES ? UINT64_MAX : again;
}

/* LMDB does not tell where its map is. A page knows its number: it stands in front of it. */
static void map_found(struct db *db, const char *page)
{
	uint64_t number;

	memcpy(&number, page, sizeof number);
	atomic_store_explicit(&db->map, (char *)(uintptr_t)page - number * PAGE_BYTES, memory_order_relaxed);
}

static enum err walk_rows(struct db_reader *r, const struct walk *w, db_row_fn *fn, void *ctx)
{
	uint8_t key[KEY_BYTES];
	MDB_val mk = { KEY_BYTES, key }, mv;
	MDB_cursor *c;
	enum err err = mdb_err(mdb_cursor_open(r->txn, r->db->dbi, &c), "cursor");

	if (err)
		return err;
	key_pack(key, w->from);
	int rc = mdb_cursor_get(c, &mk, &mv, MDB_SET_RANGE);
	uint64_t rows = 0, pages = r->depth, ahead_at = 0;
	const char *leaf = NULL;
	while (rc == 0 && err == OK) {
		pages += (leaf && leaf != page_of(mk.mv_data)) + own_pages(mv);
		leaf = page_of(mk.mv_data);
		rows++;
		if (mk.mv_size != KEY_BYTES) {
			err = ERR_CORRUPT;
			break;
		}
		struct row_key k = key_unpack(mk.mv_data);
		if (!walk_within(w, k))
			break;
		if (w->only_a && own_pages(mv) && k.b >= ahead_at)
			ahead_at = db_reader_ahead(r, k, UINT64_MAX - 1);
		struct str value;
		err = value_check(mk.mv_data, (struct str){ mv.mv_data, mv.mv_size }, &value);
		if (err == OK)
			err = fn(ctx, k, value);
		if (err == OK)
			rc = mdb_cursor_get(c, &mk, &mv, MDB_NEXT);
	}
	mdb_cursor_close(c);
	if (leaf)
		map_found(r->db, leaf);
	count_reads(r, rows, pages);
	return err ? err : rc == MDB_NOTFOUND ? OK : mdb_err(rc, "walk");
}

enum err db_reader_each(struct db_reader *r, struct row_key from, uint8_t last_table, bool only_a, db_row_fn *fn, void *ctx)
{
	struct walk w = { from, last_table, only_a, false };

	return walk_rows(r, &w, fn, ctx);
}

enum err db_reader_all(struct db_reader *r, db_row_fn *fn, void *ctx)
{
	struct walk w = { { 0, 0, 0, 0, 0 }, 0, false, true };

	return walk_rows(r, &w, fn, ctx);
}

/* --- checkpoints --- */

bool db_is_frozen(const struct db *db) { return db->is_frozen; }

void db_freeze(struct db *db, struct lsn at)
{
	must(!db->is_frozen);
	db->frozen = db->active;
	db->frozen.at = at;
	db->active = (struct db_layer){ 0 };
	db->is_frozen = true;
}

void db_frozen_put(struct db *db, struct row_key key, struct str value)
{
	must(db->is_frozen);
	layer_put(&db->frozen, key, value);
}

static int row_order(const void *a, const void *b)
{
	const struct row *const *x = a, *const *y = b;

	return memcmp((*x)->key, (*y)->key, KEY_BYTES);
}

/* The frozen rows in key order: LMDB fills its pages best that way. Owner: the caller. */
static struct row **frozen_sorted(const struct db_layer *l)
{
	struct row **rows = mem_new((l->n_rows + 1) * sizeof *rows);
	size_t at = 0, n = 0;
	uint64_t hash;
	void *chain;

	while (map_each(&l->rows, &at, &hash, &chain))
		for (struct row *r = chain; r; r = r->next)
			rows[n++] = r;
	must(n == l->n_rows);
	qsort(rows, n, sizeof *rows, row_order);
	return rows;
}

static int drop_user_rows(MDB_cursor *c, uint32_t user)
{
	uint8_t key[KEY_BYTES];
	MDB_val mk = { KEY_BYTES, key }, mv;

	key_pack(key, (struct row_key){ user, 0, 0, 0, 0 });
	int rc = mdb_cursor_get(c, &mk, &mv, MDB_SET_RANGE);
	while (rc == 0 && key_unpack(mk.mv_data).user == user) {
		rc = mdb_cursor_del(c, 0);
		if (rc == 0)
			rc = mdb_cursor_get(c, &mk, &mv, MDB_NEXT);    /* after a delete: the one that moved up */
	}
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int write_layer(MDB_txn *txn, MDB_dbi dbi, const struct db_layer *l)
{
	struct row **rows = frozen_sorted(l);
	size_t at = 0;
	uint64_t user;
	void *mark;
	MDB_cursor *c;
	int rc = mdb_cursor_open(txn, dbi, &c);

	while (rc == 0 && map_each(&l->dropped, &at, &user, &mark))
		rc = drop_user_rows(c, (uint32_t)user);
	if (rc == 0)
		mdb_cursor_close(c);
	for (size_t i = 0; rc == 0 && i < l->n_rows; i++) {
		MDB_val mk = { KEY_BYTES, rows[i]->key }, mv = { rows[i]->n, rows[i]->bytes };
		rc = rows[i]->gone ? mdb_del(txn, dbi, &mk, NULL) : mdb_put(txn, dbi, &mk, &mv, 0);
		if (rows[i]->gone && rc == MDB_NOTFOUND)
			rc = 0;
	}
	free(rows);
	return rc;
}

enum err db_commit(struct db *db)
{
	MDB_txn *txn;
	struct db_layer meta = { 0 };
	uint8_t lsn[8];

	must(db->is_frozen);
	put_be(lsn, db->frozen.at.n, 8);
	layer_put(&meta, meta_key, (struct str){ (const char *)lsn, 8 });
	int rc = mdb_txn_begin(db->env, NULL, 0, &txn);
	if (rc == 0) {
		rc = write_layer(txn, db->dbi, &db->frozen);
		if (rc == 0)
			rc = write_layer(txn, db->dbi, &meta);
		if (rc == 0)
			rc = mdb_txn_commit(txn);
		else
			mdb_txn_abort(txn);
	}
	layer_fini(&meta);
	return mdb_err(rc, "commit");
}

struct db_layer *db_thaw_take(struct db *db)
{
	struct db_layer *old = mem_new(sizeof *old);

	must(db->is_frozen);
	*old = db->frozen;
	db->frozen = (struct db_layer){ 0 };
	db->is_frozen = false;
	return old;
}

void db_layer_free(struct db_layer **l)
{
	layer_fini(*l);
	free(*l);
	*l = NULL;
}

void db_thaw(struct db *db)
{
	struct db_layer *old = db_thaw_take(db);

	db_layer_free(&old);
}
