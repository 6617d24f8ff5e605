// Files that end. A pipe or a device may be read for ever and a write changes the device itself, so texts are
// read from regular files only, and only regular files are replaced.
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <string>

namespace twostage {

// "a folder", "a symbolic link", "a pipe", ...; "a file" for a regular one.
std::string kind_of_file(const struct stat& status);

// StoreError unless there is a regular file, or a link to one; `wanted` is what a folder is not: "a result
// file".
void require_file(const std::filesystem::path& path, const std::string& wanted);

// The bytes of a regular file, or of what a link to one names, of at most a gigabyte. StoreError when there
// is none or it cannot be read.
std::string read_text_file(const std::filesystem::path& path);

}  // namespace twostage
