/* tests/unit/test_config.c: what loads, what is refused and in which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/config.h"

static void faults(void **state)
{
	static const struct { const char *text, *errors; } row[] = {
		{ "", "" },
		{ "# nothing\n// at all\n/* here\n */", "" },
		{ "shards = 2", "" },
		{ "shards=2 frontends=3", "" },
		{ "shards = 0", "roost.conf:1: shards: \"0\" is not a number between 1 and 1024\n" },
		{ "\nshards = 1025", "roost.conf:2: shards: \"1025\" is not a number between 1 and 1024\n" },
		{ "shards = -1", "roost.conf:1: shards: \"-1\" is not a number between 1 and 1024\n" },
		{ "shards = 2\nshards = 3", "roost.conf:2: shards: stands in line 1 already\n" },
		{ "shard = 1", "roost.conf:1: unknown key \"shard\": did you mean \"shards\"?\n" },
		{ "max_mesage_byte = 1", "roost.conf:1: unknown key \"max_mesage_byte\": did you mean \"max_message_bytes\"?\n" },
		{ "colour = blue", "roost.conf:1: unknown key \"colour\"\n" },
		{ "failed_login_delay = 3s", "roost.conf:1: failed_login_delay: \"3s\" is not a duration such as 30s between 0 and 2s\n" },
		{ "segment_bytes = 5KB", "roost.conf:1: segment_bytes: \"5KB\" is not a size such as 64KiB between 4MiB and 1GiB\n" },
		{ "literal = both", "roost.conf:1: literal: \"both\" is none of plus, minus\n" },
		{ "imap = { \"127.0.0.1\", \"[::1]:143\", here }",
		  "roost.conf:1: imap: \"127.0.0.1\" is not ADDR:PORT, [V6]:PORT or unix:PATH\n"
		  "roost.conf:1: imap: \"here\" is not ADDR:PORT, [V6]:PORT or unix:PATH\n" },
		{ "tls = yes", "roost.conf:1: tls: should be tls { cert = ... key = ... }\n" },
		{ "tls { cert = a }", "roost.conf:1: tls: needs both cert and key\n" },
		{ "tls {\n cert = a\n\n kay = b }", "roost.conf:4: unknown key \"kay\": did you mean \"key\"?\n" },
		{ "shards { }", "roost.conf:1: shards: '=' should follow the key\n" },
		{ "shards 2\nliteral =\n", "roost.conf:1: '=' should follow the key\nroost.conf:2: the value is missing\n" },
		{ "host = \"never\nshards = 0", "roost.conf:1: a quote is never closed\n"
		  "roost.conf:2: shards: \"0\" is not a number between 1 and 1024\n" },
		{ "imap = { \"127.0.0.1:1\"\nshards = 0", "roost.conf:1: a { is never closed\n"
		  "roost.conf:2: shards: \"0\" is not a number between 1 and 1024\n" },
		{ "= 1\n}\n", "roost.conf:1: a key should stand here\nroost.conf:2: a key should stand here\n" },
		{ "shards = \"1\n2\"", "roost.conf:1: shards: \"1\\x0a2\" is not a number between 1 and 1024\n" },
		{ "host = {}", "roost.conf:1: host: malformed value\n" },
		{ "bogus { x = 1 }\nshards = x # y\n/* a\n b */ hots = c",
		  "roost.conf:1: unknown key \"bogus\"\n"
		  "roost.conf:2: shards: \"x\" is not a number between 1 and 1024\n"
		  "roost.conf:4: unknown key \"hots\": did you mean \"host\"?\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct config c;
		struct buf errors = { 0 };
		bool ok = config_parse(&c, "/srv", str_of(row[i].text), &errors);
		if (!str_eq(buf_str(&errors), str_of(row[i].errors)) || ok != (errors.n == 0))
			fail_msg("row %zu: %s\ngives: %.*s", i, row[i].text, STR_ARG(buf_str(&errors)));
		buf_fini(&errors);
		config_fini(&c);
	}
}

static void right_values_are_kept_beside_wrong_ones(void **state)
{
	static const char text[] =
		"host = mail.example.org\n"
		"imap = { \"127.0.0.1:1143\", 'unix:/run/a b' }   imaps = 0.0.0.0:1993\n"
		"tls { cert = one.pem key = /etc/one.key }\n"
		"tls { cert = \"two.pem\"\n key = 'two.key' }\n"
		"shards = 4\nmax_message_bytes = lots\n";
	struct config c;
	struct buf errors = { 0 };

	(void)state;
	assert_false(config_parse(&c, "/srv", str_of(text), &errors));
	assert_true(str_starts(buf_str(&errors), S("roost.conf:7: max_message_bytes: \"lots\" is not a size")));
	assert_string_equal(c.host, "mail.example.org");
	assert_int_equal(c.imap.n, 2);
	assert_string_equal(c.imap.at[1], "unix:/run/a b");
	assert_int_equal(c.imaps.n, 1);
	assert_string_equal(c.imaps.at[0], "0.0.0.0:1993");
	assert_int_equal(c.n_tls, 2);
	assert_string_equal(c.tls[0].cert, "/srv/one.pem");
	assert_string_equal(c.tls[0].key, "/etc/one.key");
	assert_string_equal(c.tls[1].key, "/srv/two.key");
	assert_int_equal(c.shards, 4);
	buf_fini(&errors);
	config_fini(&c);
}

