/* Runs a fuzz target on files instead of under a fuzzer: linked in the fuzzer's place, with any compiler.
 *
 * usage: fuzz_NAME FILE...     prints each file before it is run, so that the last line names what crashed
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool read_file(const char *path, buf *out)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return false;
    char   part[4096];
    size_t n;
    while ((n = fread(part, 1, sizeof part, f)) > 0)
        buf_put(out, part, n);
    bool ok = !ferror(f);
    return fclose(f) == 0 && ok;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        buf b = BUF_INIT(BUF_MAX);
        printf("%s\n", argv[i]);
        fflush(stdout);
        if (!read_file(argv[i], &b)) {
            fprintf(stderr, "%s: %s\n", argv[i], strerror(errno));
            return 2;
        }
        /* A copy of just its size, so that a read behind the end is seen. */
        uint8_t *data = mem_alloc(b.n + (b.n == 0));
        if (b.n)
            memcpy(data, b.p, b.n);
        LLVMFuzzerTestOneInput(data, b.n);
        mem_free(data);
        buf_free(&b);
    }
    return 0;
}
