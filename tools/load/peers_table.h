/* tools/load/peers_table.h: what peers_judge.h found, for people: lines for a terminal, a table in Markdown. */
#pragma once

#include <jansson.h>
#include <stdio.h>

/* How ours compares, and which targets are reached; nothing when nothing was compared. */
void peers_words(const json_t *measure, FILE *out);
/* `comparison` is the whole file: machine, servers, measures. */
void peers_markdown(const json_t *comparison, FILE *out);
