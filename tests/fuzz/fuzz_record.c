/* tests/fuzz/fuzz_record.c: whatever a journal's record says, apply refuses it or leaves a state whose counters are right.
 *
 * The input is a chain of records: u16 length and bytes each; or, when its first byte is odd, chains of operations that get a
 * good head. Every one is applied to a user with two mailboxes and some messages, until one is refused. */
#include "tests/unit/mailworld.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_box(const struct user *u, const struct box *b, uint64_t *used)
{
	struct msg_iter it = { 0, 0 };
	const struct msg *m;
	uint32_t n = 0, unseen = 0, deleted = 0, last = 0;
	struct buf packed = { 0 }, printed = { 0 };

	while ((m = box_next(b, &it))) {
		struct flagset f = box_flags(b, m);
		must(m->uid > last && m->uid < b->uidnext && m->modseq <= b->modseq && m->blob < u->next_blob);
		last = m->uid;
		n++;
		unseen += !(m->word & FLAG_SEEN);
		deleted += !!(m->word & FLAG_DELETED);
		*used += m->size;
		box_pack_flags(b, m, &packed);
		flagset_print(&printed, &f, &b->keywords);
	}
	must(n == b->messages && unseen == b->unseen && deleted == b->deleted && b->modseq <= u->modseq);
	buf_fini(&packed);
	buf_fini(&printed);
}

static void check_changes(const struct box *b)
{
	struct buf text[4] = { { 0 }, { 0 }, { 0 }, { 0 } };
	struct rpc_changed out;

	mbox_changes(b, &(struct rpc_changes){ 0 }, NULL, &out, text);
	for (int i = 0; i < 4; i++)
		buf_fini(&text[i]);
}

static void check(const struct user *u)
{
	uint64_t used = 0;

	for (uint32_t i = 0; i < u->n_boxes; i++) {
		must(i == 0 || str_cmp(u->boxes[i - 1]->name, u->boxes[i]->name) < 0);
		if (!u->boxes[i]->loaded)
			continue;
		check_box(u, u->boxes[i], &used);
		check_changes(u->boxes[i]);
	}
	must(used == u->used_bytes);
}

static void world_begin(struct world *w)
{
	world_put_user(w, 1, 0);
	for (int i = 0; i < 3; i++)
		world_append(w, 1, "INBOX", 10, i ? FLAG_DELETED : 0);
	struct change c = { .user = world_user(w, 1), .now_ms = 1000 };
	must(mbox_create(&c, S("a/b"), 0) == OK);
	world_commit_plain(w, &c);
}

/* One index for all inputs: nothing is ever written to it. */
static struct db *empty_index(void)
{
	static struct world keep;

	if (!keep.db)
		world_open(&keep);
	return keep.db;
}

static void users_leave(struct world *w)
{
	size_t at = 0;
	uint64_t id;
	void *u;

	while (map_each(&w->state.users, &at, &id, &u))
		db_drop_user(w->db, (uint32_t)id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world w = { .db = empty_index() };
	struct rd r = rd_of((struct str){ (const char *)data, size });
	bool head = rd_u8(&r) & 1;
	enum err err = OK;

	state_init(&w.state, w.db);
	world_begin(&w);
	while (err == OK && rd_more(&r)) {
		size_t n = rd_u16(&r), left = r.bad ? 0 : (size_t)(r.end - r.p);
		struct str bytes = rd_bytes(&r, n < left ? n : left);
		struct buf record = { 0 };
		if (head)
			record_write(&record, &(struct record){ .user = 1, .time_ms = 1, .request = { 7, 1, 1, 0 }, .answer_no = 9, .ops = bytes });
		err = world_apply(&w, head ? buf_str(&record) : bytes);
		buf_fini(&record);
		if (err == OK)
			check(world_user(&w, 1));
	}
	users_leave(&w);
	state_fini(&w.state);
	for (uint32_t i = 0; i < w.n; i++)
		buf_fini(&w.records[i]);
	free(w.records);
	return 0;
}
