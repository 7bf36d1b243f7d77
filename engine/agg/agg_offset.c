#include "engine/agg/agg.h"

const agg_row agg_offset[] = {
    {0},
};
