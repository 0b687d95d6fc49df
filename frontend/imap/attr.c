/* frontend/imap/attr.c: one table, read both ways. */
#include "frontend/imap/attr.h"

#include "common/mail/mbox_attr.h"

static const struct { uint32_t bit; struct str name; } attrs[] = {
	{ MBOX_NONEXISTENT, { "\\NonExistent", 12 } },
	{ MBOX_NOSELECT,    { "\\Noselect", 9 } },
	{ MBOX_SUBSCRIBED,  { "\\Subscribed", 11 } },
	{ MBOX_ALL,         { "\\All", 4 } },
	{ MBOX_ARCHIVE,     { "\\Archive", 8 } },
	{ MBOX_DRAFTS,      { "\\Drafts", 7 } },
	{ MBOX_FLAGGED,     { "\\Flagged", 8 } },
	{ MBOX_JUNK,        { "\\Junk", 5 } },
	{ MBOX_SENT,        { "\\Sent", 5 } },
	{ MBOX_TRASH,       { "\\Trash", 6 } },
};

uint32_t attr_special_use(struct str name)
{
	for (size_t i = 0; i < sizeof attrs / sizeof *attrs; i++)
		if (str_ieq(name, attrs[i].name))
			return attrs[i].bit & MBOX_SPECIAL_USE;
	return 0;
}

void attr_print(struct buf *out, uint32_t bits)
{
	bool some = false;

	for (size_t i = 0; i < sizeof attrs / sizeof *attrs; i++) {
		if (!(bits & attrs[i].bit))
			continue;
		if (some)
			buf_addc(out, ' ');
		buf_add(out, attrs[i].name);
		some = true;
	}
}
