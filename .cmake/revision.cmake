# cmake -DSOURCE=<tree> -DOUT=<file> -P revision.cmake: writes a C++ file that names the commit of the tree, when that has
# changed since the last time. Without git or outside a repository it is "unknown".
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty=+ --abbrev=12 --exclude *
                OUTPUT_VARIABLE revision OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed OR revision STREQUAL "")
  set(revision "unknown")
endif()
file(CONFIGURE OUTPUT ${OUT} CONTENT [[
#include "experiments/runner/result/provenance.hpp"

namespace twostage {
std::string revision() {
  return "@revision@";
}
}  // namespace twostage
]] @ONLY)
