/* storaged/directory/ledger.h: facts made durable, then true: the journal, and the index derived from it.
 *
 * Facts written in one turn of the loop become one group; while it syncs, the next gathers. A fact is applied to the people only
 * when it is durable, so whoever reads them never reads ahead of durability (DESIGN invariant 2) and a failed group leaves no trace.
 * What may be written therefore depends on facts still under way: who writes two about one name writes the second when the first is done.
 *
 * Owner: the directory. Loop, disk and people outlive it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/str.h"
#include "common/mail/ids.h"
#include "storaged/journal/journal.h"

struct disk;
struct ledger;
struct loop;
struct people;

struct ledger_options {
	const char *index_path;
	uint64_t    index_map_bytes, checkpoint_interval_ms, incarnation;
};

/* Recovers, filling `people` (which it initialises): rows, then the journal's tail. NULL: logged. */
struct ledger *ledger_open(struct loop *loop, struct disk *disk, const struct ledger_options *o, struct people *people);
/* Writes what is under way; what still gathers hears ERR_UNKNOWN. The loop's work must have ended (work_drain). */
void ledger_close(struct ledger **l);

/* OK: durable and applied. ERR_NOSPACE, ERR_IO: as if it had never been asked. ERR_UNKNOWN: the process ends. */
typedef void ledger_done_fn(void *ctx, enum err err, struct lsn lsn);
void ledger_write(struct ledger *l, struct str fact, ledger_done_fn *done, void *ctx);

bool ledger_has_room(struct ledger *l);            /* false: the disk is full; what adds is to be refused */
struct lsn ledger_durable(const struct ledger *l);  /* of the newest fact that is true */
void ledger_stats(const struct ledger *l, struct journal_stats *s);
