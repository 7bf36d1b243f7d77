/* Addresses to listen on, as KIND_LISTENERS settings give them: SCHEME://HOST:PORT, ... */
#ifndef ENGINE_SETTINGS_LISTENER_H
#define ENGINE_SETTINGS_LISTENER_H

#include "engine/settings/settings.h"

#define LISTENERS_OF_A_SETTING_MAX 8

typedef struct listener {
    char     scheme[16];
    char     host[256]; /* "": all addresses */
    uint16_t port;
} listener;

/* Errors: ST_BAD_REQUEST with the reason. */
bool listeners_parse(const setting *s, str value, listener out[LISTENERS_OF_A_SETTING_MAX], size_t *n, status *st);
/* How many there are; their text was checked when it was put. */
size_t settings_listeners(const settings_view *v, setting_id id, listener out[LISTENERS_OF_A_SETTING_MAX]);

#endif
