/* common/seal/seal.h: bytes into sealed bytes and back; keys; password hashes; MACs. The only caller of libsodium.
 *
 * Sealed with AES-256-GCM where the CPU has it, XChaCha20-Poly1305 otherwise; the algorithm is in the header and every build
 * opens both on any CPU (AES-GCM without AES instructions through OpenSSL).
 * Every sealing draws a fresh random 256-bit salt; its subkey is keyed BLAKE2b(key; salt, algorithm, purpose). The piece number is
 * the nonce under that subkey; user, salt, piece and "last" are authenticated (DESIGN section 4).
 *
 * Keys are struct key: 32 bytes, wiped by key_wipe. Randomness comes from the function given to seal_open.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/str.h"
#include "common/mail/ids.h"

struct key { uint8_t b[32]; };

/* Once per process, first. random NULL: libsodium's own. False: libsodium does not start. */
bool seal_open(void (*random)(void *ctx, void *to, size_t bytes), void *ctx);
void seal_random(void *to, size_t bytes);
void key_random(struct key *k);
void key_wipe(struct key *k);
struct key key_derive(const struct key *from, const char *purpose, uint64_t number);   /* keyed BLAKE2b */

/* --- one sealed run: consecutive 64 KiB pieces of one plaintext under one salt ----------------------------------
 * Layout: version, algorithm, flags, salt[32], u32 first piece, u32 n pieces, n * u32 sealed length, then the pieces. Each piece was
 * compressed by zstd (kept raw when that does not pay) before sealing. A message up to 256 KiB is one run. */
enum { PIECE_BYTES = 64 * 1024, RUN_PIECES = 4, RUN_BYTES = PIECE_BYTES * RUN_PIECES };
enum seal_purpose { SEAL_MESSAGE = 1, SEAL_SUMMARY = 2, SEAL_SPOOL = 3, SEAL_ROW = 4 };

/* plain: at most RUN_BYTES; only the last run of a message may end with a piece shorter than PIECE_BYTES. last: this run ends the message. */
void run_seal(struct buf *out, const struct key *user_key, struct user_id user, enum seal_purpose purpose,
              uint32_t first_piece, bool last, struct str plain);
/* A run already compressed once and sealed many times (LMTP to many recipients): compress, then seal per user. */
struct packed_run;                                                          /* compressed pieces; owner: caller */
struct packed_run *run_pack(struct str plain, uint32_t first_piece, bool last);
void packed_run_free(struct packed_run **p);
void run_seal_packed(struct buf *out, const struct key *user_key, struct user_id user, enum seal_purpose purpose, const struct packed_run *p);

struct run_info { uint32_t first_piece, n_pieces; bool last; uint32_t header_bytes; uint32_t piece_at[RUN_PIECES + 1]; /* offsets of pieces within the run's bytes */ };
/* head: the first bytes of a run; RUN_HEAD_MAX suffice. False: malformed. */
enum { RUN_HEAD_MAX = 3 + 32 + 4 + 4 + 4 * RUN_PIECES };
bool run_open_info(struct str head, struct run_info *info);
/* Opens one piece: head as above, sealed = the piece's bytes. Appends plaintext. ERR_CORRUPT. */
enum err run_open_piece(struct buf *out, const struct key *user_key, struct user_id user, enum seal_purpose purpose,
                        struct str head, uint32_t piece, struct str sealed);
/* All pieces of a whole run in memory. */
enum err run_open(struct buf *out, const struct key *user_key, struct user_id user, enum seal_purpose purpose, struct str run);

/* --- small things (summaries, rows): one piece ---------------------------------------------------------------- */
void     small_seal(struct buf *out, const struct key *user_key, struct user_id user, enum seal_purpose purpose, struct str plain);
enum err small_open(struct buf *out, const struct key *user_key, struct user_id user, enum seal_purpose purpose, struct str sealed);

/* --- keys wrapped by keys --------------------------------------------------------------------------------------- */
enum { WRAPPED_BYTES = 24 + 32 + 16 };
void key_wrap(uint8_t out[WRAPPED_BYTES], const struct key *by, uint64_t label, const struct key *k);      /* label: authenticated */
bool key_unwrap(struct key *k, const struct key *by, uint64_t label, const uint8_t in[WRAPPED_BYTES]);
/* The master key file: 32 random bytes in hex and a newline, mode 0600. Load refuses a file others may read. */
enum err master_key_create(const char *path);
enum err master_key_load(struct key *k, const char *path);

/* --- MACs and passwords ------------------------------------------------------------------------------------------- */
enum { MAC_BYTES = 32 };
void mac_make(uint8_t out[MAC_BYTES], const struct key *k, struct str what);
bool mac_check(const uint8_t mac[MAC_BYTES], const struct key *k, struct str what);                        /* constant time */
enum hash_cost { HASH_MIN = 1, HASH_INTERACTIVE, HASH_MODERATE };
enum { HASH_TEXT_BYTES = 128 };
/* argon2id, slow on purpose: on a worker. False: out of memory. out is a C string. */
bool password_hash(char out[HASH_TEXT_BYTES], struct str password, enum hash_cost cost);
bool password_check(const char *hash, struct str password);
/* 64-bit keyed hash for tables over outside data (SipHash). */
uint64_t seal_hash64(const uint8_t key[16], struct str what);
