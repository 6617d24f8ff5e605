// StoreError: a file that cannot be written, read or used, and why: "'runs/horizon.h5': No space left on
// device". Wrong input as far as the command line is concerned.
#pragma once

#include <filesystem>
#include <string>

#include "sim/catalog/settings.hpp"

namespace twostage {

class StoreError : public InputError {
 public:
  StoreError(const std::filesystem::path& path, const std::string& reason);
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace twostage
