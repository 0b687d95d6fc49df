/* storaged/search/inside.h: a program as it is kept, and a run; only search's own files include it. */
#pragma once

#include "common/base/arena.h"
#include "common/mail/program.h"
#include "common/mail/summary.h"
#include "common/mail/uidset.h"
#include "storaged/search/digest.h"
#include "storaged/search/reader.h"
#include "storaged/search/scan.h"
#include "storaged/search/search.h"
#include "storaged/search/text.h"

enum { KEYWORD_NONE = -1 };

/* A text to look for, and where. */
struct text_key {
	enum program_op op;           /* OP_HEADER, OP_ADDRESS, OP_SUBJECT, OP_BODY, OP_TEXT */
	enum address_field address;   /* of OP_ADDRESS */
	struct str field;             /* its name; of OP_HEADER, OP_ADDRESS, OP_SUBJECT */
	struct scan_key scan;
};

/* One operation. Operands stand before their operator, so that a program is evaluated left to right with a stack. */
struct node {
	enum program_op op;
	uint32_t n;                   /* OP_AND: operands; OP_FLAGS: the word; texts: number of the text_key */
	union {
		int32_t day;
		uint64_t number;
		struct uidset uids;                           /* owned */
		struct { struct str name; int number; } keyword;   /* KEYWORD_NONE: no message has it */
	};
};

struct search {
	struct arena arena;           /* names */
	struct node *nodes;
	size_t n_nodes, cap_nodes;
	struct text_key *keys;
	uint32_t n_keys;
	unsigned needs;               /* enum search_need */
	bool modseq;                  /* OP_MODSEQ is among them */
};

/* How far into a message a run has looked. */
enum looked { LOOKED_COLUMNS, LOOKED_DIGEST, LOOKED_HEADER, LOOKED_BODY };

/* Of 64 messages: those that match, those that do not. */
struct word_verdict { uint64_t yes, no; };

struct search_run {
	const struct search *search;
	uint8_t *stack;               /* of verdicts, while evaluating */
	struct word_verdict *words;   /* the same for words; made at the first */

	/* about the message at hand */
	const struct search_msg *msg;
	enum looked looked;
	bool sent_known;              /* the Date field is a date */
	int32_t sent_day;
	bool envelope_whole;          /* subject and addresses were looked at, and were all there */
	bool *found;                  /* by number of the key */
	bool *absent;                 /* the same: certain before it was looked for */

	/* memory that stays */
	struct scan field_scan;       /* one field of the header: keys that want this field */
	struct scan head_scan;        /* a header, all of it: keys of OP_TEXT */
	struct scan body_scan;        /* the body's texts: keys of OP_BODY and OP_TEXT */
	struct text text;
	struct reader reader;
	struct buf line, readable;
	struct grams grams;           /* of the body's texts */
};

enum search_verdict search_evaluate(struct search_run *run);

/* Looks for the keys in a header arriving in pieces (header.c). `fields`: also for those of single fields. */
struct header_look { struct search_run *run; bool fields; bool continued; };   /* continued: in the middle of a field */
bool header_wanted(const struct search_run *run);            /* some key is about a field, and open */
bool header_push(struct header_look *h, struct str piece);   /* true: something was found */
bool header_end(struct header_look *h);
