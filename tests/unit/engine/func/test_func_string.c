#include "eval_sql.h"

static void test_strings(void **state)
{
    (void)state;
    static const eval_case cases[] = {
        {"UCASE('stra\xc3\x9f"
         "e')",
         "STRASSE"},
        {"LCASE('\xce\x91\xce\xa3')", "\xce\xb1\xcf\x82"},
        {"LCASE('ABC')", "abc"},
        {"UCASE(NULL)", "NULL"},
        {"UCASE(N_S)", "NULL"},
        {"UCASE('')", ""},
        {"LEN('\xf0\x9f\x98\x80')", "2"},
        {"LEN(TO_BYTES('abc', 'utf8'))", "3"},
        {"LEN('')", "0"},
        {"TRIM(' \x01 a b \n')", "a b"},
        {"TRIM('\xc2\xa0x')", "\xc2\xa0x"},
        {"INITCAP('  the quick   BROWN fox')", "The Quick   Brown Fox"},
        {"INITCAP('\xc3\xa9t\xc3\xa9')", "\xc3\x89t\xc3\xa9"},
        {"INITCAP('')", ""},
        {"SUBSTRING('hello', 2)", "ello"},
        {"SUBSTRING('hello', 0, 2)", "he"},
        {"SUBSTRING('hello', -3, 2)", "ll"},
        {"SUBSTRING('hello', -30)", "hello"},
        {"SUBSTRING('hello', 30)", ""},
        {"SUBSTRING('hello', 2, -5)", ""},
        {"SUBSTRING('hello', 2, 2147483647)", ""},
        {"SUBSTRING('hello', 1, 2147483647)", "hello"},
        {"SUBSTRING('a\xf0\x9f\x98\x80z', 2, 2)", "\xf0\x9f\x98\x80"},
        {"SUBSTRING('a\xf0\x9f\x98\x80z', 3)", "?z"},
        {"SUBSTRING('a\xf0\x9f\x98\x80z', 2, 1)", "?"},
        {"SUBSTRING('a\xf0\x9f\x98\x80z', 3, 1)", "?"},
        {"FROM_BYTES(SUBSTRING(TO_BYTES('hello', 'utf8'), 2, 3), 'utf8')", "ell"},
        {"CONCAT('a', NULL)", "a"},
        {"CONCAT('a', 'b', 'c')", "abc"},
        {"CONCAT(N_S, N_S)", ""},
        {"CONCAT(ARRAY['a','b'])", "[a, b]"},
        {"'a' || 'b'", "ab"},
        {"FROM_BYTES(CONCAT('YQ==', TO_BYTES('b', 'utf8')), 'utf8')", "ab"},
        {"FROM_BYTES(CONCAT(B, B), 'hex')", "61620000"},
        {"CONCAT_WS(',', 'a', NULL, 'b', '')", "a,b,"},
        {"CONCAT_WS(N_S, 'a')", "NULL"},
        {"CONCAT_WS(',', N_S)", ""},
        {"CONCAT_WS('x')", "ERR Function Concat_WS expects at least two input arguments."},
        {"REPLACE('foobar', 'o', 'XX')", "fXXXXbar"},
        {"REPLACE('aaa', 'aa', 'b')", "ba"},
        {"REPLACE('ab', '', '-')", "-a-b-"},
        {"REPLACE('', '', '-')", "-"},
        {"REPLACE('ab', 'b', '')", "a"},
        {"REPLACE('ab', 'c', '')", "ab"},
        {"INSTR('corporate floor', 'or')", "2"},
        {"INSTR('corporate floor', 'or', 3)", "5"},
        {"INSTR('corporate floor', 'or', 3, 2)", "14"},
        {"INSTR('corporate floor', 'or', -3, 2)", "2"},
        {"INSTR('corporate floor', 'or', -3, 3)", "0"},
        {"INSTR('corporate floor', 'or', -4)", "5"},
        {"INSTR('aaaa', 'aa', 1, 3)", "3"},
        {"INSTR('aaaa', 'aa', 1, 0)", "0"},
        {"INSTR('aaaa', 'aa', 0)", "0"},
        {"INSTR('aaaa', 'aa', 5)", "0"},
        {"INSTR('aaaa', 'aa', -5)", "0"},
        {"INSTR('abc', '', 2)", "2"},
        {"INSTR(N_S, 'a')", "0"},
        {"INSTR('a', N_S)", "0"},
        {"INSTR('a', 'a', N_I)", "NULL"},
        {"INSTR('\xf0\x9f\x98\x80z', 'z')", "3"},
        {"LPAD('foo', 7, 'Bar')", "BarBfoo"},
        {"RPAD('foo', 7, 'Bar')", "fooBarB"},
        {"LPAD('foo', 2, 'Bar')", "fo"},
        {"RPAD('foo', 0, 'Bar')", ""},
        {"LPAD('foo', -1, 'Bar')", "NULL"},
        {"LPAD('foo', 5, '')", "NULL"},
        {"RPAD('\xc3\xa9', 4, '\xf0\x9f\x98\x80')", "\xc3\xa9\xf0\x9f\x98\x80?"},
        {"LPAD('x', 2147483647, 'y')", "ERR the result is longer than 67108864 bytes"},
        {"FROM_BYTES(LPAD(TO_BYTES('a', 'utf8'), 3, 'eg=='), 'utf8')", "zza"},
        {"SPLIT('a,b,,c,', ',')", "[a, b, , c, ]"},
        {"SPLIT('', ',')", "[]"},
        {"ARRAY_LENGTH(SPLIT('', ','))", "1"},
        {"ARRAY_LENGTH(SPLIT('', ''))", "1"},
        {"SPLIT('abc', '')", "[a, b, c]"},
        {"SPLIT('abc', ',')", "[abc]"},
        {"ARRAY_LENGTH(SPLIT(TO_BYTES('a.b', 'utf8'), TO_BYTES('.', 'utf8')))", "2"},
        {"ARRAY_LENGTH(SPLIT(TO_BYTES('a.b', 'utf8'), TO_BYTES('', 'utf8')))", "3"},
        {"SPLIT_TO_MAP('a=1;b=2;;c;a=3=4', ';', '=')", "{a=3, b=2}"},
        {"SPLIT_TO_MAP('a=1', ';', ';')", "NULL"},
        {"SPLIT_TO_MAP('a=1', '', '=')", "NULL"},
        {"SPLIT_TO_MAP('', ';', '=')", "{}"},
        {"ELT(2, 'a', 'b')", "b"},
        {"ELT(0, 'a', 'b')", "NULL"},
        {"ELT(3, 'a', 'b')", "NULL"},
        {"ELT(2, 'a', N_S, 'c')", "NULL"},
        {"ELT(N_I, 'a', 'c')", "NULL"},
        {"FIELD('b', 'a', 'b')", "2"},
        {"FIELD(N_S, 'a', N_S)", "0"},
        {"FIELD('z', 'a', N_S)", "0"},
        {"CHR(75)", "K"},
        {"CHR(128512)", "\xf0\x9f\x98\x80"},
        {"CHR(-1)", "NULL"},
        {"CHR(1114112)", "NULL"},
        {"CHR('\\u004b')", "K"},
        {"CHR('\\ud83d\\ude00')", "\xf0\x9f\x98\x80"},
        {"CHR('\\u00zz')", "ERR Unable to parse unicode value: 00zz"},
        {"CHR('\\uu+0041\\101\\x')", "AAx"},
        {"CHR('K')", "NULL"},
        {"CHR('\\u004')", "NULL"},
    };
    CHECK_VALUES(cases);
}

