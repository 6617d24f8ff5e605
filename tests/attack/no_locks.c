// Loaded before the C library (LD_PRELOAD): a file system that has no locks, as network file systems may.
#include <errno.h>

int flock(int descriptor, int operation) {
  (void)descriptor;
  (void)operation;
  errno = ENOLCK;
  return -1;
}
