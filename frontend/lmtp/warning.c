/* frontend/lmtp/warning.c: one delivery of our own for each. */
#include "frontend/lmtp/warning.h"

#include <stdlib.h>
#include <sys/queue.h>
#include <time.h>

#include "common/base/config.h"
#include "common/base/log.h"
#include "common/base/must.h"
#include "common/mail/date.h"
#include "common/mail/quota.h"
#include "frontend/route/ask.h"

struct warning {
	LIST_ENTRY(warning) next;
	struct account  *to;
	struct ask      *ask;
};

struct warnings {
	const struct config *config;
	struct route *route;
	const char   *host;
	LIST_HEAD(, warning) under_way;
};

struct warnings *warnings_new(const struct config *config, struct route *route, const char *host)
{
	struct warnings *w = mem_new(sizeof *w);

	*w = (struct warnings){ .config = config, .route = route, .host = host };
	LIST_INIT(&w->under_way);
	return w;
}

static void warning_free(struct warning *w)
{
	LIST_REMOVE(w, next);
	ask_drop(&w->ask);
	account_release(&w->to);
	free(w);
}

void warnings_free(struct warnings **all)
{
	while (*all && !LIST_EMPTY(&(*all)->under_way))
		warning_free(LIST_FIRST(&(*all)->under_way));
	free(*all);
	*all = NULL;
}

/* RFC 5322 3.3: IMAP's date, with blanks for dashes. */
static void add_date(struct buf *out, int64_t now)
{
	size_t start = out->n;

	date_time_print(out, now);
	out->p[start + 2] = out->p[start + 6] = ' ';
}

static void write_letter(const struct warnings *w, const struct account *to, const struct rpc_crossed *how, struct buf *out)
{
	static const char *const ours = "Please delete what you need no longer; else mail to you may soon be refused.";
	enum quota_resource full = how->resource < QUOTA_RESOURCES ? (enum quota_resource)how->resource : QUOTA_STORAGE;
	const char *text = w->config->quota_warning[0] ? w->config->quota_warning : ours;
	struct str name = account_name(to);
	int64_t now = time(NULL);

	buf_printf(out, "Return-Path: <>\r\nDelivered-To: %.*s\r\nFrom: Mail service <postmaster@%s>\r\nTo: <%.*s>\r\nDate: ", STR_ARG(name),
	           w->host, STR_ARG(name));
	add_date(out, now);
	buf_printf(out, "\r\nMessage-ID: <quota.%u.%lld@%s>\r\nSubject: Your mail quota is nearly full\r\nAuto-Submitted: auto-generated\r\n",
	           account_user(to), (long long)now, w->host);
	buf_printf(out, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
	           "You use %u %% of your %s.\r\n\r\n%s\r\n", how->percent, quota_resource_words(full), text);
}

static void delivered(void *ctx, struct ask *ask, const struct ask_news *news)
{
	struct warning *w = ctx;

	(void)ask;
	if (!news->end)
		return;
	log_info("quota_warning", "user=%u err=%s", account_user(w->to), err_name(news->err));
	w->ask = NULL;
	warning_free(w);
}

void warnings_send(struct warnings *all, struct account *to, const struct rpc_crossed *how)
{
	struct warning *w = mem_new(sizeof *w);
	struct buf text = { 0 };

	w->to = account_hold(to);
	LIST_INSERT_HEAD(&all->under_way, w, next);
	write_letter(all, to, how, &text);
	w->ask = ask_deliver(all->route, to, &(struct rpc_deliver){ .message = buf_str(&text) }, delivered, w);
	buf_fini(&text);
}
