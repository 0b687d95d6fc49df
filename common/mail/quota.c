/* common/mail/quota.c: sums of limits. */
#include "common/mail/quota.h"

/* So few messages that the next ones may not fit. */
enum { FEW_MESSAGES = 64 };

bool quota_eq(const struct quota *a, const struct quota *b)
{
	for (int r = 0; r < QUOTA_RESOURCES; r++)
		if (a->limit[r] != b->limit[r])
			return false;
	return a->soft_percent == b->soft_percent && a->grace_percent == b->grace_percent && a->warn == b->warn;
}

/* limit * percent / 100, or the most there is. */
static uint64_t percent_of(uint64_t limit, uint32_t percent)
{
	unsigned __int128 n = (unsigned __int128)limit * percent / 100;

	return n > UINT64_MAX ? UINT64_MAX : (uint64_t)n;
}

static uint64_t limit_with(uint64_t limit, uint32_t grace_percent)
{
	uint64_t grace = percent_of(limit, grace_percent);

	return grace > UINT64_MAX - limit ? UINT64_MAX : limit + grace;
}

bool quota_fits(const struct quota *q, const struct usage *used, const struct usage *more, bool incoming)
{
	for (int r = 0; r < QUOTA_RESOURCES; r++) {
		uint64_t most = limit_with(q->limit[r], incoming ? q->grace_percent : 0);
		if (q->limit[r] && more->n[r] && (used->n[r] > most || more->n[r] > most - used->n[r]))
			return false;
	}
	return true;
}

static uint64_t left(const struct quota *q, const struct usage *used, enum quota_resource r)
{
	if (!q->limit[r])
		return UINT64_MAX;
	return q->limit[r] > used->n[r] ? q->limit[r] - used->n[r] : 0;
}

uint64_t quota_room(const struct quota *q, const struct usage *used)
{
	return left(q, used, QUOTA_MESSAGE) < FEW_MESSAGES ? 0 : left(q, used, QUOTA_STORAGE);
}

static uint32_t percent_used(uint64_t used, uint64_t limit)
{
	unsigned __int128 percent = limit ? (unsigned __int128)used * 100 / limit : 0;

	return percent > UINT32_MAX ? UINT32_MAX : (uint32_t)percent;
}

struct fullness quota_fullness(const struct quota *q, const struct usage *used)
{
	struct fullness f = { QUOTA_STORAGE, 0 };

	for (int r = 0; r < QUOTA_RESOURCES; r++) {
		uint32_t percent = percent_used(used->n[r], q->limit[r]);
		if (percent > f.percent)
			f = (struct fullness){ (enum quota_resource)r, percent };
	}
	return f;
}

bool quota_is_soft(const struct quota *q, const struct usage *used)
{
	return q->soft_percent && quota_fullness(q, used).percent >= q->soft_percent;
}

const char *quota_resource_name(enum quota_resource r)
{
	static const char *const names[] = { [QUOTA_STORAGE] = "STORAGE", [QUOTA_MESSAGE] = "MESSAGE", [QUOTA_MAILBOX] = "MAILBOX" };

	return names[r];
}

const char *quota_resource_words(enum quota_resource r)
{
	static const char *const words[] = { [QUOTA_STORAGE] = "storage", [QUOTA_MESSAGE] = "messages", [QUOTA_MAILBOX] = "mailboxes" };

	return words[r];
}
