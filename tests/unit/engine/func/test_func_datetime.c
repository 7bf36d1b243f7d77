#include "eval_sql.h"

#define PT(text, pattern, want)                                            \
    {                                                                      \
        "UNIX_TIMESTAMP(PARSE_TIMESTAMP('" text "', '" pattern "'))", want \
    }
#define FT(ms, pattern, zone, want)                                  \
    {                                                                \
        "TIMESTAMPTOSTRING(" ms ", '" pattern "', '" zone "')", want \
    }
#define FAILED "ERR Failed to ..."

static void test_printing(void **state)
{
    (void)state;
    /* 2021-09-10T09:08:07.006Z was a Friday */
    static const eval_case cases[] = {
        FT("1631264887006", "yyyy-MM-dd''T''HH:mm:ss.SSSX", "UTC", "2021-09-10T09:08:07.006Z"),
        FT("1631264887006", "u uu uuu uuuu uuuuu", "UTC", "2021 21 2021 2021 02021"),
        FT("1631264887006", "M MM MMM MMMM MMMMM", "UTC", "9 09 Sep September S"),
        FT("1631264887006", "d dd D DDD Q QQ QQQ QQQQ", "UTC", "10 10 253 253 3 03 Q3 3rd quarter"),
        FT("1631264887006", "E EEE EEEE EEEEE e ee c", "UTC", "Fri Fri Friday F 6 06 6"),
        FT("1631264887006", "w W F YYYY", "UTC", "37 2 3 2021"),
        FT("1640908800000", "YYYY-ww", "UTC", "2022-01"), /* 31 December 2021, a Friday */
        FT("1631264887006", "G GGGG GGGGG", "UTC", "AD Anno Domini A"),
        FT("1631264887006", "h hh K KK k kk a", "UTC", "9 09 9 09 9 09 AM"),
        FT("1631224800000", "H k h K a B", "UTC", "22 22 10 10 PM at night"),
        FT("1631318400000", "H k h K a BBBB", "UTC", "0 24 12 0 AM midnight"),
        FT("1631264887006", "S SS SSS SSSSSS n A N", "UTC", "0 00 006 006000 6000000 32887006 32887006000000"),
        FT("1631264887006", "g", "UTC", "59467"),
        FT("1631264887006", "VV z zzzz", "America/Los_Angeles", "America/Los_Angeles PDT Pacific Daylight Time"),
        FT("1610000000000", "z v vvvv", "America/Los_Angeles", "PST PT Pacific Time"),
        FT("1631264887006", "O OOOO", "America/Los_Angeles", "GMT-7 GMT-07:00"),
        FT("1631264887006", "X XX XXX XXXX XXXXX", "Asia/Kolkata", "+0530 +0530 +05:30 +0530 +05:30"),
        FT("1631264887006", "X x xx xxx Z ZZZZ ZZZZZ O", "UTC", "Z +00 +0000 +00:00 +0000 GMT Z GMT"),
        FT("1631264887006", "X Z", "-05:00", "-05 -0500"),
        FT("1631264887006", "ppH|pppd", "UTC", " 9| 10"),
        FT("1631264887006", "yyyy[-MM[-dd]]", "UTC", "2021-09-10"),
        FT("1631264887006", "''x''''y'' '''' h", "UTC", "x'y ' 9"),
        FT("253402300800000", "yyyy y", "UTC", "+10000 10000"),
        FT("-62198755200000", "yyyy uuuu G", "UTC", "0002 -0001 BC"),
        {"FORMAT_TIMESTAMP(FROM_UNIXTIME(0), 'HH z VV')", "00 GMT GMT"},
        {"TIMESTAMPTOSTRING(0, 'HH z VV')", "00 Z Z"},
        {"FORMAT_DATE(DT, 'yyyy.MM.dd')", "2020.01.01"},
        {"FORMAT_DATE(DT, 'HH')", "ERR Failed to format date 2020-01-01 with formatter 'HH': Unsupported field: "
                                  "HourOfDay"},
        {"FORMAT_DATE(DT, 'yyyy[ HH]')", "2020"},
        {"FORMAT_DATE(DT, 'VV')", "ERR Failed to format date 2020-01-01 with formatter 'VV': Unable to extract "
                                  "ZoneId from temporal 2020-01-01"},
        {"FORMAT_TIME(TM, 'HH:mm:ss.SSS')", "01:02:03.004"},
        {"FORMAT_TIME(TM, 'yyyy')",
         "ERR Failed to format time 01:02:03 with formatter 'yyyy': Unsupported field: YearOfEra"},
        {"DATETOSTRING(18262, 'dd/MM/yy')", "01/01/20"},
        {"DATETOSTRING(5, 'i')", "ERR Failed to format date 5 with formatter 'i': Unknown pattern letter: i"},
        {"FORMAT_DATE(DT, 'ddd')",
         "ERR Failed to format date 2020-01-01 with formatter 'ddd': Too many pattern letters: d"},
        {"FORMAT_TIMESTAMP(TS, 'yyyy', 'PST')",
         "ERR Failed to format timestamp 2020-01-02T03:04:05.006 at timeZone 'PST' with formatter 'yyyy': "
         "Unknown time-zone ID: PST"},
        {"FORMAT_TIMESTAMP(TS, N_S)", "NULL"},
    };
    CHECK_VALUES(cases);
}

