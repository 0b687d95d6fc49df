/* storaged/directory/hasher.h: argon2id on the loop's workers, a few at a time.
 *
 * No more run at once than there are workers (each may take 64 MiB and 80 ms), the others wait here: logins and hashes to be made
 * take turns, so that neither starves. Checks beyond HASHER_CHECKS_MOST waiting are refused.
 *
 * Owner: the directory. A job is its caller's, and must stay until `done`.
 */
#pragma once

#include <stdbool.h>
#include <sys/queue.h>

#include "common/base/str.h"
#include "common/seal/secret.h"

enum { HASHER_CHECKS_MOST = 1024 };

struct hasher;
struct loop;

struct hash_job {
	STAILQ_ENTRY(hash_job) next;
	struct hasher *hasher;
	struct str     password;                 /* the job's own: hash_job_init, hash_job_fini */
	char           text[HASH_TEXT_BYTES];    /* checked against, or made */
	enum hash_cost cost;                     /* of the hash to be made; 0: check */
	bool           ok;                       /* the password fits; the hash is made */
	void         (*done)(void *ctx);         /* on the loop */
	void          *ctx;
};

void hash_job_init(struct hash_job *j, struct str password, void (*done)(void *ctx), void *ctx);
void hash_job_fini(struct hash_job *j);      /* wipes the password */

struct hasher *hasher_new(struct loop *loop, unsigned threads);
/* Jobs that still wait are done at once, not ok. Then work_drain, and then it may be freed. */
void hasher_stop(struct hasher *h);
void hasher_free(struct hasher **h);

/* Against `hash`. False: too many wait already; done will not be called. */
bool hasher_check(struct hasher *h, struct hash_job *j, const char *hash);
void hasher_make(struct hasher *h, struct hash_job *j, enum hash_cost cost);
unsigned hasher_waiting(const struct hasher *h);       /* and running */
