// What may be replaced. `--force`, and every rewriting of a file that twostage keeps beside a result,
// replaces a file that twostage wrote, or an empty one; never a file of somebody else's, a link, a device or
// a folder.
#pragma once

#include <filesystem>
#include <functional>

namespace twostage {

// Recognises a file by its bytes, also when it is damaged.
using Recognise = std::function<bool(const std::filesystem::path&)>;

// StoreError unless nothing is at `path`, an empty file, or one that `ours` recognises; also when nothing can
// ever be there (its name is too long, or what should be its folder is a file).
void require_replaceable(const std::filesystem::path& path, const Recognise& ours);

// HDF5 with the attributes that the store puts into each of its files.
bool is_store_file(const std::filesystem::path& path);

// The first bytes of a file hold all of these texts.
bool begins_with_all(const std::filesystem::path& path, std::initializer_list<std::string_view> texts);

}  // namespace twostage
