/* A broker and nothing else, for the tests in this folder: kafka_server_main DIR [PORT [LOOPS]]
 *
 * Prints "listening PORT" and serves until SIGINT or SIGTERM. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/kafka/kafka.h"

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
    (void)sig;
    stop = 1;
}

static void wait_for_end(storage *s)
{
    while (!stop) {
        storage_maintain(s);
        poll(NULL, 0, 2000); /* a signal ends it early */
    }
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: kafka_server_main DIR [PORT [LOOPS]]\n");
        return 2;
    }
    status st;
    status_init(&st);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    storage_options so = {.dir = argv[1], .fsync_off = getenv("WEIR_FSYNC_OFF") != NULL};
    storage        *s = storage_open(&so, &st);
    kafka_options   ko = {.auto_create_topics = true,
                          .port = (uint16_t)(argc > 2 ? atoi(argv[2]) : 0),
                          .loops = argc > 3 ? atoi(argv[3]) : 1};
    kafka_server   *k = s ? kafka_server_start(s, &ko, &st) : NULL;
    if (k == NULL) {
        fprintf(stderr, "%s\n", st.msg);
        return 1;
    }
    printf("listening %u\n", kafka_server_port(k));
    fflush(stdout);
    wait_for_end(s);
    kafka_server_stop(k);
    storage_close(s);
    return 0;
}
