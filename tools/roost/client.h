/* tools/roost/client.h: calls to the running service that look like functions.
 *
 * A client opens doors: the directory's admin socket, a shard's, a frontend's. door_call waits for the end of its call;
 * many calls at once are made with call_start on door_channel, whose callbacks run in client_run.
 *
 * Owner: the verb. Doors live as long as the client.
 */
#pragma once

#include "common/base/err.h"
#include "common/rpc/channel.h"
#include "tools/roost/options.h"

struct client;
struct door;

/* For the service that -C names. NULL: there is none, or it is not running (told). */
struct client *client_open(const struct args *a);
void           client_close(struct client **c);
const char    *client_dir(const struct client *c);

/* Connects to DIR/sock/NAME; NULL: nobody answers there within timeout_ms. */
struct door *client_door(struct client *c, const char *name, uint64_t timeout_ms);
/* The directory's admin door, or shard n's. NULL: told. */
struct door *client_directory(struct client *c);
struct door *client_shard(struct client *c, uint32_t n);

struct channel *door_channel(const struct door *d);
/* The service restarts what crashes: waits until this door is open again. False: not in time (told). */
bool door_reopen(struct door *d);

/* One answer; borrowed until return. NULL where answers do not matter. */
typedef void answer_fn(void *ctx, uint16_t no, struct str fields);
/* ERR_UNKNOWN: the connection broke in the middle; ERR_BUSY: no answer in time. Takes the fields. */
enum err door_call(struct door *d, uint16_t no, struct buf *fields, answer_fn *fn, void *ctx);
/* The same for what may be repeated (reads; changes, by their request id): again after a crash. Before that fn is told no == 0:
 * forget the answers heard so far. */
enum err door_ask(struct door *d, uint16_t no, struct buf *fields, answer_fn *fn, void *ctx);

/* The numbers of a change (DESIGN invariant 5): request ids ascend within the client, whose incarnation is random. */
uint64_t client_next_req(struct client *c);

/* Callbacks run until one of them calls client_wake. */
void client_run(struct client *c);
void client_wake(struct client *c);

/* A ticket for one user, with every right. */
struct grant { uint32_t user, shard; struct buf ticket; };
/* Not OK: told with the name. */
enum err client_admit(struct client *c, const char *name, struct grant *g);
