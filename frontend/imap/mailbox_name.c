/* frontend/imap/mailbox_name.c: decode, then normalise. */
#include "frontend/imap/mailbox_name.h"

#include "common/base/buf.h"
#include "common/mail/mboxname.h"

typedef bool normal_fn(struct buf *out, struct str utf8);

static bool decode(struct arena *a, struct str wire, bool utf8, normal_fn *normal, struct str *out)
{
	struct buf text = { NULL, 0, 0 }, name = { NULL, 0, 0 };
	bool ok = (utf8 || mboxname_from_utf7(&text, wire)) && normal(&name, utf8 ? wire : buf_str(&text));

	if (ok)
		*out = str_dup(a, buf_str(&name));
	buf_fini(&text);
	buf_fini(&name);
	return ok;
}

bool mailbox_decode(struct arena *a, struct str wire, bool utf8, struct str *out)
{
	return decode(a, wire, utf8, mboxname_normal, out);
}

bool mailbox_decode_pattern(struct arena *a, struct str reference, struct str pattern, bool utf8, struct str *out)
{
	struct buf joined = { NULL, 0, 0 };

	buf_add(&joined, reference);
	buf_add(&joined, pattern);
	bool ok = decode(a, buf_str(&joined), utf8, mboxname_pattern_normal, out);
	buf_fini(&joined);
	return ok;
}
