/* The handlers of apis.def. */
#ifndef SERVER_KAFKA_APIS_H
#define SERVER_KAFKA_APIS_H

#include "server/kafka/server_int.h"

#define API(key_, Name, snake, min_, max_, accepted, flex, place_) \
    call_state api_##snake(call *c, const snake##_request *q, snake##_response *r);
#include "server/kafka/apis.def"
#undef API

#endif
