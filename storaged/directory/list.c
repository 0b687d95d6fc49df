/* storaged/directory/list.c: user_list: everybody, in order of names.
 *
 * Names are copied and sorted on a worker, then told in slices, so that 100,000 users stall nobody; who is deleted meanwhile is left out.
 */
#include <stdlib.h>

#include "common/base/must.h"
#include "common/loop/work.h"
#include "storaged/directory/inside.h"

enum { SLICE = 500 };

struct list {
	struct pending    pending;               /* first: what hangs on the call */
	struct directory *d;
	char            **names;                 /* heap, each too */
	size_t            n, at;
	bool              sorting;               /* a worker has the names */
	struct loop_job   job;
};

static void tell(const struct directory *d, struct rpc_call *call, const struct person *p)
{
	answer_user_is(call, &(struct rpc_user_is){
		.name = str_of(p->name), .user = p->id, .shard = p->shard, .epoch = p->epoch, .generation = p->generation,
		.disabled = p->disabled, .quota_bytes = person_quota(&d->people, p).limit[QUOTA_STORAGE], .created = p->created,
		.own_bytes = p->limit[QUOTA_STORAGE], .own_messages = p->limit[QUOTA_MESSAGE], .own_mailboxes = p->limit[QUOTA_MAILBOX],
		.own_class = str_of(p->class), .class = str_of(person_class(&d->people, p)->name), .admin = p->admin,
	});
}

static int by_name(const void *a, const void *b)
{
	return str_cmp(str_of(*(char *const *)a), str_of(*(char *const *)b));
}

static void sort_run(void *arg)
{
	struct list *l = arg;

	qsort(l->names, l->n, sizeof *l->names, by_name);
}

static void list_free(struct list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->names[i]);
	free(l->names);
	free(l);
}

static void tell_slice(void *arg)
{
	struct list *l = arg;
	struct directory *d = l->d;

	l->sorting = false;
	for (size_t end = l->at + SLICE; l->pending.call && l->at < l->n && l->at < end; l->at++) {
		const struct person *p = people_find(&d->people, str_of(l->names[l->at]));
		if (p)
			tell(d, l->pending.call, p);
	}
	if (l->pending.call && l->at < l->n && !d->closing) {
		loop_next(d->loop, &l->job, tell_slice, l);
		return;
	}
	pending_end(&l->pending, OK, ledger_durable(d->ledger));
	list_free(l);
}

static void list_gone(struct pending *p)
{
	struct list *l = (struct list *)p;

	if (l->sorting)
		return;                          /* tell_slice finds out */
	loop_job_stop(&l->job);
	list_free(l);
}

static void list_all(struct directory *d, struct rpc_call *call)
{
	struct list *l = mem_new(sizeof *l);
	size_t at = 0;
	uint64_t id;
	void *person;

	l->pending = (struct pending){ call, list_gone };
	l->d = d;
	l->sorting = true;
	l->names = mem_new((d->people.living + 1) * sizeof *l->names);
	while (map_each(&d->people.by_id, &at, &id, &person))
		if (!((struct person *)person)->deleted)
			l->names[l->n++] = str_heap_z(str_of(((struct person *)person)->name));
	call->ctx = &l->pending;
	work_submit(d->loop, sort_run, tell_slice, l);
}

void hear_user_list(struct door *door, struct rpc_call *call, struct str fields)
{
	struct directory *d = door->d;
	struct rpc_user_list m;

	rpc_get_user_list(fields, &m);
	if (m.name.n == 0) {
		list_all(d, call);
		return;
	}
	const struct person *p = lookup_name(d, m.name);
	if (p)
		tell(d, call, p);
	server_end(call, p ? OK : ERR_ABSENT, ledger_durable(d->ledger).n);
}
