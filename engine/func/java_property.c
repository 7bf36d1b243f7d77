/* \p{...} of Java: POSIX-like names are ASCII, the rest Unicode. */
#include "engine/func/java_regex_int.h"

typedef struct property {
    const char *name, *inside; /* of a class */
    const char *unicode;       /* under (?U); NULL: the same */
} property;

static const property properties[] = {
    {"Lower", "a-z", "\\p{Lowercase}"},
    {"Upper", "A-Z", "\\p{Uppercase}"},
    {"Alpha", "A-Za-z", "\\p{Alphabetic}"},
    {"Digit", "0-9", "\\p{Nd}"},
    {"Alnum", "A-Za-z0-9", "\\p{Alphabetic}\\p{Nd}"},
    {"Punct", "!-\\/:-@\\[-`{-~", "\\p{P}"},
    {"Graph", "!-~", "\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Cf}\\p{Co}"},
    {"Print", " -~", "\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Cf}\\p{Co}\\p{Zs}"},
    {"Blank", " \\t", "\\p{Zs}\\t"},
    {"Cntrl", "\\x{0}-\\x{1f}\\x{7f}", "\\p{Cc}"},
    {"XDigit", "0-9A-Fa-f", "\\p{Nd}\\p{Hex_Digit}"},
    {"Space", " \\t-\\r", "\\p{White_Space}"},
    {"ASCII", "\\x{0}-\\x{7f}", NULL},
    {"L1", "\\x{0}-\\x{ff}", NULL},
    {"all", "\\x{0}-\\x{10ffff}", NULL},
    {"IsAlphabetic", "\\p{Alphabetic}", NULL},
    {"IsUppercase", "\\p{Uppercase}", NULL},
    {"IsLowercase", "\\p{Lowercase}", NULL},
    {"IsWhite_Space", "\\p{White_Space}", NULL},
    {"IsWhiteSpace", "\\p{White_Space}", NULL},
    {"IsIdeographic", "\\p{Ideographic}", NULL},
    {"IsPunctuation", "\\p{P}", NULL},
    {"IsControl", "\\p{Cc}", NULL},
    {"IsHex_Digit", "\\p{Hex_Digit}", NULL},
    {"IsDigit", "\\p{Nd}", NULL},
    {"IsLetter", "\\p{L}", NULL},
    {"IsAssigned", "\\x{0}-\\x{10ffff}", NULL},
    {"IsEmoji", "\\p{Emoji}", NULL},
    {"javaLowerCase", "\\p{Lowercase}", NULL},
    {"javaUpperCase", "\\p{Uppercase}", NULL},
    {"javaAlphabetic", "\\p{Alphabetic}", NULL},
    {"javaIdeographic", "\\p{Ideographic}", NULL},
    {"javaTitleCase", "\\p{Lt}", NULL},
    {"javaDigit", "\\p{Nd}", NULL},
    {"javaLetter", "\\p{L}", NULL},
    {"javaLetterOrDigit", "\\p{L}\\p{Nd}", NULL},
    {"javaJavaIdentifierStart", "\\p{L}\\p{Nl}\\p{Sc}\\p{Pc}", NULL},
    {"javaJavaIdentifierPart", "\\p{L}\\p{Nl}\\p{Sc}\\p{Pc}\\p{Nd}\\p{M}", NULL},
    {"javaSpaceChar", "\\p{Z}", NULL},
    {"javaWhitespace",
     "\\t-\\r\\x{1c}-\\x{1f} \\x{1680}\\x{2000}-\\x{2006}\\x{2008}-\\x{200a}\\x{2028}\\x{2029}"
     "\\x{205f}\\x{3000}",
     NULL},
    {"javaISOControl", "\\p{Cc}", NULL},
    {"javaMirrored", "\\p{Bidi_Mirrored}", NULL},
    /* blocks */
    {"InBasicLatin", "\\x{0}-\\x{7f}", NULL},
    {"InBasic_Latin", "\\x{0}-\\x{7f}", NULL},
    {"InLatin-1Supplement", "\\x{80}-\\x{ff}", NULL},
    {"InLatin1Supplement", "\\x{80}-\\x{ff}", NULL},
    {"InLatinExtended-A", "\\x{100}-\\x{17f}", NULL},
    {"InLatinExtended-B", "\\x{180}-\\x{24f}", NULL},
    {"InIPAExtensions", "\\x{250}-\\x{2af}", NULL},
    {"InCombiningDiacriticalMarks", "\\x{300}-\\x{36f}", NULL},
    {"InGreek", "\\x{370}-\\x{3ff}", NULL},
    {"InGreekandCoptic", "\\x{370}-\\x{3ff}", NULL},
    {"InCyrillic", "\\x{400}-\\x{4ff}", NULL},
    {"InArmenian", "\\x{530}-\\x{58f}", NULL},
    {"InHebrew", "\\x{590}-\\x{5ff}", NULL},
    {"InArabic", "\\x{600}-\\x{6ff}", NULL},
    {"InDevanagari", "\\x{900}-\\x{97f}", NULL},
    {"InBengali", "\\x{980}-\\x{9ff}", NULL},
    {"InTamil", "\\x{b80}-\\x{bff}", NULL},
    {"InThai", "\\x{e00}-\\x{e7f}", NULL},
    {"InGeorgian", "\\x{10a0}-\\x{10ff}", NULL},
    {"InHangulJamo", "\\x{1100}-\\x{11ff}", NULL},
    {"InGeneralPunctuation", "\\x{2000}-\\x{206f}", NULL},
    {"InCurrencySymbols", "\\x{20a0}-\\x{20cf}", NULL},
    {"InArrows", "\\x{2190}-\\x{21ff}", NULL},
    {"InMathematicalOperators", "\\x{2200}-\\x{22ff}", NULL},
    {"InBoxDrawing", "\\x{2500}-\\x{257f}", NULL},
    {"InCJKSymbolsandPunctuation", "\\x{3000}-\\x{303f}", NULL},
    {"InHiragana", "\\x{3040}-\\x{309f}", NULL},
    {"InKatakana", "\\x{30a0}-\\x{30ff}", NULL},
    {"InCJKUnifiedIdeographs", "\\x{4e00}-\\x{9fff}", NULL},
    {"InHangulSyllables", "\\x{ac00}-\\x{d7af}", NULL},
    {"InEmoticons", "\\x{1f600}-\\x{1f64f}", NULL},
};

