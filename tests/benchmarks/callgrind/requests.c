/* Callgrind's client requests for Python: they are macros, so somebody must compile them. */

#include <valgrind/callgrind.h>

int on_valgrind(void) { return RUNNING_ON_VALGRIND; }
void start(void) {
    CALLGRIND_START_INSTRUMENTATION;
    CALLGRIND_ZERO_STATS;
}
void stop(const char* name) {
    CALLGRIND_DUMP_STATS_AT(name);
    CALLGRIND_STOP_INSTRUMENTATION;
}
