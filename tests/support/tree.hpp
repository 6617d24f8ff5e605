// Everything in a folder, to tell that nothing in it was touched.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "tests/support/process.hpp"

namespace twostage::test {

// Path below `folder` -> its text, "-> target" for a link, "/" for a folder. Without the output of test::run.
inline std::map<std::string, std::string> tree(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  std::map<std::string, std::string> out;
  for (auto it = fs::recursive_directory_iterator(folder); it != fs::recursive_directory_iterator(); ++it) {
    const std::string name = it->path().lexically_relative(folder);
    if (name == ".out" || name == ".err") continue;
    out[name] = it->is_symlink()        ? "-> " + fs::read_symlink(it->path()).string()
                : it->is_directory()    ? "/"
                : it->is_regular_file() ? read_text(it->path())
                                        : "no file";
  }
  return out;
}

}  // namespace twostage::test
