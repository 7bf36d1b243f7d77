/* Ctrl-C and changes of the terminal's size, as a descriptor that a poll() can wait for.
 *
 * The state is the process's, as signals are: one shell in a process, used by its main thread. */
#ifndef SERVER_SHELL_INTERRUPT_H
#define SERVER_SHELL_INTERRUPT_H

#include <stdbool.h>

/* From now on SIGINT does not end the program. Once. */
void interrupt_catch(void);
/* Readable when a signal has come since the last interrupt_drain(); -1 before interrupt_catch(). */
int  interrupt_fd(void);
void interrupt_drain(void);
/* Has SIGINT come since the last clear? */
bool interrupt_seen(void);
void interrupt_clear(void);
/* Has the size changed since the last call? */
bool interrupt_resized(void);

#endif
