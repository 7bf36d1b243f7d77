/* The program under test: storage, engine and Kafka port as server/server.c puts them together, over a disk of the
 * simulation, on fibers. It is started, stopped, killed, and cut off from its power as often as one likes. */
#ifndef TESTS_SIM_PROGRAM_H
#define TESTS_SIM_PROGRAM_H

#include "engine/engine.h"
#include "server/kafka/kafka.h"
#include "storage/storage.h"
#include "tests/sim/disk.h"

#define PROGRAM_DIR "data"

typedef struct program {
    disk         *disk;
    bool          up;       /* serves, or is being stopped */
    bool          stopping; /* visitors are to leave */
    unsigned      visitors; /* fibers that use it from inside, as the REST port does; a stop waits for them */
    bool          refused;  /* it could not be started; st says why */
    status        st;
    uint32_t      power_cuts;
    storage      *storage;
    engine       *engine;
    kafka_server *kafka;
    timesource    clock;
    struct fiber *maintainer, *acceptor;
    VEC(int) knocking; /* ends of connections that its port has not taken yet */
    char     last_told[512];
    unsigned told; /* lines */
} program;

void program_init(program *p, disk *d);
/* A fiber that starts it. It is over when p->up or p->refused. */
void program_start(program *p);
/* A fiber that stops it in good order; over when !p->up. */
void program_stop(program *p);
/* What is left of a program that has died: nothing. From the scheduler itself. */
void program_bury(program *p, bool power_cut);

/* A client's end of a new connection; -1: nobody is there. */
int program_connect(program *p);

#endif