static void test_patterns(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *why;
    } cases[] = {
        {"i", "Unknown pattern letter: i"},
        {"ddd", "Too many pattern letters: d"},
        {"MMMMMM", "Too many pattern letters: M"},
        {"V", "Pattern letter count must be 2: V"},
        {"OO", "Pattern letter count must be 1 or 4: O"},
        {"vv", "Wrong number of pattern letters: v"},
        {"cc", "Invalid pattern \"cc\""},
        {"yyyy#", "Pattern includes reserved character: '#'"},
        {"{", "Pattern includes reserved character: '{'"},
        {"'abc", "Pattern ends with an incomplete string literal: 'abc"},
        {"yyyy]", "Pattern invalid as it contains ] without previous ["},
        {"[yyyy", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char sql[256];
        snprintf(sql, sizeof sql, "FORMAT_DATE(DT, '");
        for (const char *p = cases[i].pattern; *p; p++) /* quotes are doubled */
            snprintf(sql + strlen(sql), sizeof sql - strlen(sql), *p == '\'' ? "''" : "%c", *p);
        strcat(sql, "')");
        const char *got = ev(sql);
        if (cases[i].why ? strstr(got, cases[i].why) == NULL : strncmp(got, "ERR", 3) == 0)
            fail_msg("%s gives %s", sql, got);
    }
}

