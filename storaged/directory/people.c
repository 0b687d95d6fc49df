/* storaged/directory/people.c: one function a fact; each says what became true. */
#include "storaged/directory/people.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/must.h"
#include "common/base/rd.h"
#include "common/seal/secret.h"
#include "storaged/db/db.h"
#include "storaged/directory/fact.h"
#include "storaged/directory/username.h"

/* Tables of this index, beside db.h's T_META. Numbers lie on disk. */
enum { T_PERSON = 32, T_LAST_ID = 33 /* user 0 */, T_CLASSES = 34 /* user 0 */ };

/* --- rows --- */

static void row_put(const struct people *people, const struct person *p)
{
	struct buf row = { 0 };

	buf_u32(&row, p->shard);
	buf_u32(&row, p->epoch);
	buf_u32(&row, p->generation);
	for (int r = 0; r < QUOTA_RESOURCES; r++)
		buf_u64(&row, p->limit[r]);
	buf_u64(&row, p->created);
	buf_u64(&row, p->changed);
	buf_u64(&row, p->pushed);
	buf_u8(&row, p->disabled);
	buf_u8(&row, p->deleted);
	buf_u8(&row, p->admin);
	buf_lstr(&row, str_of(p->name));
	buf_lstr(&row, str_of(p->secret));
	buf_lstr(&row, str_of(p->class));
	db_put(people->db, (struct row_key){ p->id, T_PERSON, 0, 0, 0 }, buf_str(&row));
	buf_fini(&row);
}

static bool row_read(struct person *p, struct str row)
{
	struct rd r = rd_of(row);

	p->shard = rd_u32(&r);
	p->epoch = rd_u32(&r);
	p->generation = rd_u32(&r);
	for (int i = 0; i < QUOTA_RESOURCES; i++)
		p->limit[i] = rd_u64(&r);
	p->created = rd_u64(&r);
	p->changed = rd_u64(&r);
	p->pushed = rd_u64(&r);
	p->disabled = rd_u8(&r);
	p->deleted = rd_u8(&r);
	p->admin = rd_u8(&r);
	p->name = str_heap_z(rd_str(&r));
	p->secret = str_heap_z(rd_str(&r));
	p->class = str_heap_z(rd_str(&r));
	return rd_done(&r) && p->shard < SHARDS_MOST;
}

static void last_id_put(const struct people *people)
{
	struct buf row = { 0 };

	buf_u32(&row, people->last_id);
	db_put(people->db, (struct row_key){ 0, T_LAST_ID, 0, 0, 0 }, buf_str(&row));
	buf_fini(&row);
}

static void classes_put(const struct people *people)
{
	struct buf row = { 0 };

	classes_pack(&row, &people->classes);
	db_put(people->db, (struct row_key){ 0, T_CLASSES, 0, 0, 0 }, buf_str(&row));
	buf_fini(&row);
}

/* --- memory --- */

static void person_free(struct person *p)
{
	free(p->name);
	free(p->secret);
	free(p->class);
	free(p);
}

uint64_t people_hash(const struct people *p, struct str name) { return seal_hash64(p->hash_key, name); }

static void person_enter(struct people *people, struct person *p)
{
	map_put(&people->by_id, p->id, p);
	if (p->deleted)
		return;
	uint64_t hash = people_hash(people, str_of(p->name));
	p->same_hash = map_get(&people->by_name, hash);
	map_put(&people->by_name, hash, p);
	people->living++;
	people->on_shard[p->shard]++;
}

/* The name is free again. */
static void person_leave(struct people *people, struct person *p)
{
	uint64_t hash = people_hash(people, str_of(p->name));
	struct person *first = map_get(&people->by_name, hash), **at = &first;

	while (*at != p)
		at = &(*at)->same_hash;
	*at = p->same_hash;
	if (first)
		map_put(&people->by_name, hash, first);
	else
		map_del(&people->by_name, hash);
	people->living--;
	people->on_shard[p->shard]--;
}

void people_init(struct people *p, struct db *db, const uint8_t hash_key[16])
{
	*p = (struct people){ .db = db };
	memcpy(p->hash_key, hash_key, sizeof p->hash_key);
	classes_init(&p->classes);
}

