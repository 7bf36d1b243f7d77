/* `weir server`: opens the data folder, the engine and the ports, serves until SIGINT or SIGTERM. */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

/* The arguments behind "server". Returns the exit status: 0 stopped by a signal, 1 could not start, 2 bad
 * arguments or settings. */
int server_main(int argc, char **argv);

#endif