static void test_mask(void **state)
{
    (void)state;
    static const eval_case cases[] = {
        {"MASK('AbC#$123xy Z')", "XxX--nnnxx-X"},
        {"MASK('Ab1#', '*', NULL, NULL, NULL)", "*b1#"},
        {"MASK('Ab1#', N_S, 'l', 'd', 'o')", "Aldo"},
        {"MASK('Ab1#', 'ab', 'l', 'd', 'o')",
         "ERR Invalid mask character. Must be only single character, but was 'ab'"},
        {"MASK_LEFT('AbC123', 2)", "XxC123"},
        {"MASK_RIGHT('AbC123', 2)", "AbC1nn"},
        {"MASK_KEEP_LEFT('AbC123', 2)", "AbXnnn"},
        {"MASK_KEEP_RIGHT('AbC123', 2)", "XxXn23"},
        {"MASK_KEEP_RIGHT('AbC123', 20)", "AbC123"},
        {"MASK_LEFT('AbC123', 20)", "XxXnnn"},
        {"MASK_LEFT('AbC123', -1)",
         "ERR function mask_left requires a non-negative number of characters to mask or skip"},
        {"MASK_LEFT('Ab', N_I)", "NULL"},
        {"MASK(N_S)", "NULL"},
        {"MASK('\xc3\x84\xc3\xa4\xe4\xb8\xad\xf0\x9f\x98\x80')", "Xx---"},
        {"MASK()", "REFUSED Function 'mask' does not accept parameters ().\nValid alternatives are:\n"
                   "MASK(VARCHAR input STRING to be masked)\nMASK(VARCHAR input STRING to be masked, "
                   "VARCHAR upper-case mask, or NULL to use default, VARCHAR lower-case mask, or NULL "
                   "to use default, VARCHAR digit mask, or NULL to use default, VARCHAR mask for other "
                   "characters, or NULL to use default)\nFor detailed..."},
    };
    CHECK_VALUES(cases);
}

