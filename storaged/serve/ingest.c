/* storaged/serve/ingest.c: parse, summarise, seal. */
#include "storaged/serve/ingest.h"

#include "common/base/must.h"

void ingest_init(struct ingest *i, const struct key *key, uint32_t user)
{
	*i = (struct ingest){ .key = *key, .user = user };
}

void ingest_fini(struct ingest *i)
{
	key_wipe(&i->key);
	summarizer_free(&i->summarizer);
	buf_fini(&i->run);
	buf_fini(&i->summary);
}

void ingest_see(struct ingest *i, struct str plain)
{
	if (!i->summarizer)
		i->summarizer = summarizer_new();
	summarizer_feed(i->summarizer, plain);
}

void ingest_run(struct ingest *i, struct str plain, uint32_t first_piece, bool last)
{
	ingest_see(i, plain);
	buf_reset(&i->run);
	run_seal(&i->run, &i->key, (struct user_id){ i->user }, SEAL_MESSAGE, first_piece, last, plain);
}

/* Messages of one thread share its root's id. Keyed by the user: the number tells nothing to whoever reads the index. */
static uint64_t thread_of(const struct ingest *i, struct str root)
{
	struct key k = key_derive(&i->key, "thread", 0);
	uint64_t thread = root.n ? seal_hash64(k.b, root) : 0;

	key_wipe(&k);
	return thread;
}

void ingest_summary(struct ingest *i, struct str packed)
{
	struct summary s;

	must(summary_open(&s, packed));
	i->thread = thread_of(i, s.thread_root);
	buf_reset(&i->summary);
	small_seal(&i->summary, &i->key, (struct user_id){ i->user }, SEAL_SUMMARY, packed);
}

void ingest_end(struct ingest *i)
{
	struct buf packed = { 0 };

	summarizer_end(i->summarizer, &packed);
	ingest_summary(i, buf_str(&packed));
	buf_fini(&packed);
}