static void test_parsing(void **state)
{
    (void)state;
    static const eval_case cases[] = {
        PT("2021-09-10T09:08:07.006", "yyyy-MM-dd''T''HH:mm:ss.SSS", "1631264887006"),
        PT("2021-09-10t09:08", "yyyy-MM-dd''T''HH:mm", "1631264880000"),
        PT("20210910090807006", "yyyyMMddHHmmssSSS", "1631264887006"),
        PT("2021", "yyyy", "1609459200000"),
        PT("02", "MM", "2678400000"),
        PT("12:30", "HH:mm", "45000000"),
        PT("12:30", "hh:mm", "1800000"),
        PT("12:30 pm", "hh:mm a", "45000000"),
        PT("2021-02-30", "yyyy-MM-dd", "1614470400000"),
        PT("2021-09-10 24:00", "yyyy-MM-dd HH:mm", "1631318400000"),
        PT("21-09-10", "yy-MM-dd", "1631232000000"),
        PT("10 sep 2021", "d MMM yyyy", "1631232000000"),
        PT("10 Sep 2021", "d MMMM yyyy", "1631232000000"), /* the root locale has short names only */
        PT("Fri 10 Sep 2021", "EEE d MMM yyyy", "1631232000000"),
        PT("2021-253", "yyyy-DDD", "1631232000000"),
        PT("2021-09-10 09+02:00", "yyyy-MM-dd HHXXX", "1631257200000"),
        PT("2021-09-10 09Z", "yyyy-MM-dd HHX", "1631264400000"),
        PT("2021-09-10 09 +0200", "yyyy-MM-dd HH Z", "1631257200000"),
        PT("2021-09-10 09 America/New_York", "yyyy-MM-dd HH VV", "1631278800000"),
        PT("2021-09-10 09 PST", "yyyy-MM-dd HH z", "1631289600000"),
        PT("2021-01-10 09 PDT", "yyyy-MM-dd HH z", "1610298000000"),
        PT("2021-09-10 09 GMT+2", "yyyy-MM-dd HH O", "1631257200000"),
        PT("2021-09-10", "yyyy-MM-dd[ HH:mm]", "1631232000000"),
        PT("+12345-01-01", "yyyy-MM-dd", "327403382400000"),
        PT("59467", "g", "1631232000000"),
        PT("2021-09-10 9", "yyyy-MM-dd ppH", "NULL"),
        PT("2021-09-10  9", "yyyy-MM-dd ppH", "1631264400000"),
        PT("10 September 2021", "d MMMM yyyy", "NULL"),
        PT("Mon 10 Sep 2021", "EEE d MMM yyyy", "NULL"),
        PT("2021-02-32", "yyyy-MM-dd", "NULL"),
        PT("2021-13-01", "yyyy-MM-dd", "NULL"),
        PT("2021-366", "yyyy-DDD", "NULL"),
        PT("366", "DDD", "NULL"),
        PT("0000-01-01", "yyyy-MM-dd", "NULL"),
        PT("12345-01-01", "yyyy-MM-dd", "NULL"),
        PT("2021-9-10", "yyyy-MM-dd", "NULL"),
        PT("2021-09-10 60", "yyyy-MM-dd mm", "NULL"),
        PT("2021-09-10 09 +02:00", "yyyy-MM-dd HH Z", "NULL"),
        PT("2021-09-10x", "yyyy-MM-dd", "NULL"),
        PT("", "yyyy", "NULL"),
        PT("99999999999999999999", "y", "NULL"),
        PT("999999999", "y", "NULL"),
        {"PARSE_TIMESTAMP('abc', 'yyyy')",
         "ERR Failed to parse timestamp 'abc' at timezone 'GMT' with formatter 'yyyy': Text 'abc' could not be "
         "parsed at index 0"},
        {"PARSE_TIMESTAMP('2021x', 'yyyy')",
         "ERR Failed to parse timestamp '2021x' at timezone 'GMT' with formatter 'yyyy': Text '2021x' could not "
         "be parsed, unparsed text found at index 4"},
        {"STRINGTOTIMESTAMP('2021-13', 'yyyy-MM')",
         "ERR Failed to parse timestamp '2021-13' with formatter 'yyyy-MM': Text '2021-13' could not be parsed: "
         "Invalid value for MonthOfYear (valid values 1 - 12): 13"},
        /* a gap moves forward, an overlap takes the earlier offset */
        {"STRINGTOTIMESTAMP('2021-03-14 02:30', 'yyyy-MM-dd HH:mm', 'America/Los_Angeles')", "1615717800000"},
        {"STRINGTOTIMESTAMP('2021-11-07 01:30', 'yyyy-MM-dd HH:mm', 'America/Los_Angeles')", "1636273800000"},
        {"STRINGTOTIMESTAMP('2100-07-01', 'yyyy-MM-dd', 'America/Los_Angeles')", "4118108400000"},
        {"STRINGTOTIMESTAMP('2100-01-01', 'yyyy-MM-dd', 'Australia/Sydney')", "4102405200000"},
        {"STRINGTODATE('2021-09-10 11:12', 'yyyy-MM-dd HH:mm')", "18880"},
        {"STRINGTODATE('2021-02-30', 'uuuu-MM-dd')", "18686"},
        {"STRINGTODATE('10 September 2021', 'd MMMM yyyy')", "18880"},
        {"STRINGTODATE('2021-09', 'yyyy-MM')", FAILED},
        {"PARSE_TIME('10:20:30', 'HH:mm:ss')", "10:20:30"},
        {"PARSE_TIME('10', 'HH')", "10:00"},
        {"PARSE_TIME('24:00', 'HH:mm')", "00:00"},
        {"PARSE_TIME('11:20 PM', 'hh:mm a')", "23:20"},
        {"PARSE_TIME('11:20', 'hh:mm')", FAILED},
        {"PARSE_TIME('11', 'mm')", FAILED},
        {"PARSE_TIME('24:01', 'HH:mm')", FAILED},
        {"PARSE_TIME('2020 11', 'yyyy HH')",
         "ERR Failed to parse time '2020 11' with formatter 'yyyy HH': Time format contains date field."},
    };
    CHECK_VALUES(cases);
}

