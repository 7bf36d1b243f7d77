#include "engine/func/table_func.h"

const func_row func_table[] = {
    {0},
};
