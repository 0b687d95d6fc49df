/* frontend/lmtp/lmtp.h: the door where mail comes in: LMTP (RFC 2033) on every address of the config.
 *
 * Speaks PIPELINING, 8BITMIME, SMTPUTF8, SIZE, ENHANCEDSTATUSCODES and CHUNKING. A message goes once to each shard that
 * has recipients, then a delivery per recipient; each recipient has an answer of its own, in the order of RCPT. An answer
 * of 250 leaves only after the shard said that the message is durable (DESIGN invariant 1).
 *
 * Owner: main. The loop, config and route are borrowed and outlive it. Everything runs on the loop.
 */
#pragma once

#include <stddef.h>

#include <jansson.h>

struct config;
struct loop;
struct lmtp;
struct route;

/* Listens on config->lmtp. An address that cannot be listened on is logged and left out: lmtp_listeners tells how many
 * there are. */
struct lmtp *lmtp_new(struct loop *loop, const struct config *config, struct route *route);
size_t lmtp_listeners(const struct lmtp *l);

/* Listens no more; says 421 to each session as soon as it has no transaction running. `empty` is called once, when the
 * last session has gone (at once if there is none). */
typedef void lmtp_empty_fn(void *ctx);
void lmtp_stop(struct lmtp *l, lmtp_empty_fn *empty, void *ctx);
size_t lmtp_sessions(const struct lmtp *l);
void lmtp_status(const struct lmtp *l, json_t *status);    /* adds its numbers to a status */
void lmtp_free(struct lmtp **l);                           /* sessions end at once; unanswered messages may or may not have arrived */
