/* tools/roost/source.h: what the kinds of mail source share; only their own files include it. */
#pragma once

#include "tools/roost/mailsource.h"

struct mailsource_kind {
	bool (*next)(struct mailsource *s, struct mail *m);
	void (*free)(struct mailsource *s);                    /* what the kind added, and s */
};

/* The head of every kind's own struct. */
struct mailsource {
	const struct mailsource_kind *kind;
	uint64_t total_bytes, done_bytes;
	bool     failed;
};

/* Appends a whole file to m as a message, with its date if asked. False: told, s failed. */
bool source_read_file(struct mailsource *s, const char *path, bool dated, struct mail *m);