static void test_parse_date(void **state)
{
    (void)state;
    static const eval_case cases[] = {
        {"PARSE_DATE('2021-9-1', 'yyyy-MM-dd')", "2021-09-01"},
        {"PARSE_DATE('2021-02-30', 'yyyy-MM-dd')", "2021-03-02"},
        {"PARSE_DATE('2021-13-01', 'yyyy-MM-dd')", "2022-01-01"},
        {"PARSE_DATE('2021-00-01', 'yyyy-MM-dd')", "2020-12-01"},
        {"PARSE_DATE('2021-01-00', 'yyyy-MM-dd')", "2020-12-31"},
        {"PARSE_DATE('2021-01-99', 'yyyy-MM-dd')", "2021-04-09"},
        {"PARSE_DATE('2021-01-01 24', 'yyyy-MM-dd HH')", "2021-01-02"},
        {"PARSE_DATE('2021-01-01 00:00', 'yyyy-MM-dd HH:mm')", "2021-01-01"},
        {"PARSE_DATE('2021-366', 'yyyy-DDD')", "2022-01-01"},
        {"PARSE_DATE('2021-01-01 trailing', 'yyyy-MM-dd')", "2021-01-01"},
        {"PARSE_DATE('  2021-01-01', 'yyyy-MM-dd')", "2021-01-01"},
        {"PARSE_DATE('20210101', 'yyyyMMdd')", "2021-01-01"},
        {"PARSE_DATE('99-01-01', 'yy-MM-dd')", "1999-01-01"},
        {"PARSE_DATE('20-01-01', 'yy-MM-dd')", "2020-01-01"},     /* the test's clock stands in 2001 */
        {"PARSE_DATE('0021-01-01', 'yyyy-MM-dd')", "0020-12-30"}, /* Julian */
        {"PARSE_DATE('1500-01-01', 'yyyy-MM-dd')", "1500-01-10"},
        {"PARSE_DATE('1 september 2021', 'd MMM yyyy')", "2021-09-01"},
        {"PARSE_DATE('Mon 10 Sep 2021', 'EEE d MMMM yyyy')", "2021-09-10"},
        {"PARSE_DATE('2021-01-01 +0000', 'yyyy-MM-dd Z')", "2021-01-01"},
        {"PARSE_DATE('2021-01-01 11', 'yyyy-MM-dd HH')",
         "ERR Failed to parse date '2021-01-01 11' with formatter 'yyyy-MM-dd HH': Date format contains time "
         "field."},
        {"PARSE_DATE('x', 'yyyy')", "ERR Failed to parse date 'x' with formatter 'yyyy': Unparseable date: x"},
        {"PARSE_DATE('1', 'qqqq')", "ERR Failed to parse date '1' with formatter 'qqqq': Illegal pattern component: "
                                    "qqqq"},
        {"PARSE_DATE('1', 'y''')", "ERR Failed to parse date '1' with formatter 'y'': Unterminated quote"},
        {"PARSE_DATE('99999999999', 'y')", FAILED},
    };
    CHECK_VALUES(cases);
}

