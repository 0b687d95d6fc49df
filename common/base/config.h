/* common/base/config.h: roost.conf, read into one struct.
 *
 * Every error of the file is reported, one line each: `roost.conf:LINE: what is wrong`.
 * Durations are written 500ms, 30s, 5m, 24h; sizes 4096, 64KiB, 256MiB, 2GiB (both quoted or not).
 *
 * A key is named like its field, durations without the _ms.
 *
 * Owner: main, which calls config_fini. Strings are the config's own.
 * Always after config_load, even a failed one: every field holds its default or a valid value.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/log.h"

struct config_list { char **at; size_t n; };
struct config_tls { char *cert, *key; };                   /* PEM files; paths made absolute */

enum config_plaintext { PLAINTEXT_LOOPBACK, PLAINTEXT_ALWAYS, PLAINTEXT_NEVER };
enum config_quota_full { QUOTA_FULL_REJECT, QUOTA_FULL_DEFER };
enum config_literal { LITERAL_PLUS, LITERAL_MINUS };       /* RFC 7888 */
enum config_hash_cost { HASH_COST_MIN, HASH_COST_INTERACTIVE, HASH_COST_MODERATE };

struct config {
	char *host;                            /* the name we greet with; "" : the machine's name */
	struct config_list imap;               /* "ADDR:PORT", "[V6]:PORT"; none */
	struct config_list imaps;              /* the same, TLS from the first byte; none */
	struct config_list lmtp;               /* also "unix:PATH"; none */
	struct config_list local_domains;      /* LMTP recipients user@one-of-these are user; none */
	struct config_tls *tls;                /* the server's certificates, chosen by SNI; the first by default */
	size_t   n_tls;
	unsigned shards;                       /* 1..1024; 1 */
	unsigned frontends;                    /* IMAP processes, 1..256; LMTP has one; 1 */
	unsigned worker_threads;               /* per process, 1..64; 4 */
	enum config_plaintext allow_plaintext; /* passwords without TLS; loopback */
	enum config_literal   literal;         /* LITERAL+ or LITERAL-; plus */
	enum config_hash_cost hash_cost;       /* of argon2id; interactive */
	enum log_level        log_level;       /* info */
	uint64_t max_message_bytes;            /* 256 MiB */
	uint64_t default_quota_bytes;          /* of a user; 0: unlimited; 0 */
	enum config_quota_full quota_full;     /* mail for who is over quota; reject */
	char *quota_warning;                   /* what the letter of warning says; "": our words */
	unsigned max_connections_per_user;     /* 1000 */
	unsigned max_connections_per_address;  /* loopback is exempt; 1000 */
	uint64_t idle_timeout_ms;              /* authenticated (RFC 9051 5.4: at least 30 min); 30 min */
	uint64_t login_timeout_ms;             /* not authenticated; 1 min */
	uint64_t failed_login_delay_ms;        /* 0..2000; 2000 */
	uint64_t ticket_lifetime_ms;           /* 1 h */
	uint64_t checkpoint_interval_ms;       /* 1 s */
	uint64_t segment_bytes;                /* one journal file, 4 MiB..1 GiB, a multiple of 4 KiB; 64 MiB */
	uint64_t index_map_bytes;              /* address space of one index, far above need; 64 GiB */
};

void config_init(struct config *c);                        /* the defaults */
void config_fini(struct config *c);
/* Reads DIR/roost.conf into c (not initialised before). False: `errors` names every fault, a line each. */
bool config_load(struct config *c, const char *dir, struct buf *errors);
/* The same of text; paths in it are relative to dir. */
bool config_parse(struct config *c, const char *dir, struct str text, struct buf *errors);
/* The commented file `roost init` makes, holding c's values. It loads back to c, relative paths made absolute.
 * For defaults and choices: config_init, config_list_add(&c.imap, ...), config_tls_add, then this. */
void config_write(const struct config *c, struct buf *out);

/* "64KiB", "1GiB", "300": false unless all of it is a size. */
bool config_bytes(struct str text, uint64_t *out);
/* "500ms", "30s", "5m", "24h", "1500" (ms). */
bool config_ms(struct str text, uint64_t *out);
void config_list_add(struct config_list *l, struct str item);
void config_tls_add(struct config *c, struct str cert, struct str key);
