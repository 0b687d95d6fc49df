/* common/mail/lexer.h: the words of structured header fields (RFC 5322 section 3.2).
 *
 * Each function takes what it names from the front of `in` and moves on; unclosed quotes, comments
 * and brackets end with the value.
 */
#pragma once

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/str.h"

bool lexer_blank(char c);                                      /* SP, HT, CR, LF */
/* Blanks and comments, nested ones too. The last comment's text, if there was one, replaces *comment (may be NULL). */
void lexer_skip(struct str *in, struct str *comment);
void lexer_quoted(struct str *in, struct buf *out);            /* at '"': appends the text without quotes */
struct str lexer_until(struct str *in, const char *stops);     /* up to a blank or one of these */
struct str lexer_token(struct str *in);                        /* RFC 2045 5.1 token; perhaps empty */
