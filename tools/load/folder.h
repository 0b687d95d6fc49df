/* tools/load/folder.h: the messages in a folder of .eml files, read once, in the order of their names.
 *
 * Owner: whoever asked for it. Nothing changes afterwards.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"

struct folder;

/* Lines end with CRLF afterwards, also the last. Empty files, those with a NUL and those above file_bytes_max are left out.
 * NULL: unreadable, too large altogether, or none; told on stderr. */
struct folder *folder_read(const char *path, size_t file_bytes_max);
void           folder_free(struct folder **f);
uint32_t       folder_files(const struct folder *f);               /* how many */
struct str     folder_file(const struct folder *f, uint32_t n);    /* file n modulo their number; lent */
