/* common/mail/ids.h: numbers that look alike and are not. */
#pragma once

#include <stdint.h>

struct uid     { uint32_t n; };   /* one message, for ever                                   */
struct seqno   { uint32_t n; };   /* a position, in one session, for now                     */
struct modseq  { uint64_t n; };   /* a moment in one user's life                             */
struct mbox_id { uint32_t n; };   /* a mailbox, whatever it is called today; 0 is none       */
struct user_id { uint32_t n; };   /* a user, whatever they are called today; 0 is none       */
struct blob_id { uint64_t n; };   /* a sealed message of one user; shared by its copies      */
struct lsn     { uint64_t n; };   /* a record's place in its shard's journal; 0 is "nothing" */
