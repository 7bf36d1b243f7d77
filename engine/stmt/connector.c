/* Connectors: weir runs none; what to do instead (spec/sql-language.md 2.13). */
#include "engine/stmt/exec.h"

bool stmt_connector(exec *x)
{
    const char *what = "list connectors";
    switch (x->stmt->kind) {
    case STMT_CREATE_CONNECTOR:
        what = "create connector";
        break;
    case STMT_DROP_CONNECTOR:
        what = "drop connector";
        break;
    case STMT_DESCRIBE_CONNECTOR:
        what = "describe connector";
        break;
    case STMT_SHOW_CONNECTOR_PLUGINS:
        what = "list connector plugins";
        break;
    default:
        break;
    }
    return status_set(
        x->st, ST_BAD_REQUEST,
        "Failed to %s: weir runs no connectors. Run Kafka Connect beside it, with weir's Kafka listener as "
        "its bootstrap server, and declare a stream or table over the connector's topic.",
        what);
}
