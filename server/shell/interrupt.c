#include "server/shell/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted, resized;
static int                   pipe_fds[2] = {-1, -1};

/* A byte in a pipe closes the gap between testing a flag and going to sleep. */
static void on_signal(int sig)
{
    int saved = errno;
    if (sig == SIGINT)
        interrupted = 1;
    else
        resized = 1;
    ssize_t n = write(pipe_fds[1], "", 1);
    (void)n; /* full: there is a byte to read already */
    errno = saved;
}

void interrupt_catch(void)
{
    if (pipe2(pipe_fds, O_NONBLOCK | O_CLOEXEC) != 0)
        return; /* without it Ctrl-C ends the shell, as in any program */
    struct sigaction act = {.sa_handler = on_signal};
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGWINCH, &act, NULL);
}

int interrupt_fd(void)
{
    return pipe_fds[0];
}

void interrupt_drain(void)
{
    char some[64];
    while (read(pipe_fds[0], some, sizeof some) > 0)
        ;
}

bool interrupt_seen(void)
{
    return interrupted;
}

void interrupt_clear(void)
{
    interrupted = 0;
    interrupt_drain();
}

bool interrupt_resized(void)
{
    bool was = resized;
    resized = 0;
    return was;
}
