/* tools/roost/importer.c: slots, each with one append on its way. */
#include "tools/roost/importer.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/base/must.h"
#include "common/mail/flags.h"
#include "common/mail/mboxname.h"
#include "tools/roost/sending.h"
#include "tools/roost/tell.h"

#define SLOTS 16
#define ALONE_BYTES (256 * 1024)     /* what is larger goes alone, so that it keeps its place among the others */
#define TRIES_MOST 20

enum slot_state { SLOT_FREE, SLOT_SENT, SLOT_ENDED };

struct slot {
	struct importer *of;
	enum slot_state state;
	struct mail     mail;
	struct sending  sending;
	uint64_t        req, number;     /* number: of the message, from 1 */
	unsigned        tries;
	enum err        err;
};

struct importer {
	struct client *client;
	struct door   *shard;
	struct grant   grant;
	const char    *user;
	struct buf     mailbox;
	uint64_t       taken, refused, number;
	bool           hopeless;
	struct slot    slots[SLOTS];
};

/* --- the mailbox --------------------------------------------------------------------------------------------------- */

/* Lowest request without an answer; the next one if all have theirs. */
static uint64_t mark_of(const struct importer *im, uint64_t otherwise)
{
	uint64_t least = otherwise;

	for (size_t i = 0; i < SLOTS; i++)
		if (im->slots[i].state != SLOT_FREE && im->slots[i].req < least)
			least = im->slots[i].req;
	return least;
}

static enum err create_mailbox(struct importer *im)
{
	uint64_t req = client_next_req(im->client);
	struct rpc_mbox_create m = { .ticket = buf_str(&im->grant.ticket), .req = req, .mark = req, .name = buf_str(&im->mailbox) };
	struct buf fields = { 0 };

	rpc_put_mbox_create(&fields, &m);
	return door_ask(im->shard, RPC_mbox_create, &fields, NULL, NULL);
}

static bool find_mailbox(struct importer *im)
{
	struct rpc_mbox_list m = { .ticket = buf_str(&im->grant.ticket), .name = buf_str(&im->mailbox) };
	struct buf fields = { 0 };

	rpc_put_mbox_list(&fields, &m);
	enum err err = door_ask(im->shard, RPC_mbox_list, &fields, NULL, NULL);
	if (err == ERR_ABSENT)
		err = create_mailbox(im);
	if (err != OK)
		tell("%.*s: %s", STR_ARG(buf_str(&im->mailbox)), tell_err(err));
	return err == OK;
}

/* False: told. */
static bool enter(struct importer *im, const char *mailbox)
{
	if (!mboxname_normal(&im->mailbox, str_of(mailbox))) {
		tell("\"%s\" is not a name that a mailbox can have", mailbox);
		return false;
	}
	if (client_admit(im->client, im->user, &im->grant) != OK)
		return false;
	im->shard = client_shard(im->client, im->grant.shard);
	return im->shard && find_mailbox(im);
}

struct importer *importer_new(struct client *c, const char *user, const char *mailbox)
{
	struct importer *im = mem_new(sizeof *im);

	im->client = c;
	im->user = user;
	for (size_t i = 0; i < SLOTS; i++)
		im->slots[i].of = im;
	if (!enter(im, mailbox))
		importer_free(&im);
	return im;
}

void importer_free(struct importer **imp)
{
	struct importer *im = *imp;

	*imp = NULL;
	if (!im)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		mail_fini(&im->slots[i].mail);
	buf_fini(&im->grant.ticket);
	buf_fini(&im->mailbox);
	free(im);
}

uint64_t importer_count(const struct importer *im) { return im->taken; }

/* --- one append ---------------------------------------------------------------------------------------------------- */

static void slot_ended(struct slot *s, enum err err)
{
	s->state = SLOT_ENDED;
	s->err = err;
	client_wake(s->of->client);
}

