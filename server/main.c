#include <stdio.h>

int main(void)
{
    fprintf(stderr, "usage: weir server|sql|test|replay\n");
    return 2;
}
