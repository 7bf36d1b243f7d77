#include "engine/run/names.h"

str name_group(arena *a, str service_id, str query_id, bool persistent)
{
    return str_fmt(a, "_confluent-ksql-%.*s%s%.*s", STR_FMT(service_id), persistent ? "query_" : "", STR_FMT(query_id));
}

str name_transient_prefix(arena *a, str service_id)
{
    return str_fmt(a, "_confluent-ksql-%.*stransient_", STR_FMT(service_id));
}

str name_internal_topic(arena *a, str group, uint32_t index, str suffix)
{
    return str_fmt(a, "%.*s-%u-%.*s", STR_FMT(group), index, STR_FMT(suffix));
}

str name_changelog(arena *a, str group, uint32_t stage, str store)
{
    return str_fmt(a, "%.*s-%u-%.*s-changelog", STR_FMT(group), stage, STR_FMT(store));
}

str name_transactional_id(arena *a, str group, uint32_t stage, int32_t partition)
{
    return str_fmt(a, "%.*s-%u_%d", STR_FMT(group), stage, partition);
}

const char *name_snapshot(arena *a, const char *dir, str group, uint32_t stage, int32_t partition)
{
    return str_z(a, str_fmt(a, "%s/%.*s-%u-%d.snap", dir, STR_FMT(group), stage, partition));
}
