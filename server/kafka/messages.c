#include "server/kafka/messages.h"

#include <stddef.h>

#define UP 126
#define NO WIRE_NEVER

#define ROW(t, e, sub_, nm, lo_, hi_, null_, tag_, def_) \
    {.name = #nm,                                        \
     .sub = (sub_),                                      \
     .def = (def_),                                      \
     .at = offsetof(S, nm),                              \
     .type = (t),                                        \
     .elem = (e),                                        \
     .lo = (lo_),                                        \
     .hi = (hi_),                                        \
     .null_lo = (null_),                                 \
     .tag = (tag_)},

#define F(type, name, lo, hi) ROW(WIRE_##type, 0, NULL, name, lo, hi, NO, NO, 0)
#define D(type, name, lo, hi, def) ROW(WIRE_##type, 0, NULL, name, lo, hi, NO, NO, def)
#define N(type, name, lo, hi, null) ROW(WIRE_##type, 0, NULL, name, lo, hi, null, NO, 0)
#define T(type, name, lo, hi, tag, def) ROW(WIRE_##type, 0, NULL, name, lo, hi, NO, tag, def)
#define L(type, name, lo, hi) ROW(WIRE_LIST, WIRE_##type, NULL, name, lo, hi, NO, NO, 0)
#define LN(type, name, lo, hi, null) ROW(WIRE_LIST, WIRE_##type, NULL, name, lo, hi, null, NO, 0)
#define A(el, name, lo, hi) ROW(WIRE_LIST, 0, &el##_wire, name, lo, hi, NO, NO, 0)
#define AN(el, name, lo, hi, null) ROW(WIRE_LIST, 0, &el##_wire, name, lo, hi, null, NO, 0)
#define AT(el, name, lo, hi, tag) ROW(WIRE_LIST, 0, &el##_wire, name, lo, hi, NO, tag, 0)

#define BEGIN static const wire_field JOIN(S, _fields)[] = {
#define END                                                                                    \
    }                                                                                          \
    ;                                                                                          \
    const wire_struct JOIN(S, _wire) = {.name = JOIN_STRING(S),                                \
                                        .fields = JOIN(S, _fields),                            \
                                        .count = sizeof JOIN(S, _fields) / sizeof(wire_field), \
                                        .size = sizeof(S)};
#define JOIN_STRING(x) STRING_(x)
#define STRING_(x) #x
#include "server/kafka/messages.def"
