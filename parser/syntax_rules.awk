# Turns grammar.y into the rules that syntax_net.c reads: the language in the shape of ksqlDB's grammar.
#
#     awk -f syntax_rules.awk grammar.y >syntax_rules.inc
#
# A nonterminal becomes a rule, or stands inline in the rules that use it:
#
#     a ::= . | x | y z                   inline  ( x | y z )?
#     a ::= x | a COMMA x                 inline  x (COMMA x)*
#     a ::= . | a x                       inline  (x)*
#     a ::= x | a x                       inline  (x)+
#     a ::= X | Y, tokens alone           inline  (X | Y)
#     a ::= a OP a | NOT a | x            a       a_base ((OP) a_base)*     and  a_base  NOT a_base | x
#     a ::= x | y | a z                   a       a_base (z)*               and  a_base  x | y
#     a ::= x | x y | x z                 a       x a_rest?                 and  a_rest  y | z
#     //% a ::= x (y)*.                   inline  x (y)*                    unless x is one token and all
#
# What stands between "//% lemon alone" and "//% both" is left out; the comments //% name ::= ... . are rules for
# this program alone. The result is one line a rule: RULE(name, tokens and EBNF_ signs).

/^\/\/% lemon alone$/ { alone = 1; next }
/^\/\/% both$/ { alone = 0; next }
/^\/\/% [a-z_]+ ::= .*\.$/ { described[$2]; take(substr($0, 5)); next }
/^\/\/%/ { die("what does this mean: " $0) }
/^[a-z_]+(\([A-Z]\))? ::=/ {
    text = $0
    while (text !~ /\./ && (getline line) > 0)
        text = text " " line
    gsub(/\([A-Z]\)/, "", text)
    if (!alone)
        take(text)
}

function die(why) {
    print FILENAME ":" FNR ": " why >"/dev/stderr"
    failed = 1
    exit 1
}

# Keeps the alternatives of "name ::= a b | c." apart; signs become words of their own.
function take(text,    name, n, w, i, depth, one) {
    name = text
    sub(/ .*/, "", name)
    sub(/^[^=]*= */, "", text)
    sub(/ *\..*/, "", text)
    gsub(/[()?*+|]/, " & ", text)
    n = split(text, w, " ")
    one = ""
    for (i = 1; i <= n; i++) {
        depth += (w[i] == "(") - (w[i] == ")")
        if (w[i] == "|" && depth == 0) {
            alt[name, ++count[name]] = one
            one = ""
        } else {
            one = one (one == "" ? "" : " ") w[i]
        }
    }
    alt[name, ++count[name]] = one
}

function first(s) { sub(/ .*/, "", s); return s }
function last(s) { sub(/.* /, "", s); return s }
function but_first(s) { return sub(/^[^ ]* /, "", s) ? s : "" }
function or(list, s) { return list == "" ? s : list " | " s }
function is_name(s) { return s ~ /^[a-z]/ }

# The nonterminal's text is body[name]; it is in inline when it is no rule of its own, in token_class when it is one
# of several tokens.
function classify(name,    i, a, empty, tokens, bases, base_n, tails, tail_n, binary, same, alone_too) {
    if (name in body)
        return
    if (!(name in count))
        die("nothing is known of " name)
    tokens = same = 1
    for (i = 1; i <= count[name]; i++) {
        a = alt[name, i]
        if (a == "") {
            empty = 1
            continue
        }
        if (first(a) == name) {
            tails = or(tails, but_first(a))
            tail_n++
            binary += last(a) == name
            continue
        }
        if (a ~ / / || !is_token(a))
            tokens = 0
        if (first(a) != first(alt[name, 1]))
            same = 0
        alone_too += a == first(alt[name, 1])
        bases = or(bases, a)
        base_n++
    }
    if (binary) {
        body[name "_base"] = trailing(bases, name, name "_base")
        body[name] = name "_base ( ( " trailing(tails, name, "") ") " name "_base ) *"
    } else if (tail_n && base_n > 1) {
        body[name "_base"] = bases
        body[name] = name "_base ( " tails " ) *"
    } else if (tail_n) {
        inline[name]
        body[name] = base_n == 0 ? "( " tails " ) *" : tails == bases ? "( " bases " ) +" : bases " ( " tails " ) *"
    } else if (empty) {
        inline[name]
        body[name] = "( " bases " ) ?"
    } else if (base_n > 1 && same && alone_too && is_name(first(bases)) && !(name in described)) {
        for (i = 1; i <= count[name]; i++)
            if (but_first(alt[name, i]) != "")
                body[name "_rest"] = or(body[name "_rest"], but_first(alt[name, i]))
        body[name] = first(bases) " " name "_rest ?"
    } else {
        body[name] = bases
        if (name in described ? base_n == 1 && (bases ~ / / || is_name(bases)) : tokens)
            inline[name]
        if (tokens && (name in inline))
            token_class[name]
    }
}

function is_token(s) {
    if (!is_name(s))
        return 1
    classify(s)
    return s in token_class
}

# `to` in place of `from` where an alternative ends with it.
function trailing(text, from, to) {
    text = text " |"
    gsub(" " from " [|]", " " to (to == "" ? "" : " ") "|", text)
    sub(/[|]$/, "", text)
    return text
}

# The rule's text with what is inline in it; the rules it uses are to be printed as well.
function expand(text,    n, w, i, out) {
    n = split(text, w, " ")
    for (i = 1; i <= n; i++) {
        if (is_name(w[i])) {
            classify(w[i])
            if (w[i] in inline) {
                out = out "( " expand(body[w[i]]) ") "
                continue
            }
            if (!(w[i] in wanted)) {
                wanted[w[i]]
                todo[++todo_n] = w[i]
            }
        }
        out = out w[i] " "
    }
    return out
}

function print_rule(name, text,    n, w, i, out) {
    n = split(text, w, " ")
    for (i = 1; i <= n; i++)
        out = out ", " (w[i] in sign ? sign[w[i]] : is_name(w[i]) ? "EBNF_RULE + RULE_" w[i] : \
                        w[i] == "NON_RESERVED" ? "EBNF_NON_RESERVED" : "TK_" w[i])
    print "RULE(" name out ")"
}

END {
    if (failed)
        exit 1
    sign["("] = "EBNF_OPEN"; sign[")"] = "EBNF_CLOSE"; sign["|"] = "EBNF_OR"
    sign["?"] = "EBNF_OPTIONAL"; sign["*"] = "EBNF_ANY"; sign["+"] = "EBNF_MANY"
    print "/* Made from parser/grammar.y by parser/syntax_rules.awk. */"
    for (i = 1; i <= count["input"]; i++) { # the entries, each up to the end of the text
        entry = last(alt["input", i])
        classify(entry)
        wanted[entry]
        print_rule(entry, expand(body[entry]) "EOF")
    }
    for (i = 1; i <= todo_n; i++)
        print_rule(todo[i], expand(body[todo[i]]))
}
