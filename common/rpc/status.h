/* common/rpc/status.h: what a process says of itself when asked for its status.
 *
 * A status is one JSON object of numbers, never names of users or mailboxes. Every process has "lag_us" in it: how long
 * turns of its loop kept everybody else waiting.
 */
#pragma once

#include <jansson.h>

struct loop;
struct rpc_server;

/* {"p50", "p99", "max", "n", "buckets": [[end, count], ...]}, of the buckets that hold something. */
json_t *status_lag(const struct loop *l);
/* How often each message was heard at this door, by its name: {"fetch": 7, ...}. */
json_t *status_heard(const struct rpc_server *s);
/* Takes the object. The caller frees the text. */
char *status_text(json_t *status);

/* A socket (mode 0600) that answers nothing but status. Owner: main; freed before the loop. */
struct status_door;
typedef json_t *status_fn(void *ctx);                      /* made anew for each question */
/* NULL: it cannot listen (logged). */
struct status_door *status_door_new(struct loop *l, const char *socket_path, const char *who, status_fn *fn, void *ctx);
void status_door_free(struct status_door **d);
