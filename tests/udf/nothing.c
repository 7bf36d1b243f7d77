/* A shared library that is none of functions. */
int nothing(void);

int nothing(void)
{
    return 0;
}