void people_fini(struct people *p)
{
	size_t at = 0;
	uint64_t id;
	void *person;

	while (map_each(&p->by_id, &at, &id, &person))
		person_free(person);
	map_fini(&p->by_id);
	map_fini(&p->by_name);
	classes_fini(&p->classes);
}

struct person *people_get(const struct people *p, uint32_t id) { return map_get(&p->by_id, id); }

struct person *people_find(const struct people *people, struct str name)
{
	struct person *p = map_get(&people->by_name, people_hash(people, name));

	while (p && !str_eq(str_of(p->name), name))
		p = p->same_hash;
	return p;
}

static enum err load_row(void *ctx, struct row_key key, struct str value)
{
	struct people *people = ctx;

	if (key.table == T_LAST_ID) {
		struct rd r = rd_of(value);
		people->last_id = rd_u32(&r);
		return rd_done(&r) ? OK : ERR_CORRUPT;
	}
	if (key.table == T_CLASSES)
		return classes_unpack(&people->classes, value) ? OK : ERR_CORRUPT;
	if (key.table != T_PERSON)
		return OK;
	struct person *p = mem_new(sizeof *p);
	p->id = key.user;
	if (!row_read(p, value)) {
		person_free(p);
		return ERR_CORRUPT;
	}
	person_enter(people, p);
	return OK;
}

enum err people_load(struct people *p)
{
	struct db_reader *r = db_reader_new(p->db);

	if (!r)
		return ERR_IO;
	enum err err = db_reader_all(r, load_row, p);
	db_reader_free(&r);
	return err;
}

/* --- quotas --- */

static const struct class_domain *person_domain(const struct people *people, const struct person *p)
{
	struct str local, domain;

	return username_split(str_of(p->name), &local, &domain) ? classes_domain(&people->classes, domain) : NULL;
}

const struct class *person_class(const struct people *people, const struct person *p)
{
	const struct class_domain *domain = person_domain(people, p);
	const struct class *class = classes_find(&people->classes, str_of(p->class));

	if (!class && domain)
		class = classes_find(&people->classes, str_of(domain->class));
	return class ? class : classes_find(&people->classes, S("default"));
}

struct quota person_quota(const struct people *people, const struct person *p)
{
	struct quota q = person_class(people, p)->quota;

	for (int r = 0; r < QUOTA_RESOURCES; r++)
		if (p->limit[r] != LIMIT_INHERIT)
			q.limit[r] = p->limit[r];
	return q;
}

uint64_t person_as_of(const struct people *people, const struct person *p)
{
	const struct class_domain *domain = p->deleted ? NULL : person_domain(people, p);
	uint64_t class = p->deleted ? 0 : person_class(people, p)->changed, newest = p->changed;

	if (class > newest)
		newest = class;
	return domain && domain->changed > newest ? domain->changed : newest;
}

/* --- facts --- */

/* Names and secrets are C strings here, and whoever reads a secret has room for so much. */
static bool is_secret(struct str s) { return s.n < HASH_TEXT_BYTES && str_find(s, '\0') < 0; }
static bool is_name(struct str s) { return s.n > 0 && s.n <= USERNAME_BYTES && str_find(s, '\0') < 0; }

static enum err on_added(struct people *people, struct lsn lsn, const struct fact_added *f)
{
	if (f->user <= people->last_id || f->shard >= SHARDS_MOST || !is_name(f->name) || !is_secret(f->secret) || people_find(people, f->name))
		return ERR_CORRUPT;
	struct person *p = mem_new(sizeof *p);
	*p = (struct person){
		.id = f->user, .shard = f->shard, .epoch = f->epoch, .generation = f->generation,
		.limit = { f->quota_bytes, LIMIT_INHERIT, LIMIT_INHERIT }, .created = f->created, .changed = lsn.n,
		.name = str_heap_z(f->name), .secret = str_heap_z(f->secret), .class = str_heap_z(S("")),
	};
	person_enter(people, p);
	people->last_id = p->id;
	row_put(people, p);
	last_id_put(people);
	return OK;
}

static enum err on_set(struct people *people, struct lsn lsn, const struct fact_set *f)
{
	struct person *p = people_get(people, f->user);

