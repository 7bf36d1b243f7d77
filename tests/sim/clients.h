/* The world around the program: who produces, consumes in a group, states queries, and looks. */
#ifndef TESTS_SIM_CLIENTS_H
#define TESTS_SIM_CLIENTS_H

#include "tests/sim/model.h"
#include "tests/sim/program.h"

typedef struct world {
    program *p;
    model    m;
    bool     closing;   /* clients finish what they have begun, and end */
    int      working;   /* clients that have not ended */
    unsigned producers; /* how many */
    /* of the program's life: */
    bool  topic_there; /* clients may begin */
    bool  trimmed;
    bool  looked; /* `last` is new */
    sight last;
} world;

#define GROUP "readers"

void world_start_clients(world *w);
void world_start_members(world *w); /* of GROUP (members.c) */
/* Fibers of the program, which die with it: make the topic and the queries, until that was told to have worked. */
void world_start_statements(world *w);
/* Holds that last stable offsets move (watch.c). */
void world_start_watch(world *w);
/* Deletes the older half of the input, as far as segments go: later sights begin behind it. */
void world_start_trim(world *w);
/* Reads all there is into w->last, then sets w->looked. */
void world_start_look(world *w);
void sight_free(sight *s);

#endif
