/* What the Kafka port delivers to librdkafka on the same machine: produce, consume, one-record
 * latency.
 *
 *     make build/rel/tests/bench/bench_kafka && build/rel/tests/bench/bench_kafka [FOLDER
 * [HOST:PORT]]
 *
 * Without HOST:PORT a broker is started in a process of its own on a new folder below FOLDER
 * (default /tmp); its CPU time per million records is printed beside the rate, the client's too.
 */
#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "server/kafka/kafka.h"

static char  brokers[64];
static pid_t server_pid;

static double seconds(void)
{
    return (double)clock_mono_ns() / 1e9;
}

static double server_cpu(void)
{
    char          path[64], line[1024];
    unsigned long user = 0, sys = 0;
    if (server_pid == 0)
        return 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)server_pid);
    FILE *f = fopen(path, "r");
    if (f == NULL)
        return 0;
    if (fgets(line, sizeof line, f)) {
        const char *p = strrchr(line, ')');
        if (p)
            sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &sys);
    }
    fclose(f);
    return (double)(user + sys) / (double)sysconf(_SC_CLK_TCK);
}

static double own_cpu(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_utime.tv_sec + (double)u.ru_utime.tv_usec * 1e-6 + (double)u.ru_stime.tv_sec +
           (double)u.ru_stime.tv_usec * 1e-6;
}

typedef struct stopwatch {
    double wall, server, own;
} stopwatch;

static stopwatch start(void)
{
    return (stopwatch){seconds(), server_cpu(), own_cpu()};
}

static void report(const char *what, stopwatch s, size_t count, size_t bytes)
{
    double t = seconds() - s.wall, m = (double)count / 1e6;
    printf("%-34s %7.0f k rec/s  %6.0f MB/s   CPU s per million: broker %.2f, client %.2f\n", what,
           (double)count / t / 1e3, (double)count * (double)bytes / t / 1e6, (server_cpu() - s.server) / m,
           (own_cpu() - s.own) / m);
    fflush(stdout);
}

static void die(const char *what)
{
    fprintf(stderr, "bench_kafka: %s\n", what);
    if (server_pid)
        kill(server_pid, SIGTERM);
    exit(1);
}

static rd_kafka_t *client(rd_kafka_type_t type, const char *const *options)
{
    char             err[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers, NULL, 0);
    for (; options[0]; options += 2)
        if (rd_kafka_conf_set(conf, options[0], options[1], err, sizeof err) != RD_KAFKA_CONF_OK)
            die(err);
    rd_kafka_t *rk = rd_kafka_new(type, conf, err, sizeof err);
    if (rk == NULL)
        die(err);
    return rk;
}

static void produce(const char *topic, size_t count, size_t bytes, const char *acks, const char *what)
{
    const char *options[] = {
        "acks",    acks, "linger.ms", "5", "queue.buffering.max.messages", "1000000", "queue.buffering.max.kbytes",
        "1000000", NULL};
    rd_kafka_t       *rk = client(RD_KAFKA_PRODUCER, options);
    rd_kafka_topic_t *t = rd_kafka_topic_new(rk, topic, NULL);
    char             *payload = malloc(bytes);
    memset(payload, 'x', bytes);
    stopwatch s = start();
    for (size_t i = 0; i < count; i++)
        while (rd_kafka_produce(t, 0, RD_KAFKA_MSG_F_COPY, payload, bytes, NULL, 0, NULL) != 0)
            rd_kafka_poll(rk, 1);
    if (rd_kafka_flush(rk, 60000) != RD_KAFKA_RESP_ERR_NO_ERROR)
        die("records were not delivered");
    report(what, s, count, bytes);
    rd_kafka_topic_destroy(t);
    rd_kafka_destroy(rk);
    free(payload);
}

