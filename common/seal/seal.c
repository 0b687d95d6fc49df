/* common/seal/seal.c: starts the libraries; their randomness and the cipher of choice. */
#include "common/seal/seal.h"

#include <sodium.h>

#include "common/seal/aead.h"

/* The libraries themselves are process-wide, and so is what was asked of them. Written by seal_open and seal_prefer, before threads. */
static struct {
	void (*random)(void *ctx, void *to, size_t bytes);
	void *ctx;
	enum seal_algorithm preferred;
	EVP_CIPHER *aes;
} room;

static const char *room_name(void)
{
	return "roost";
}

static void room_buf(void *const to, const size_t bytes)
{
	room.random(room.ctx, to, bytes);
}

static uint32_t room_u32(void)
{
	uint32_t v;

	room_buf(&v, sizeof v);
	return v;
}

/* Not const because libsodium 1.0.18 takes it so; nobody writes it. */
static randombytes_implementation room_source = { .implementation_name = room_name, .random = room_u32, .buf = room_buf };

bool seal_open(void (*random)(void *ctx, void *to, size_t bytes), void *ctx)
{
	room.random = random;
	room.ctx = ctx;
	randombytes_set_implementation(random ? &room_source : &randombytes_sysrandom_implementation);
	if (!room.aes)
		room.aes = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	if (sodium_init() < 0 || !room.aes)
		return false;
	room.preferred = crypto_aead_aes256gcm_is_available() ? SEAL_AES256GCM : SEAL_XCHACHA20POLY1305;
	return true;
}

const EVP_CIPHER *seal_aes(void)
{
	return room.aes;
}

void seal_random(void *to, size_t bytes)
{
	randombytes_buf(to, bytes);
}

bool seal_prefer(enum seal_algorithm a)
{
	if (a == SEAL_AES256GCM && !crypto_aead_aes256gcm_is_available())
		return false;
	room.preferred = a;
	return true;
}

enum seal_algorithm seal_preferred(void)
{
	return room.preferred;
}
