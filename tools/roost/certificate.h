/* tools/roost/certificate.h: a self-signed ECDSA P-256 certificate, so that TLS works from the first minute. */
#pragma once

#include <stdbool.h>

#include "common/base/buf.h"

/* PEM. Valid for ten years, for host (a name or an IP address), localhost, 127.0.0.1 and ::1. False: OpenSSL failed. */
bool certificate_make(const char *host, struct buf *cert, struct buf *key);