static void on_news(void *ctx, struct call *call, const struct call_news *news)
{
	struct slot *s = ctx;
	struct rpc_confirm confirm;

	switch (news->event) {
	case CALL_ANSWER:
		if (news->no == RPC_confirm && rpc_get_confirm(news->fields, &confirm))
			sending_confirmed(&s->sending, call, confirm.offset);
		break;
	case CALL_DONE:
		slot_ended(s, news->err);
		break;
	case CALL_LOST:
		slot_ended(s, ERR_UNKNOWN);
		break;
	}
}

static void pack_forwarded(struct buf *out)
{
	struct keywords k = { 0 };

	keywords_add(&k, S("$Forwarded"));
	keywords_pack(out, &k);
	keywords_fini(&k);
}

static void slot_send(struct slot *s)
{
	struct importer *im = s->of;
	struct buf keywords = { 0 };

	if (s->mail.forwarded)
		pack_forwarded(&keywords);
	struct rpc_append m = {
		.ticket = buf_str(&im->grant.ticket), .req = s->req, .mark = mark_of(im, s->req), .name = buf_str(&im->mailbox),
		.system = s->mail.system, .keywords = buf_str(&keywords),
		.has_date = s->mail.has_date, .date = (uint64_t)s->mail.date, .size_bytes = s->mail.bytes.n,
	};
	s->sending = (struct sending){ buf_str(&s->mail.bytes), 0 };
	s->state = SLOT_SENT;
	s->tries++;
	if (!CALL_START(door_channel(im->shard), append, &m, on_news, s))
		slot_ended(s, ERR_UNKNOWN);
	buf_fini(&keywords);
}

/* --- what became of them ------------------------------------------------------------------------------------------- */

/* True: the failure may pass, and everything is ready for the next try. */
static bool try_again(struct slot *s)
{
	struct importer *im = s->of;

	if (s->tries >= TRIES_MOST || im->hopeless)
		return false;
	switch (s->err) {
	case ERR_UNKNOWN:
		return door_reopen(im->shard);
	case ERR_BUSY:
		usleep(100000);
		return door_reopen(im->shard);
	case ERR_EXPIRED:
	case ERR_MOVED:
		if (client_admit(im->client, im->user, &im->grant) != OK)
			return false;
		im->shard = client_shard(im->client, im->grant.shard);
		return im->shard != NULL;
	default:
		return false;
	}
}

static void slot_settle(struct slot *s)
{
	struct importer *im = s->of;

	if (s->err != OK && try_again(s)) {
		slot_send(s);
		return;
	}
	if (s->err == OK) {
		im->taken++;
	} else {
		im->refused++;
		if (!im->hopeless)
			tell("message %llu: %s", (unsigned long long)s->number, tell_err(s->err));
		/* These concern one message; after any other it makes no sense to go on. */
		im->hopeless |= s->err != ERR_TOOBIG && s->err != ERR_INPUT;
	}
	s->state = SLOT_FREE;
	mail_fini(&s->mail);
}

static size_t settle(struct importer *im)
{
	size_t busy = 0;

	for (size_t i = 0; i < SLOTS; i++) {
		if (im->slots[i].state == SLOT_ENDED)
			slot_settle(&im->slots[i]);
		busy += im->slots[i].state != SLOT_FREE;
	}
	return busy;
}

/* Until at most `most` are on their way. */
static void wait_for(struct importer *im, size_t most)
{
	while (settle(im) > most)
		client_run(im->client);
}

static struct slot *free_slot(struct importer *im)
{
	struct slot *s = im->slots;

	while (s->state != SLOT_FREE)
		s++;
	return s;
}

bool importer_put(struct importer *im, struct mail *m)
{
	bool alone = m->bytes.n > ALONE_BYTES;

	wait_for(im, alone ? 0 : SLOTS - 1);
	if (im->hopeless)
		return false;
	struct slot *s = free_slot(im);
	s->mail = *m;
	*m = (struct mail){ 0 };
	s->number = ++im->number;
	s->req = client_next_req(im->client);
	s->tries = 0;
	slot_send(s);
	if (alone)
		wait_for(im, 0);
	return true;
}

bool importer_finish(struct importer *im)
{
	wait_for(im, 0);
	return im->refused == 0 && !im->hopeless;
}
