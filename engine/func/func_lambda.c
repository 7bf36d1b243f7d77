#include "engine/func/func.h"

const func_row func_lambda_rows[] = {
    {0},
};