	if (!p || p->deleted || f->generation < p->generation || !is_secret(f->secret))
		return ERR_CORRUPT;
	p->generation = f->generation;
	p->limit[QUOTA_STORAGE] = f->quota_bytes;
	p->disabled = f->disabled != 0;
	free(p->secret);
	p->secret = str_heap_z(f->secret);
	p->changed = lsn.n;
	row_put(people, p);
	return OK;
}

static enum err on_deleted(struct people *people, struct lsn lsn, const struct fact_deleted *f)
{
	struct person *p = people_get(people, f->user);

	if (!p || p->deleted)
		return ERR_CORRUPT;
	person_leave(people, p);
	p->deleted = true;
	p->generation = f->generation;
	p->changed = lsn.n;
	row_put(people, p);
	return OK;
}

static enum err on_pushed(struct people *people, struct lsn lsn, const struct fact_pushed *f)
{
	struct person *p = people_get(people, f->user);

	if (!p || f->as_of >= lsn.n)
		return ERR_CORRUPT;
	if (f->as_of > p->pushed)
		p->pushed = f->as_of;
	if (!p->deleted || person_is_unpushed(people, p)) {
		row_put(people, p);
		return OK;
	}
	db_del(people->db, (struct row_key){ p->id, T_PERSON, 0, 0, 0 });
	map_del(&people->by_id, p->id);
	person_free(p);
	return OK;
}

static enum err on_quota(struct people *people, struct lsn lsn, const struct fact_quota *f)
{
	struct person *p = people_get(people, f->user);

	if (!p || p->deleted || (f->class.n && !class_name_ok(f->class)))
		return ERR_CORRUPT;
	p->limit[QUOTA_STORAGE] = f->bytes;
	p->limit[QUOTA_MESSAGE] = f->messages;
	p->limit[QUOTA_MAILBOX] = f->mailboxes;
	free(p->class);
	p->class = str_heap_z(f->class);
	p->changed = lsn.n;
	row_put(people, p);
	return OK;
}

static enum err on_class_set(struct people *people, struct lsn lsn, const struct fact_class_set *f)
{
	const struct quota q = { { f->bytes, f->messages, f->mailboxes }, f->soft_percent, f->grace_percent, f->warn };

	if (!class_name_ok(f->name))
		return ERR_CORRUPT;
	classes_set(&people->classes, f->name, &q, f->by_config != 0, lsn.n);
	classes_put(people);
	return OK;
}

static enum err on_class_deleted(struct people *people, struct lsn lsn, const struct fact_class_deleted *f)
{
	(void)lsn;
	if (str_eq(f->name, S("default")) || !classes_find(&people->classes, f->name))
		return ERR_CORRUPT;
	classes_del(&people->classes, f->name);
	classes_put(people);
	return OK;
}

static enum err on_domain_class(struct people *people, struct lsn lsn, const struct fact_domain_class *f)
{
	if (!is_name(f->domain) || (f->class.n && !class_name_ok(f->class)))
		return ERR_CORRUPT;
	classes_set_domain(&people->classes, f->domain, f->class, lsn.n);
	classes_put(people);
	return OK;
}

static enum err on_admin(struct people *people, struct lsn lsn, const struct fact_admin *f)
{
	struct person *p = people_get(people, f->user);

	if (!p || p->deleted)
		return ERR_CORRUPT;
	p->admin = f->on != 0;
	p->changed = lsn.n;
	row_put(people, p);
	return OK;
}

enum err people_apply(struct people *p, struct lsn lsn, struct str record)
{
	uint8_t no;
	struct str fields;

	if (!fact_open(record, &no, &fields))
		return ERR_CORRUPT;
	switch (no) {
#define RPC_MSG(name, number) \
	case number: { \
		struct fact_##name f; \
		return fact_get_##name(fields, &f) ? on_##name(p, lsn, &f) : ERR_CORRUPT; \
	}
#define RPC_U32(f)
#define RPC_U64(f)
#define RPC_STR(f)
#define RPC_END
#include "storaged/directory/directory.def"
#include "common/rpc/undef.h"
	default:
		return ERR_CORRUPT;
	}
}
