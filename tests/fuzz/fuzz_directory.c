/* tests/fuzz/fuzz_directory.c: any records, one after the other, against everybody who exists.
 *
 * Input: u16 length + a record, repeated. Properties: a fact that decodes encodes to the same bytes; a refused record changes
 * nothing that is counted; and the counts always are what one finds by counting.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/must.h"
#include "common/seal/seal.h"
#include "storaged/db/db.h"
#include "storaged/directory/fact.h"
#include "storaged/directory/people.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* An index for rows to go to; its file is unlinked at once and its layers are never committed. */
static struct db *index_open(void)
{
	char folder[] = "/tmp/roost-fuzz-XXXXXX", path[64], lock[64];
	struct db *db;
	struct lsn at;

	must(seal_open(NULL, NULL) && mkdtemp(folder));
	log_open("fuzz", LOG_ERROR + 1);
	snprintf(path, sizeof path, "%s/i", folder);
	snprintf(lock, sizeof lock, "%s/i-lock", folder);
	must(db_open(&db, path, 16 << 20, &at) == OK);
	unlink(path);
	unlink(lock);
	rmdir(folder);
	return db;
}

static void encodes_again(struct str record)
{
	struct buf again = { 0 };
	struct str fields;
	uint8_t no;

	if (!fact_open(record, &no, &fields))
		return;
	switch (no) {
#define RPC_MSG(name, number) \
	case number: { \
		struct fact_##name f; \
		if (!fact_get_##name(fields, &f)) \
			break; \
		fact_put_##name(&again, &f); \
		must(str_eq(buf_str(&again), record)); \
		break; \
	}
#define RPC_U32(f)
#define RPC_U64(f)
#define RPC_STR(f)
#define RPC_END
#include "storaged/directory/directory.def"
#include "common/rpc/undef.h"
	}
	buf_fini(&again);
}

static void counts_hold(const struct people *people)
{
	uint32_t living = 0, on_shards = 0;
	size_t at = 0;
	uint64_t id;
	void *value;

	while (map_each(&people->by_id, &at, &id, &value)) {
		const struct person *p = value;
		must(p->id == id && id <= people->last_id && (!p->deleted || person_is_unpushed(people, p)));
		must((people_find(people, str_of(p->name)) == p) == !p->deleted);
		must(person_class(people, p) != NULL);
		living += !p->deleted;
	}
	for (int i = 0; i < SHARDS_MOST; i++)
		on_shards += people->on_shard[i];
	must(living == people->living && living == on_shards);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct db *db;
	struct rd r = rd_of((struct str){ (const char *)data, n });
	struct people people;
	struct lsn lsn = { 0 };

	if (!db)
		db = index_open();
	people_init(&people, db, (const uint8_t[16]){ 0 });
	while (rd_more(&r)) {
		struct str record = rd_bytes(&r, rd_u16(&r));
		uint32_t living = people.living;
		size_t known = people.by_id.n;
		lsn.n++;
		if (people_apply(&people, lsn, record) != OK)
			must(people.living == living && people.by_id.n == known);
		encodes_again(record);
		counts_hold(&people);
	}
	people_fini(&people);
	db_freeze(db, lsn);
	db_thaw(db);
	return 0;
}
