#include "engine/func/func.h"

const func_row func_datetime[] = {
    {0},
};
