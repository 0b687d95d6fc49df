/* storaged/directory/people.h: everybody who exists, in memory, and the one way that changes.
 *
 * people_apply is pure and deterministic, live as in recovery: no clock, no disk, no luck. Beside memory it writes rows into the
 * active layer of the index. A person deleted stays, without name, until the shard has dropped what was theirs.
 *
 * Always: ids ascend and are never given again; a name is one person's.
 * Owner: the directory. A person lent by a find lives until the next people_apply.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/map.h"
#include "common/base/str.h"
#include "common/mail/ids.h"
#include "storaged/directory/classes.h"

struct db;

enum { SHARDS_MOST = 1024 };
#define LIMIT_INHERIT UINT64_MAX

struct person {
	uint32_t id, shard, epoch, generation;
	uint64_t limit[QUOTA_RESOURCES];   /* their own; LIMIT_INHERIT: as the class says */
	uint64_t created;
	uint64_t changed, pushed;          /* LSNs: of the last change; of the last one that the shard holds */
	bool     disabled, deleted, admin;
	char    *name, *secret;            /* canonical; argon2id */
	char    *class;                    /* of quotas; "": that of the domain, or "default" */
	struct person *same_hash;          /* another one whose name hashes the same */
};

struct people {
	struct db *db;                     /* lent: where rows go */
	struct map by_id, by_name;         /* by_name: keyed hash -> chain */
	uint8_t    hash_key[16];           /* random: outsiders choose names */
	uint32_t   last_id;
	uint32_t   living;
	uint32_t   on_shard[SHARDS_MOST];  /* living ones */
	struct classes classes;
};

void people_init(struct people *p, struct db *db, const uint8_t hash_key[16]);
void people_fini(struct people *p);
/* Every row of the index becomes memory again. ERR_CORRUPT: rebuild the index. */
enum err people_load(struct people *p);
/* ERR_CORRUPT: no fact, or one that cannot be true of these people. */
enum err people_apply(struct people *p, struct lsn lsn, struct str record);

struct person *people_get(const struct people *p, uint32_t id);         /* NULL: nobody; deleted ones too */
struct person *people_find(const struct people *p, struct str name);    /* canonical name; NULL: nobody */
uint64_t       people_hash(const struct people *p, struct str name);

/* The class that counts for this person. */
const struct class *person_class(const struct people *people, const struct person *p);
/* What this person may keep: their own limits, and those of the class. */
struct quota   person_quota(const struct people *people, const struct person *p);
/* LSN of the newest fact about what the shard is to hold of them. */
uint64_t       person_as_of(const struct people *people, const struct person *p);
/* The shard knows less than we do. */
static inline bool person_is_unpushed(const struct people *people, const struct person *p) { return person_as_of(people, p) > p->pushed; }
