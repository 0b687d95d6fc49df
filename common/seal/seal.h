/* common/seal/seal.h: bytes into sealed bytes and back; keys; password hashes; MACs. The only caller of libsodium.
 *
 * Sealed with AES-256-GCM (OpenSSL's, docs/decisions/0019) where the CPU has it, XChaCha20-Poly1305 otherwise; the algorithm is in the
 * header and every build opens both on any CPU.
 * Every sealing draws a fresh random 256-bit salt; its subkey is keyed BLAKE2b(key; salt, algorithm, purpose). The piece number is
 * the nonce under that subkey; user, purpose, piece and the whole header (salt, "last", lengths) are authenticated (DESIGN section 4).
 *
 * This header opens the room and includes all of it: key.h, run.h, small.h, secret.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/seal/key.h"
#include "common/seal/run.h"
#include "common/seal/secret.h"
#include "common/seal/small.h"

enum seal_algorithm { SEAL_AES256GCM = 1, SEAL_XCHACHA20POLY1305 = 2 };   /* numbers lie on disk: append only */

/* Once per process, first, before threads. random NULL: libsodium's own. False: libsodium does not start, or OpenSSL lacks AES-GCM.
 * All randomness of the room comes from that function. */
bool seal_open(void (*random)(void *ctx, void *to, size_t bytes), void *ctx);
void seal_random(void *to, size_t bytes);

/* For tests, before threads: seal as a CPU with AES instructions does (AES-GCM), or as one without (XChaCha). False: this CPU
 * has none; nothing changes. */
bool seal_prefer(enum seal_algorithm a);
enum seal_algorithm seal_preferred(void);