static void test_arithmetic(void **state)
{
    (void)state;
    static const eval_case cases[] = {
        {"DATEADD(DAYS, 5, DT)", "2020-01-06"},
        {"DATEADD(HOURS, 25, DT)", "2020-01-02"},
        {"DATEADD(HOURS, 1, CAST('1969-12-31' AS DATE))", "1970-01-01"},
        {"DATESUB(MILLISECONDS, 5, CAST('1970-01-01' AS DATE))", "1970-01-01"},
        {"DATESUB(DAYS, -5, DT)", "2020-01-06"},
        {"TIMEADD(HOURS, 25, TM)", "02:02:03"},
        {"TIMESUB(HOURS, 2, TM)", "23:02:03"},
        {"TIMEADD(DAYS, 2147483647, TM)", "00:49:19"}, /* the interval saturates */
        {"TIMESTAMPADD(SECONDS, 10, TS)", "2020-01-02T03:04:15.006"},
        {"TIMESTAMPSUB(minutes, 10, TS)", "2020-01-02T02:54:05.006"},
        {"TIMESTAMPADD(DAYS, N_I, TS)", "NULL"},
        {"CONVERT_TZ(TS, 'America/Los_Angeles', 'UTC')", "2020-01-02T11:04:05.006"},
        {"CONVERT_TZ(TS, 'UTC', '+05:30')", "2020-01-02T08:34:05.006"},
        {"CONVERT_TZ(TS, 'UTC+2', 'GMT+2')", "2020-01-02T05:04:05.006"},
        {"CONVERT_TZ(TS, 'PST', 'UTC')", "ERR Invalid time zone: Unknown time-zone ID: PST"},
        {"CONVERT_TZ(TS, '', 'UTC')", "ERR Invalid time zone: Invalid ID for ZoneOffset, invalid format: "},
        {"CONVERT_TZ(TS, '-19', 'UTC')", "ERR Invalid time zone: Zone offset hours not in valid range: value -19 is "
                                         "not in the range -18 to 18"},
        {"CONVERT_TZ(TS, '../../../etc/passwd', 'UTC')", "ERR Invalid time zone: ..."},
        {"CONVERT_TZ(TS, 'america/los_angeles', 'UTC')",
         "ERR Invalid time zone: Unknown time-zone ID: america/los_angeles"},
        {"FROM_DAYS(18262)", "2020-01-01"},
        {"FROM_UNIXTIME(0)", "1970-01-01T00:00:00.000"},
        {"UNIX_DATE(DT)", "18262"},
        {"UNIX_DATE()", "11574"},
        {"UNIX_TIMESTAMP()", "1000000000000"},
        {"UNIX_TIMESTAMP(TS)", "1577934245006"},
    };
    CHECK_VALUES(cases);
}

/* The ends of a 64-bit TIMESTAMP. */
static void extremes(void **state)
{
    (void)state;
#define LEAST "FROM_UNIXTIME(-9223372036854775807 - 1)"
    static const eval_case cases[] = {
        {"CAST(" LEAST " AS STRING)", "-292275055-05-16T16:47:04.192"},
        {"CAST(" LEAST " AS TIME)", "16:47:04"},
        {"CAST(" LEAST " AS DATE)", "-292275055-05-16"},
        {"CAST(CAST(" LEAST " AS DATE) AS TIMESTAMP)", "+292278994-08-16T14:25:51.616"}, /* wraps */
        {"DATEADD(DAYS, 1, CAST(" LEAST " AS DATE))", "-292275055-05-17"},
        {"FORMAT_TIMESTAMP(" LEAST ", 'uuuu-MM-dd HH:mm:ss.SSS')", "-292275055-05-16 16:47:04.192"},
        {"TO_JSON_STRING(" LEAST ")", "\"-292275055-05-16T16:47:04.192\""},
        {"CAST(FROM_UNIXTIME(9223372036854775807) AS STRING)", "+292278994-08-17T07:12:55.807"},
    };
    CHECK_VALUES(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extremes),     cmocka_unit_test(test_printing),   cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_parsing), cmocka_unit_test(test_parse_date), cmocka_unit_test(test_arithmetic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
