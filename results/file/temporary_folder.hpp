// A folder for files that nobody else sees.
#pragma once

#include <filesystem>

namespace twostage {

// A new one that nobody else can write into, for as long as this lives. Throws StoreError.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace twostage
