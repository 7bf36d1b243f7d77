#include "engine/func/func.h"

const func_row func_collection[] = {
    {0},
};
