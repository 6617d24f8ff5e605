// Other programs read the files with no code of ours: check_file.py opens one with xarray (engine h5netcdf),
// h5py and, where installed, netCDF4. Skipped where Python or its modules are missing.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "results/store/store.hpp"
#include "tests/results/store/sample.hpp"

namespace twostage {
namespace {

TEST(Python, XarrayAndH5pyOpenTheFile) {
  const Folder folder;
  write_dataset(folder / "a.h5", sample());
  const std::string program = TWOSTAGE_SOURCE_DIR "/tests/results/store/check_file.py";
  const std::string command = "/usr/bin/python3 '" + program + "' '" + folder.path().string() + "' > '" +
                              (folder / "log").string() + "' 2>&1";
  const int status = std::system(command.c_str());
  const std::string log = bytes_of(folder / "log");
  if (WIFEXITED(status) && (WEXITSTATUS(status) == 77 || WEXITSTATUS(status) == 127)) GTEST_SKIP() << log;
  EXPECT_EQ(status, 0) << log;
}

}  // namespace
}  // namespace twostage
