/* frontend/net/tls_layer.h: one server's end of TLS between a stream and its descriptor; tls.c's other half. */
#pragma once

#include <openssl/ssl.h>

#include "frontend/net/tls.h"

struct tls_layer *tls_layer_new(SSL_CTX *ctx, struct stream *s, loop_fn *done, void *arg);