static void test_encodings(void **state)
{
    (void)state;
    static const eval_case cases[] = {
        {"ENCODE('4578616d706C6521', 'hex', 'utf8')", "Example!"},
        {"ENCODE('0x4a', 'hex', 'ascii')", "J"},
        {"ENCODE('0x', 'hex', 'ascii')", ""},
        {"ENCODE('0x1', 'hex', 'base64')", "AQ=="},
        {"ENCODE('X''4a4b''', 'hex', 'ascii')", "JK"},
        {"ENCODE('4', 'hex', 'ascii')", "ERR Odd number of characters."},
        {"ENCODE('12zx', 'hex', 'ascii')", "ERR Illegal hexadecimal character z at index 2"},
        {"ENCODE('\xc3\xa9', 'ascii', 'utf8')", "?"},
        {"ENCODE('\xc3\xa9', 'utf8', 'ascii')", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"ENCODE('\xc3\xa9', 'utf8', 'hex')", "c3a9"},
        {"ENCODE('RXhh*bXBsZSE=xx', 'base64', 'utf8')", "Example!"},
        {"ENCODE('a', 'utf8', 'utf8')", "ERR Supported input and output encodings are: hex, utf8, ascii and base64"},
        {"ENCODE('a', 'utf9', 'utf8')", "ERR Supported input and output encodings are: hex, utf8, ascii and base64"},
        {"FROM_BYTES(TO_BYTES('aBc', 'ascii'), 'HEX')", "614263"},
        {"FROM_BYTES(TO_BYTES('ff', 'hex'), 'utf8')", "\xef\xbf\xbd"},
        {"FROM_BYTES(TO_BYTES('YQ', 'base64'), 'base64')", "YQ=="},
        {"TO_BYTES('123', 'hex')", "ERR hexBinary needs to be even-length: 123"},
        {"TO_BYTES('12zx', 'hex')", "ERR contains illegal character for hexBinary: 12zx"},
        {"TO_BYTES('a*', 'base64')", "ERR Illegal base64 character 2a"},
        {"TO_BYTES('a', 'x')", "ERR Unknown encoding type 'x'. Supported formats are 'hex', 'utf8', "
                               "'ascii', and 'base64'."},
        {"MD5('')", "d41d8cd98f00b204e9800998ecf8427e"},
        {"MD5('The quick brown fox jumps over the lazy dog')", "9e107d9d372bb6826bd81d3542a419d6"},
        {"MD5('12345678901234567890123456789012345678901234567890123456789012345678901234567890')",
         "57edf4a22be3c955ac49da2e2107b67a"},
        {"UUID(TO_BYTES('000102030405060708090a0b0c0d0e0f', 'hex'))", "00010203-0405-0607-0809-0a0b0c0d0e0f"},
        {"UUID(TO_BYTES('00', 'hex'))", "NULL"},
        {"LEN(UUID())", "36"},
        {"SUBSTRING(UUID(), 15, 1)", "4"},
    };
    CHECK_VALUES(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_mask),
        cmocka_unit_test(test_encodings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
