// Loaded before the C library (LD_PRELOAD): a disk that takes the first four batches of a process, and the
// next one only when there is no file $HELD_WHILE any more. So a test meets a task in the middle of its work,
// however fast or busy the machine is.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int rename(const char* from, const char* to) {
  static int taken = 0;
  const char* const hold = getenv("HELD_WHILE");
  if (hold && strstr(to, "/batch-") && taken++ >= 4)
    while (access(hold, F_OK) == 0) usleep(5000);
  int (*const next)(const char*, const char*) = (int (*)(const char*, const char*))dlsym(RTLD_NEXT, "rename");
  return next(from, to);
}
