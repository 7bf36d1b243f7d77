/* The Kafka wire encoding, driven by tables.
 *
 * A message is a C struct and a wire_struct that lists its fields: type, place in the struct, range
 * of versions, whether it may be null, its tag, its default. One decoder and one encoder serve all
 * messages and versions (messages.def holds the tables). Encodings: kafka-broker.md 1.3, KIP-482.
 *
 * In C:  int/bool fields are themselves; uuid is uint8_t[16]; string, bytes and records are `str`
 * (p NULL = null; a null that the version does not allow is sent as empty); arrays are WIRE_LIST(T)
 * with n = -1 for null.
 */
#ifndef SERVER_KAFKA_WIRE_H
#define SERVER_KAFKA_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "storage/storage.h"

typedef enum wire_type {
    WIRE_BOOL,
    WIRE_INT8,
    WIRE_INT16,
    WIRE_INT32,
    WIRE_INT64,
    WIRE_UUID,
    WIRE_STRING,
    WIRE_BYTES,
    WIRE_RECORDS,
    WIRE_SLICE, /* records of a Fetch answer: a fetch_slice, sent without being copied */
    WIRE_LIST   /* of scalars (elem) or of structs (sub) */
} wire_type;

#define WIRE_NEVER 127 /* as null_lo: null is never allowed; as tag: not tagged */

typedef struct wire_struct wire_struct;

typedef struct wire_field {
    const char        *name;
    const wire_struct *sub; /* element of a list of structs */
    int64_t            def; /* value when the version has no such field */
    uint32_t           at;  /* offset in the C struct */
    uint8_t            type, elem;
    int8_t             lo, hi;  /* versions that carry the field */
    int8_t             null_lo; /* first version in which null is allowed */
    int8_t             tag;
} wire_field;

struct wire_struct {
    const char       *name;
    const wire_field *fields;
    uint16_t          count;
    uint32_t          size;
};

#define WIRE_LIST_OF(T) \
    struct {            \
        T      *p;      \
        int32_t n;      \
    }
typedef WIRE_LIST_OF(void) wire_list; /* what every list looks like in memory */

/* ---- reading: checks its own bounds; after the first fault everything reads as zero */

typedef struct wire_reader {
    const uint8_t *p, *end;
    arena         *a;        /* lists go here; strings borrow the input */
    size_t         mem_left; /* budget for lists, against small frames that claim huge ones */
    const char    *fault;    /* what did not hold, or NULL */
    int16_t        version;
    bool           flexible;
} wire_reader;

/* Most memory that lists of one request may take: 1 MiB + 8 bytes a byte of the frame, within this.
 */
#define WIRE_LISTS_MAX ((size_t)64 << 20)

void    wire_reader_init(wire_reader *r, const uint8_t *p, size_t n, arena *a);
int32_t wire_get_i32(wire_reader *r);
/* An int16-length nullable string, whatever r->flexible says (clientId). */
str  wire_get_classic_string(wire_reader *r);
void wire_skip_tags(wire_reader *r);
/* Decodes a message into *out. false: r->fault says why. Bytes behind the message are ignored. */
bool wire_decode(wire_reader *r, const wire_struct *s, void *out);

/* ---- writing */

typedef struct wire_cut { /* bytes of a slice belong in front of out[at] */
    size_t      at;
    fetch_slice slice;
} wire_cut;

typedef struct wire_writer {
    buf      *out;
    arena    *a; /* cuts */
    wire_cut *cuts;
    uint32_t  cut_count, cut_cap;
    int16_t   version;
    bool      flexible;
} wire_writer;

void wire_encode(wire_writer *w, const wire_struct *s, const void *in);

/* A list of n elements from the arena, every field at its default. n = 0 gives a valid pointer. */
void *wire_new(arena *a, const wire_struct *s, size_t n);
#define WIRE_NEW(a, T, n) ((T *)wire_new((a), &T##_wire, (n)))

#endif
