/* Version numbers. */
#ifndef SERVER_VERSION_H
#define SERVER_VERSION_H

#define WEIR_VERSION "0.1.0"
/* The version of ksqlDB whose API is served: clients look at it in GET /info. */
#define KSQLDB_VERSION "0.29.0"

#endif
