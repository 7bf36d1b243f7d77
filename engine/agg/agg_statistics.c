#include "engine/agg/agg.h"

const agg_row agg_statistics[] = {
    {0},
};
