/* GEO_DISTANCE (spec/functions.md 3.11). */
#include <math.h>

#include "engine/func/func_int.h"

#define EARTH_KM 6371.0
#define EARTH_MILES 3959.0

static double radians(double degrees)
{
    return degrees / 180.0 * M_PI;
}

/* Haversine. NaN passes the checks and comes out again. */
static value distance(ectx *cx, const value *args, double radius)
{
    double lat1 = args[0].d, lon1 = args[1].d, lat2 = args[2].d, lon2 = args[3].d;
    if (fabs(lat1) > 90 || fabs(lat2) > 90)
        return ectx_fail(cx, "valid latitude values for GeoDistance function are in the range of -90 to 90 "
                             "decimal degrees");
    if (fabs(lon1) > 180 || fabs(lon2) > 180)
        return ectx_fail(cx, "valid longitude values for GeoDistance function are in the range of -180 to "
                             "+180 decimal degrees");
    double lat = sin(radians(lat2 - lat1) / 2), lon = sin(radians(lon2 - lon1) / 2);
    double a = lat * lat + lon * lon * cos(radians(lat1)) * cos(radians(lat2));
    return value_d(2 * asin(sqrt(a)) * radius);
}

FN(geo_distance)
{
    return distance(cx, args, EARTH_KM);
}

FN(geo_distance_units)
{
    static const struct {
        const char *name;
        double      radius;
    } units[] = {{"mi", EARTH_MILES},     {"mile", EARTH_MILES},    {"miles", EARTH_MILES},
                 {"km", EARTH_KM},        {"kilometer", EARTH_KM},  {"kilometers", EARTH_KM},
                 {"kilometre", EARTH_KM}, {"kilometres", EARTH_KM}, {"", EARTH_KM}};
    for (int i = 0; i < 4; i++)
        if (args[i].state != V_OK)
            return VALUE_NULL;
    str unit = args[4].state == V_OK ? str_trim(value_str(args[4])) : STR_NONE;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (str_eq_nocase(unit, str_of(units[i].name)))
            return distance(cx, args, units[i].radius);
    return ectx_fail(cx, "GeoDistance function units parameter must be one of mi, mile, miles, km, kilometer, "
                         "kilometers, kilometre or kilometres. Values are case-insensitive.");
}

#define COORDINATES "DOUBLE lat1, DOUBLE lon1, DOUBLE lat2, DOUBLE lon2"

const func_row func_geo[] = {
    {.name = "geo_distance",
     .category = "OTHER",
     .doc = "Returns the great-circle distance of two points given in decimal degrees.",
     .params = COORDINATES ", VARCHAR units",
     .returns = "DOUBLE",
     .fn = geo_distance_units,
     .flags = FN_NULLS},
    {.name = "geo_distance", .category = "OTHER", .params = COORDINATES, .returns = "DOUBLE", .fn = geo_distance},
    {0},
};
