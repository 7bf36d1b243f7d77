#include "engine/func/func.h"

const func_row func_math[] = {
    {0},
};
