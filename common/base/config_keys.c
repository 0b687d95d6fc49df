/* common/base/config_keys.c: every key there is. */
#include "common/base/config_keys.h"

#include <assert.h>

static const char *const allow_plaintext_names[] = { "loopback", "always", "never", NULL };
static const char *const literal_names[] = { "plus", "minus", NULL };
static const char *const quota_full_names[] = { "reject", "defer", NULL };
static const char *const hash_cost_names[] = { "min", "interactive", "moderate", NULL };
static const char *const log_level_names[] = { "debug", "info", "warn", "error", NULL };

static_assert(sizeof(enum config_plaintext) == sizeof(unsigned) && sizeof(enum log_level) == sizeof(unsigned),
	      "choices are stored as unsigned");

#define KIB 1024ull
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define SECOND 1000ull
#define DAY (24 * 3600 * SECOND)

#define AT(field) offsetof(struct config, field)
#define TEXT(f, words)                       { #f, KIND_TEXT, AT(f), 0, 0, NULL, NULL, words }
#define LIST(f, words)                       { #f, KIND_LIST, AT(f), 0, 0, NULL, NULL, words }
#define LISTENERS(f, words)                  { #f, KIND_LISTENERS, AT(f), 0, 0, NULL, NULL, words }
#define COUNT(f, least, most, initial, words) { #f, KIND_COUNT, AT(f), least, most, initial, NULL, words }
#define BYTES(f, least, most, initial, words) { #f, KIND_BYTES, AT(f), least, most, initial, NULL, words }
#define MS(key, f, least, most, initial, words) { key, KIND_MS, AT(f), least, most, initial, NULL, words }
#define CHOICE(f, initial, words)            { #f, KIND_CHOICE, AT(f), 0, 0, initial, f##_names, words }

const struct config_key config_keys[] = {
	TEXT(host, "The name this service greets with. Empty: the machine's name."),
	LISTENERS(imap, "Where IMAP is spoken: \"127.0.0.1:143\", \"[::1]:143\", \"unix:/run/roost/imap\"."),
	LISTENERS(imaps, "IMAP with TLS from the first byte: \"0.0.0.0:993\"."),
	LISTENERS(lmtp, "Where mail is taken in: \"127.0.0.1:24\" or \"unix:/run/roost/lmtp\"."),
	LIST(local_domains, "Mail to NAME@DOMAIN is for user NAME when DOMAIN stands here."),
	{ "tls", KIND_TLS, AT(tls), 0, 0, NULL, NULL,
	  "A certificate and its key, PEM files named from this folder. Once for each certificate;\n"
	  "clients get the one that fits the name they ask for, else the first." },
	COUNT(shards, 1, 1024, "1", "Shards: each has its own journal, index and process."),
	COUNT(frontends, 1, 256, "1", "Processes that speak IMAP. LMTP has one."),
	COUNT(worker_threads, 1, 64, "4", "Threads for heavy work in each process."),
	CHOICE(allow_plaintext, "loopback", "May passwords travel without TLS? loopback, always or never."),
	CHOICE(literal, "plus", "Non-synchronizing literals (RFC 7888): plus is LITERAL+, minus is LITERAL-."),
	CHOICE(hash_cost, "interactive", "Cost of a password hash (argon2id): min, interactive or moderate."),
	CHOICE(log_level, "info", "The least that is logged: debug, info, warn or error."),
	BYTES(max_message_bytes, 1 * KIB, 4 * GIB - 1, "256MiB", "The largest message taken in."),
	BYTES(default_quota_bytes, 0, UINT64_MAX, "0", "Storage in the quota class \"default\", until `roost quota class default` sets it; 0 is unlimited."),
	CHOICE(quota_full, "reject", "Mail for a user over quota: reject (552) for good, or defer (452): the sender tries again."),
	TEXT(quota_warning, "What the letter says that warns of a quota nearly full (`roost quota class --warn on`). Empty: our words."),
	COUNT(max_connections_per_user, 1, 1000000, "1000", "Connections a user may have at once."),
	COUNT(max_connections_per_address, 1, 1000000, "1000", "Connections from one address at once; loopback may have any number."),
	MS("idle_timeout", idle_timeout_ms, 1 * SECOND, 30 * DAY, "30m",
	   "An authenticated client is logged out after this silence (RFC 9051 5.4: at least 30m)."),
	MS("login_timeout", login_timeout_ms, 1 * SECOND, DAY, "1m", "A client must log in within this time."),
	MS("failed_login_delay", failed_login_delay_ms, 0, 2 * SECOND, "2s", "A failed login is answered after at most this delay; up to 2s."),
	MS("ticket_lifetime", ticket_lifetime_ms, 1 * SECOND, 30 * DAY, "1h", "A frontend renews its right to serve a session within this time."),
	MS("checkpoint_interval", checkpoint_interval_ms, 10, 3600 * SECOND, "1s", "The index is brought up to the journal this often."),
	BYTES(segment_bytes, 4 * MIB, 1 * GIB, "64MiB", "Size of one journal file."),
	BYTES(index_map_bytes, 64 * MIB, 64 * 1024 * GIB, "64GiB", "Address space of one index, far above need: it costs nothing until used."),
};

const size_t config_n_keys = sizeof config_keys / sizeof *config_keys;