static void consume(const char *topic, size_t count, size_t bytes, const char *what)
{
    const char *options[] = {"group.id", "bench", "queued.max.messages.kbytes", "200000", "fetch.message.max.bytes",
                             "10485760", NULL};
    rd_kafka_t *rk = client(RD_KAFKA_CONSUMER, options);
    rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(parts, topic, 0)->offset = 0;
    rd_kafka_queue_t *q = rd_kafka_queue_get_consumer(rk);
    rd_kafka_assign(rk, parts);
    static rd_kafka_message_t *batch[10000];
    stopwatch                  s = start();
    for (size_t got = 0; got < count;) {
        ssize_t n = rd_kafka_consume_batch_queue(q, 1000, batch, 10000);
        if (n <= 0)
            die("nothing to consume");
        for (ssize_t i = 0; i < n; i++) {
            got += batch[i]->err == 0;
            rd_kafka_message_destroy(batch[i]);
        }
    }
    report(what, s, count, bytes);
    rd_kafka_queue_destroy(q);
    rd_kafka_topic_partition_list_destroy(parts);
    rd_kafka_consumer_close(rk);
    rd_kafka_destroy(rk);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void latency(const char *topic, const char *acks)
{
    enum { ROUNDS = 3000 };
    static double                    took[ROUNDS];
    const char                      *po[] = {"acks", acks, "linger.ms", "0", "socket.nagle.disable", "true", NULL};
    const char                      *co[] = {"group.id", "bench", "fetch.wait.max.ms", "500", NULL};
    rd_kafka_t                      *p = client(RD_KAFKA_PRODUCER, po), *c = client(RD_KAFKA_CONSUMER, co);
    rd_kafka_topic_t                *t = rd_kafka_topic_new(p, topic, NULL);
    rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(parts, topic, 0)->offset = 0;
    rd_kafka_assign(c, parts);
    for (int i = -100; i < ROUNDS; i++) {
        double from = seconds();
        rd_kafka_produce(t, 0, RD_KAFKA_MSG_F_COPY, "one record", 10, NULL, 0, NULL);
        rd_kafka_message_t *m = NULL;
        while (m == NULL || m->err) {
            if (m)
                rd_kafka_message_destroy(m);
            m = rd_kafka_consumer_poll(c, 5000);
        }
        rd_kafka_message_destroy(m);
        if (i >= 0)
            took[i] = seconds() - from;
        rd_kafka_poll(p, 0);
    }
    qsort(took, ROUNDS, sizeof took[0], by_value);
    printf("produce -> consume, acks=%-8s   p50 %.3f ms, p99 %.3f ms\n", acks, took[ROUNDS / 2] * 1e3,
           took[ROUNDS * 99 / 100] * 1e3);
    fflush(stdout);
    rd_kafka_topic_destroy(t);
    rd_kafka_topic_partition_list_destroy(parts);
    rd_kafka_consumer_close(c);
    rd_kafka_destroy(c);
    rd_kafka_flush(p, 1000);
    rd_kafka_destroy(p);
}

static void serve(const char *dir, int port_fd, int end_fd)
{
    status st;
    char   c;
    status_init(&st);
    storage_options so = {.dir = dir};
    kafka_options   ko = {.host = "127.0.0.1", .auto_create_topics = true};
    if (getenv("WEIR_LOOPS"))
        ko.loops = atoi(getenv("WEIR_LOOPS"));
    storage      *s = storage_open(&so, &st);
    kafka_server *k = s ? kafka_server_start(s, &ko, &st) : NULL;
    if (k == NULL) {
        fprintf(stderr, "%s\n", st.msg);
        _exit(1);
    }
    uint16_t port = kafka_server_port(k);
    if (write(port_fd, &port, sizeof port) != (ssize_t)sizeof port)
        _exit(1);
    while (read(end_fd, &c, 1) > 0)
        ;
    kafka_server_stop(k);
    storage_close(s);
    _exit(0);
}

static void start_server(const char *folder)
{
    static char dir[256];
    int         up[2], down[2];
    uint16_t    port;
    snprintf(dir, sizeof dir, "%s/bench_kafka.XXXXXX", folder);
    if (mkdtemp(dir) == NULL || pipe(up) != 0 || pipe(down) != 0)
        die("cannot make a folder for the broker");
    server_pid = fork();
    if (server_pid == 0) {
        close(down[1]);
        serve(dir, up[1], down[0]);
    }
    close(up[1]);
    close(down[0]);
    if (read(up[0], &port, sizeof port) != (ssize_t)sizeof port)
        die("the broker did not start");
    snprintf(brokers, sizeof brokers, "127.0.0.1:%u", port);
    printf("data in %s\n", dir);
}

int main(int argc, char **argv)
{
    if (argc > 2)
        snprintf(brokers, sizeof brokers, "%s", argv[2]);
    else
        start_server(argc > 1 ? argv[1] : "/tmp");
    for (int round = 0; round < 3; round++) {
        char small[32], large[32];
        snprintf(small, sizeof small, "small-%d", round);
        snprintf(large, sizeof large, "large-%d", round);
        produce(small, 3000000, 100, "1", "produce 100 B, acks=1");
        consume(small, 3000000, 100, "consume 100 B");
        produce(large, 500000, 1000, "1", "produce 1 KB, acks=1");
        consume(large, 500000, 1000, "consume 1 KB");
    }
    produce("durable", 1000000, 100, "all", "produce 100 B, acks=all");
    latency("latency-1", "1");
    latency("latency-all", "all");
    if (server_pid) {
        kill(server_pid, SIGKILL);
        waitpid(server_pid, NULL, 0);
    }
    return 0;
}
