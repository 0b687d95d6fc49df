/* tools/roost/importer.h: many messages into one mailbox, several on their way at once.
 *
 * An append goes again, under its old request id, when the shard went away; so nothing is lost or doubled.
 *
 * Owner: the verb. The client must outlive it.
 */
#pragma once

#include "tools/roost/client.h"
#include "tools/roost/mailsource.h"

struct importer;

/* The mailbox is made if it is missing. NULL: told. */
struct importer *importer_new(struct client *c, const char *user, const char *mailbox);
void importer_free(struct importer **im);
/* Sends m, which is empty afterwards; waits while too many are on their way. False: it makes no sense to go on (told). */
bool importer_put(struct importer *im, struct mail *m);
/* Waits for the last. False: not all were taken (told). */
bool importer_finish(struct importer *im);
uint64_t importer_count(const struct importer *im);            /* messages taken by the service */
