/* common/loop/watch.c: is this descriptor ready? */
#include <stdlib.h>

#include "common/base/must.h"
#include "common/loop/inside.h"

struct loop_watch {
	uv_poll_t      poll;
	loop_watch_fn *fn;
	void          *arg;
	int            want;
};

struct loop_watch *loop_watch_new(struct loop *l, int fd, loop_watch_fn *fn, void *arg)
{
	struct loop_watch *w = mem_new(sizeof *w);

	w->fn = fn;
	w->arg = arg;
	must(uv_poll_init(&l->uv, &w->poll, fd) == 0);   /* also sets O_NONBLOCK */
	w->poll.data = w;
	return w;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct loop_watch *w = poll->data;
	int ready = 0;

	turn_began(poll->loop->data);
	if (status < 0) {
		/* libuv has stopped it: forget what it wanted, so that the next want starts it again. */
		w->want = 0;
		ready = LOOP_READ | LOOP_WRITE;
	}
	if (events & UV_READABLE)
		ready |= LOOP_READ;
	if (events & UV_WRITABLE)
		ready |= LOOP_WRITE;
	w->fn(w->arg, ready);
}

void loop_watch_want(struct loop_watch *w, int events)
{
	int uv_events = 0;

	if (events == w->want)
		return;
	w->want = events;
	if (events & LOOP_READ)
		uv_events |= UV_READABLE;
	if (events & LOOP_WRITE)
		uv_events |= UV_WRITABLE;
	if (uv_events)
		must(uv_poll_start(&w->poll, uv_events, on_poll) == 0);
	else
		uv_poll_stop(&w->poll);
}

static void on_closed(uv_handle_t *poll) { free(poll->data); }

void loop_watch_free(struct loop_watch **w)
{
	if (*w)
		uv_close((uv_handle_t *)&(*w)->poll, on_closed);
	*w = NULL;
}
