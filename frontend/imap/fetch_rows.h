/* frontend/imap/fetch_rows.h: rows of storaged become FETCH lines while they arrive; nothing is held back but what the
 * client does not take, and that is bounded by credit.
 *
 * When the storage daemon goes away in the middle, the rows go on from the very byte where they stopped: what a row's
 * sections hold never changes.
 */
#pragma once

#include "frontend/imap/cmd.h"

/* Asks for these UIDs and says them; seen_modseq (0: none) marks rows whose \Seen this command has just set.
 * Takes over the set. `then` is the step behind it, and rows_result what it should make of it. */
enum step rows_start(struct cmd *c, const struct fetch_args *a, struct uidset *uids, uint64_t seen_modseq, step_fn *then);

struct rows_result {
	enum err err;
	bool     missing;          /* some of the UIDs gave nothing, though all were asked for */
	bool     unknown_cte;      /* of a BINARY section */
	bool     damaged;          /* some stored bytes */
};
struct rows_result rows_result(const struct cmd *c);
