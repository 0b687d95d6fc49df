/* tests/unit/test_dictionary.c: what was packed with the dictionary opens for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/base/sum.h"
#include "common/seal/dictionary.h"
#include "common/seal/pack.h"

enum { MAGIC_AND_NUMBER = 8, PRIVATE_FROM = 32768 };    /* numbers that zstd leaves to private use */

/* Whoever touches a word of it makes another dictionary, which wants another number beside this one. */
static void its_number_is_its_hash(void **state)
{
	struct buf b = { 0 };

	(void)state;
	dictionary_write(&b);
	const uint8_t *p = (const uint8_t *)b.p;
	uint32_t number = p[4] | (uint32_t)p[5] << 8 | (uint32_t)p[6] << 16 | (uint32_t)p[7] << 24;
	assert_int_equal(number, DICTIONARY_NUMBER);
	assert_int_equal(number, PRIVATE_FROM + (sum64(str_skip(buf_str(&b), MAGIC_AND_NUMBER)) & 0x7fff));
	buf_fini(&b);
}

#define LETTER "From: Ann <ann@example.com>\r\nTo: bob@example.com\r\nSubject: Re: lunch\r\nMIME-Version: 1.0\r\n" \
	"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\nWould you like to know what you think about the meeting?\r\n"

/* Made by this program when the dictionary was new. */
static void what_was_packed_opens(void **state)
{
	static const char packed[] =
		"\050\265\057\375\042\222\270\337\305\001\000\350\101\156\156\040\074\141\156\156\015\012\124\157\072\040\142\157\142\154\165\156\143\150\127\171\157\165\077\015"
		"\012\010\374\037\276\357\267\117\070\324\334\074\277\330\332\316\122\205\004\110\277\202\340\151\300\274\055";
	struct buf plain = { 0 };

	(void)state;
	assert_true(unpack(&plain, S(packed), 1000));
	assert_true(str_eq(buf_str(&plain), S(LETTER)));
	buf_fini(&plain);
}

static void words_of_mail_cost_little(void **state)
{
	struct buf packed = { 0 };

	(void)state;
	assert_true(pack(&packed, S(LETTER), PACK_SMALL));
	assert_true(packed.n < sizeof LETTER / 2);
	buf_fini(&packed);
}

/* A frame that names a dictionary nobody has is damage. */
static void another_dictionary_is_refused(void **state)
{
	struct buf packed = { 0 }, plain = { 0 };

	(void)state;
	assert_true(pack(&packed, S(LETTER), PACK_SMALL));
	assert_int_equal((uint8_t)packed.p[5], DICTIONARY_NUMBER & 0xff);       /* magic and descriptor, then the number */
	packed.p[5] ^= 1;
	assert_false(unpack(&plain, buf_str(&packed), 1000));
	assert_int_equal(plain.n, 0);
	buf_fini(&packed);
	buf_fini(&plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_number_is_its_hash),
		cmocka_unit_test(what_was_packed_opens),
		cmocka_unit_test(words_of_mail_cost_little),
		cmocka_unit_test(another_dictionary_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
