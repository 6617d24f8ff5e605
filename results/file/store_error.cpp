#include "results/file/store_error.hpp"

#include <fmt/format.h>

namespace twostage {

StoreError::StoreError(const std::filesystem::path& path, const std::string& reason)
    : InputError("", fmt::format("'{}': {}", path.string(), reason)), path_(path) {}

}  // namespace twostage