/* General categories by their one or two letters. */
static bool is_category(str s)
{
    static const char list[] = " L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So "
                               "Z Zs Zl Zp C Cc Cf Cs Co Cn LC ";
    char              key[5] = " ";
    if (s.n == 0 || s.n > 2)
        return false;
    memcpy(key + 1, s.p, s.n);
    key[s.n + 1] = ' ';
    return strstr(list, key) != NULL;
}

static bool all_letters(str s)
{
    for (uint32_t i = 0; i < s.n; i++)
        if (!((s.p[i] | 0x20) >= 'a' && (s.p[i] | 0x20) <= 'z') && s.p[i] != '_')
            return false;
    return s.n > 0;
}

/* "script=Greek" and the like; the value, or nothing. */
static str after_key(str s, const char *const *keys)
{
    for (; *keys; keys++) {
        str k = str_of(*keys);
        if (s.n > k.n && str_eq_nocase(str_make(s.p, k.n), k))
            return str_make(s.p + k.n, s.n - k.n);
    }
    return STR_NONE;
}

static void put_inside(buf *out, const char *inside, bool negated)
{
    if (!negated)
        buf_putz(out, inside);
    else if (inside[0] == '\\' && inside[1] == 'p' && strchr(inside + 2, '\\') == NULL)
        buf_printf(out, "\\P%s", inside + 2);
    else
        buf_printf(out, "\x01%s", inside); /* only a class of its own can be negated */
}

bool java_property(str name, bool negated, bool unicode, buf *out)
{
    static const char *const scripts[] = {"script=", "sc=", "Is", NULL};
    static const char *const categories[] = {"general_category=", "gc=", "Is", NULL};
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++) {
        const property *p = &properties[i];
        bool            fold = str_starts(name, STR("Is")) || str_starts(name, STR("In"));
        if (fold ? str_eq_nocase(name, str_of(p->name)) : str_eqz(name, p->name)) {
            put_inside(out, unicode && p->unicode ? p->unicode : p->inside, negated);
            return true;
        }
    }
    str category = is_category(name) ? name : after_key(name, categories);
    if (is_category(category)) {
        if (str_eqz(category, "LC"))
            category = STR("L&");
        buf_printf(out, "\\%c{%.*s}", negated ? 'P' : 'p', STR_FMT(category));
        return true;
    }
    str script = after_key(name, scripts);
    if (!all_letters(script))
        return false;
    buf_printf(out, "\\%c{%.*s}", negated ? 'P' : 'p', STR_FMT(script)); /* PCRE2 knows which exist */
    return true;
}
