/* storaged/mbox/applying.h: what apply.c and apply_msgs.c share. Nobody else includes it. */
#pragma once

#include "storaged/mbox/apply.h"
#include "storaged/mbox/rows.h"

static inline struct row_key key_of(const struct applying *a, uint8_t table, uint64_t x, uint64_t y)
{
	return (struct row_key){ a->u->id, table, x, y, 0 };
}

/* Moments of a user's life never go back; what happens in one record happens at one moment. */
static inline bool modseq_fits(const struct applying *a, uint64_t modseq)
{
	return modseq > 0 && modseq >= a->u->modseq;
}

/* The operation goes on in the next part, called again with the same fields? Else it is done with its part. */
static inline bool part_is_full(const struct applying *a) { return a->room <= 0; }
void part_end(struct applying *a);

/* --- apply_msgs.c --- */
enum err apply_put(struct applying *a, const struct rec_put *op);
enum err apply_flags(struct applying *a, const struct rec_flags *op);
enum err apply_gone(struct applying *a, const struct rec_gone *op);
enum err apply_copied(struct applying *a, const struct rec_copied *op);
enum err apply_box_del(struct applying *a, const struct rec_box_del *op);
