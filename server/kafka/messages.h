/* C structs of the Kafka messages and their tables, both made from messages.def: a message or
 * element called x is the type `x` and the table `x_wire`. Field meanings: kafka-broker.md, Kafka's
 * own docs. */
#ifndef SERVER_KAFKA_MESSAGES_H
#define SERVER_KAFKA_MESSAGES_H

#include "server/kafka/wire.h"

#define CT_BOOL(name) bool name
#define CT_INT8(name) int8_t name
#define CT_INT16(name) int16_t name
#define CT_INT32(name) int32_t name
#define CT_INT64(name) int64_t name
#define CT_UUID(name) uint8_t name[16]
#define CT_STRING(name) str name
#define CT_BYTES(name) str name
#define CT_RECORDS(name) str name
#define CT_SLICE(name) fetch_slice name

#define CE_INT8 int8_t
#define CE_INT32 int32_t
#define CE_INT64 int64_t
#define CE_STRING str

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

#define BEGIN typedef struct S {
#define END \
    }       \
    S;      \
    extern const wire_struct JOIN(S, _wire);
#define F(type, name, lo, hi) CT_##type(name);
#define D(type, name, lo, hi, def) CT_##type(name);
#define N(type, name, lo, hi, null) CT_##type(name);
#define T(type, name, lo, hi, tag, def) CT_##type(name);
#define L(type, name, lo, hi) WIRE_LIST_OF(CE_##type) name;
#define LN(type, name, lo, hi, null) WIRE_LIST_OF(CE_##type) name;
#define A(elem, name, lo, hi) WIRE_LIST_OF(elem) name;
#define AN(elem, name, lo, hi, null) WIRE_LIST_OF(elem) name;
#define AT(elem, name, lo, hi, tag) WIRE_LIST_OF(elem) name;
#include "server/kafka/messages.def"
#undef BEGIN
#undef END
#undef F
#undef D
#undef N
#undef T
#undef L
#undef LN
#undef A
#undef AN
#undef AT

#endif