static void the_defaults(void **state)
{
	struct config c;

	(void)state;
	config_init(&c);
	assert_string_equal(c.host, "");
	assert_int_equal(c.imap.n + c.imaps.n + c.lmtp.n + c.n_tls, 0);
	assert_int_equal(c.shards, 1);
	assert_int_equal(c.max_message_bytes, 256 << 20);
	assert_int_equal(c.max_connections_per_user, 1000);
	assert_int_equal(c.idle_timeout_ms, 30 * 60 * 1000);
	assert_int_equal(c.login_timeout_ms, 60 * 1000);
	assert_int_equal(c.failed_login_delay_ms, 2000);
	assert_int_equal(c.ticket_lifetime_ms, 3600000);
	assert_int_equal(c.hash_cost, HASH_COST_INTERACTIVE);
	assert_int_equal(c.allow_plaintext, PLAINTEXT_LOOPBACK);
	assert_int_equal(c.log_level, LOG_INFO);
	config_fini(&c);
}

/* Writing what was read gives the same file again, so every field was kept. */
static void what_is_written_loads_back(void **state)
{
	struct buf one = { 0 }, two = { 0 }, errors = { 0 };
	struct config c, d;

	(void)state;
	for (int with_values = 0; with_values < 2; with_values++) {
		config_init(&c);
		if (with_values) {
			config_list_add(&c.imap, S("127.0.0.1:1143"));
			config_list_add(&c.lmtp, S("unix:/run/${HOME}/\"a\\b\""));
			config_list_add(&c.lmtp, S("[::1]:24"));
			config_tls_add(&c, S("/tls/c.pem"), S("/tls/k.pem"));
			c.hash_cost = HASH_COST_MIN;
			c.ticket_lifetime_ms = 1501;
			c.default_quota_bytes = 3 << 20;
		}
		config_write(&c, &one);
		if (!config_parse(&d, "/srv", buf_str(&one), &errors))
			fail_msg("%.*s", STR_ARG(buf_str(&errors)));
		config_write(&d, &two);
		assert_int_equal(d.ticket_lifetime_ms, c.ticket_lifetime_ms);
		assert_int_equal(d.default_quota_bytes, c.default_quota_bytes);
		assert_int_equal(d.lmtp.n, c.lmtp.n);
		if (with_values)
			assert_string_equal(d.lmtp.at[0], c.lmtp.at[0]);
		assert_true(str_eq(buf_str(&one), buf_str(&two)));
		config_fini(&c);
		config_fini(&d);
		buf_reset(&one);
		buf_reset(&two);
	}
	buf_fini(&one);
	buf_fini(&two);
	buf_fini(&errors);
}

static void units(void **state)
{
	static const struct { const char *text; bool bytes_ok; uint64_t bytes; bool ms_ok; uint64_t ms; } row[] = {
		{ "0",       true, 0,           true, 0 },
		{ "1500",    true, 1500,        true, 1500 },
		{ "64KiB",   true, 65536,       false, 0 },
		{ "64 kib",  true, 65536,       false, 0 },
		{ "2GiB",    true, 2ull << 30,  false, 0 },
		{ "500ms",   false, 0,          true, 500 },
		{ "30s",     false, 0,          true, 30000 },
		{ "5m",      false, 0,          true, 300000 },
		{ "24h",     false, 0,          true, 86400000 },
		{ "",        false, 0,          false, 0 },
		{ "h",       false, 0,          false, 0 },
		{ "-1s",     false, 0,          false, 0 },
		{ "1.5h",    false, 0,          false, 0 },
		{ "99999999999999999999", false, 0, false, 0 },
		{ "18446744073709551615KiB", false, 0, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		uint64_t bytes = 0, ms = 0;
		bool bytes_ok = config_bytes(str_of(row[i].text), &bytes);
		bool ms_ok = config_ms(str_of(row[i].text), &ms);
		if (bytes_ok != row[i].bytes_ok || bytes != row[i].bytes || ms_ok != row[i].ms_ok || ms != row[i].ms)
			fail_msg("row %zu: %s", i, row[i].text);
	}
}

static void a_folder_is_loaded(void **state)
{
	char dir[] = "/tmp/roost-config-XXXXXX";
	struct buf path = { 0 }, errors = { 0 };
	struct config c;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_false(config_load(&c, dir, &errors));          /* no such file */
	assert_true(str_search(buf_str(&errors), S("roost.conf: No such file")) > 0);
	config_fini(&c);
	buf_printf(&path, "%s/roost.conf", dir);
	buf_addc(&path, '\0');
	FILE *f = fopen(path.p, "w");
	assert_non_null(f);
	fputs("tls { cert = c key = k }\n", f);
	fclose(f);
	buf_reset(&errors);
	assert_true(config_load(&c, dir, &errors));
	assert_true(str_starts(str_of(c.tls[0].cert), str_of(dir)));
	config_fini(&c);
	unlink(path.p);
	rmdir(dir);
	buf_fini(&path);
	buf_fini(&errors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults),
		cmocka_unit_test(right_values_are_kept_beside_wrong_ones),
		cmocka_unit_test(the_defaults),
		cmocka_unit_test(what_is_written_loads_back),
		cmocka_unit_test(units),
		cmocka_unit_test(a_folder_is_loaded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
