#include "results/file/replaceable.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include "results/file/regular_file.hpp"
#include "results/file/store_error.hpp"

namespace twostage {
namespace {

// Does each of the texts stand somewhere in the next `limit` bytes? Read in blocks that overlap by the
// longest text, because a result may be larger than memory.
bool holds_all(std::istream& file, std::vector<std::string_view> texts, std::size_t limit) {
  constexpr std::size_t block_length = std::size_t{1} << 20;
  std::size_t overlap = 0;
  for (const auto text : texts) overlap = std::max(overlap, text.size());
  std::string window;
  for (std::size_t seen = 0; !texts.empty() && seen < limit && file;) {
    if (window.size() > overlap) window.erase(0, window.size() - overlap);
    const std::size_t kept = window.size();
    window.resize(kept + std::min(block_length, limit - seen));
    file.read(window.data() + kept, static_cast<std::streamsize>(window.size() - kept));
    const auto count = static_cast<std::size_t>(file.gcount());
    window.resize(kept + count);
    seen += count;
    std::erase_if(texts, [&](std::string_view text) { return window.find(text) != std::string::npos; });
  }
  return texts.empty();
}

}  // namespace

void require_replaceable(const std::filesystem::path& path, const Recognise& ours) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return;
    throw StoreError(path, "cannot write: " + std::generic_category().message(errno));
  }
  if (S_ISLNK(status.st_mode))
    throw StoreError(path, "is a symbolic link, and is not replaced; give the path of the file itself");
  if (!S_ISREG(status.st_mode))
    throw StoreError(path, "is " + kind_of_file(status) + ", and is not replaced; give the path of a file");
  if (status.st_size > 0 && !ours(path))
    throw StoreError(path,
                     "was not written by twostage for this purpose, and is not replaced; move it away or "
                     "give another path");
}

// Looked for as plain bytes: HDF5 would refuse, or stumble over, the damaged file that is to be replaced.
bool is_store_file(const std::filesystem::path& path) {
  constexpr std::string_view signature = "\x89HDF\r\n\x1a\n";
  std::ifstream file(path, std::ios::binary);
  std::string start(signature.size(), '\0');
  if (!file.read(start.data(), static_cast<std::streamsize>(start.size())) || start != signature)
    return false;
  return holds_all(file, {"schema_version", "content_hash"}, SIZE_MAX);
}

bool begins_with_all(const std::filesystem::path& path, std::initializer_list<std::string_view> texts) {
  constexpr std::size_t start = 4096;
  std::ifstream file(path, std::ios::binary);
  return holds_all(file, texts, start);
}

}  // namespace twostage
