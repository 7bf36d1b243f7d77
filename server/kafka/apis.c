#include "server/kafka/apis.h"

/* Thunks from the table's untyped signature to the handlers' typed ones. */
#define API(key_, Name, snake, min_, max_, accepted, flex, place_) \
    static call_state run_##snake(call *c, const void *q, void *r) \
    {                                                              \
        return api_##snake(c, q, r);                               \
    }
#include "server/kafka/apis.def"
#undef API

const api api_table[] = {
#define API(key_, Name, snake, min_, max_, accepted, flex, place_) \
    {.key = (key_),                                                \
     .min = (min_),                                                \
     .max = (max_),                                                \
     .accepted_min = (accepted),                                   \
     .flexible = (flex),                                           \
     .place = (place_),                                            \
     .name = #Name,                                                \
     .request = &snake##_request_wire,                             \
     .response = &snake##_response_wire,                           \
     .run = run_##snake},
#include "server/kafka/apis.def"
#undef API
};

const int api_count = sizeof api_table / sizeof api_table[0];

const api *api_find(int16_t key)
{
    for (int i = 0; i < api_count; i++)
        if (api_table[i].key == key)
            return &api_table[i];
    return NULL;
}

static bool software_name_ok(str s)
{
    if (s.n == 0)
        return false;
    for (uint32_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        bool inner = i > 0 && i + 1 < s.n && (c == '-' || c == '.');
        if (!alnum && !inner)
            return false;
    }
    return true;
}

call_state api_api_versions(call *c, const api_versions_request *q, api_versions_response *r)
{
    if (c->version >= 3 &&
        !(software_name_ok(q->client_software_name) && software_name_ok(q->client_software_version))) {
        r->error_code = KE_INVALID_REQUEST;
        return CALL_DONE;
    }
    r->api_keys.n = api_count;
    r->api_keys.p = WIRE_NEW(&c->a, api_versions_response_api_key, (size_t)api_count);
    for (int i = 0; i < api_count; i++)
        r->api_keys.p[i] = (api_versions_response_api_key){
            .api_key = api_table[i].key, .min_version = api_table[i].min, .max_version = api_table[i].max};
    return CALL_DONE;
}
