/* frontend/imap/tell.h: how a session hears what is new in its mailbox, in words.
 *
 * EXISTS, keywords and FETCH may be said whenever a command is in progress; EXPUNGE and VANISHED only when the
 * command does not answer by position (RFC 3501 7.4.1, RFC 9051 7.5.1). What is withheld stays in the view.
 */
#pragma once

#include "frontend/imap/cmd.h"

/* Takes the news into the view and says them, then (unless the command holds them back) the pending expunges. */
void tell_news(struct cmd *c, const struct mailbox_news *news);
/* If they were many, the other expunges and flags are told part by part, as fast as the client reads; then comes `then`. */
enum step tell_rest(struct cmd *c, step_fn *then);
/* The same for whoever does not work in steps: asks for the next part of flags; fn hands each answer to tell_part. */
struct ask *tell_ask_part(struct cmd *c, ask_fn *fn);
void tell_part(struct cmd *c, const struct ask_news *news);
/* What was just added took the user to the soft limit of their quota, or they were there before (RFC 9208 4.3.1). */
void tell_soft_quota(struct cmd *c);
/* The same to who opens a mailbox, once a session. */
void tell_quota_alert(struct cmd *c);
/* The mailbox is gone, and every message with it. */
void tell_gone(struct cmd *c);
/* The expunges that wait, if this command may tell any; some thousands of them. */
void tell_pending(struct cmd *c);
/* FLAGS and PERMANENTFLAGS as of now. */
void tell_keywords(struct cmd *c);
/* Those too, if the mailbox has keywords that this client never heard of. */
void tell_new_keywords(struct cmd *c);
/* EXISTS and RECENT of the view. */
void tell_exists(struct cmd *c);
/* An untagged FETCH with the flags of a message the client knows. */
void tell_flags(struct cmd *c, uint32_t uid, uint64_t modseq, const struct flagset *flags, bool with_uid);
