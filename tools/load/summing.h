/* tools/load/summing.h: a run as its parent process sees it: samples of all tallies and of the server, and the report made of them. */
#pragma once

#include <jansson.h>

#include "tools/load/live.h"
#include "tools/load/worker.h"

struct summing;
struct summing *summing_new(const struct plan *p, const struct shared *s);
void            summing_free(struct summing **s);
void            summing_opening(struct summing *s);      /* before the first connection: how large is the server? */
void            summing_opened(struct summing *s);       /* all connections stand */
void            summing_begin(struct summing *s);        /* from now on it counts */
void            summing_sample(struct summing *s);       /* one point of the timeline */
void            summing_live(const struct summing *s, struct live_now *out);   /* how it stands, as last sampled */
void            summing_end(struct summing *s);          /* played; connections still stand */
/* After the workers have ended. The caller owns it. */
json_t         *summing_report(const struct summing *s);
bool            summing_good(const struct summing *s);

#define SUMMING_INTERVAL_NS UINT64_C(500000000)
