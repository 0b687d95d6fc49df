/* frontend/lmtp/warning.h: the short letter that tells somebody that their quota is nearly full.
 *
 * It goes into INBOX like any other mail. What is under way when the process ends may or may not come.
 *
 * Owner: struct lmtp, for all sessions: a letter of warning outlives the transaction that brought it about.
 */
#pragma once

struct account;
struct config;
struct route;
struct rpc_crossed;
struct warnings;

/* All of these outlive it; host: what we are called. */
struct warnings *warnings_new(const struct config *config, struct route *route, const char *host);
void warnings_free(struct warnings **w);
void warnings_send(struct warnings *w, struct account *to, const struct rpc_crossed *how);
