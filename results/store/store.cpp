#include "results/store/store.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <new>

#include "results/store/atomic_write.hpp"
#include "results/store/content_hash.hpp"
#include "results/store/damage.hpp"
#include "results/store/handle.hpp"
#include "results/store/layout.hpp"
#include "results/store/seal.hpp"

namespace twostage {
namespace {

using hdf5::check;
using hdf5::Handle;

Dataset stamped(Dataset dataset) {
  dataset.attributes["schema_version"] = hdf5::schema_version;
  dataset.attributes["content_hash"] = content_hash(dataset);
  return dataset;
}

template <typename Class>
Handle ordered_group_properties(Class property_class) {
  Handle properties(H5Pcreate(property_class), H5Pclose);
  check(H5Pset_obj_track_times(properties, false));
  check(H5Pset_link_creation_order(properties, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED));
  check(H5Pset_attr_creation_order(properties, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED));
  return properties;
}

// Takes the bytes of an in-memory file when it is closed. (H5Fget_file_image is simpler, but up to HDF5 1.14
// the superblock it returns has a wrong checksum.)
void capture_image(hid_t access, std::string& bytes) {
  H5FD_file_image_callbacks_t callbacks{};
  callbacks.image_realloc = [](void* memory, size_t size, H5FD_file_image_op_t, void*) {
    return std::realloc(memory, size);
  };
  callbacks.image_free = [](void* memory, H5FD_file_image_op_t operation, void* out) -> herr_t {
    const char* image = static_cast<const char*>(memory);
    if (operation == H5FD_FILE_IMAGE_OP_FILE_CLOSE)
      static_cast<std::string*>(out)->assign(image, hdf5_length(image));
    std::free(memory);
    return 0;
  };
  callbacks.udata_copy = [](void* udata) { return udata; };
  callbacks.udata_free = [](void*) -> herr_t { return 0; };
  callbacks.udata = &bytes;
  check(H5Pset_file_image_callbacks(access, &callbacks));
}

void fill(hid_t file, const Dataset& root, const Groups& groups, Packing packing) {
  hdf5::write(file, root, packing);
  const Handle creation = ordered_group_properties(H5P_GROUP_CREATE);
  for (const auto& [name, dataset] : groups) {
    const Handle group(H5Gcreate2(file, name.c_str(), H5P_DEFAULT, creation, H5P_DEFAULT), H5Gclose);
    hdf5::write(group, dataset, packing);
  }
}

// The bytes of the file, built in memory: HDF5 never meets a full disk, from which it recovers badly.
std::string encode(const Dataset& root, const Groups& groups, Packing packing) {
  const hdf5::Session session;
  std::string bytes;
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  check(H5Pset_fapl_core(access, std::size_t{1} << 16, false));  // grown in zeroed steps of this size
  check(H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V18));
  capture_image(access, bytes);
  {
    const Handle creation = ordered_group_properties(H5P_FILE_CREATE);
    // Nothing here but the defaults of the superblock: others need a superblock extension, which stores the
    // time.
    const Handle file(H5Fcreate("twostage", H5F_ACC_TRUNC, creation, access), H5Fclose);
    fill(file, root, groups, packing);
    check(H5Fflush(file, H5F_SCOPE_GLOBAL));
  }
  return bytes;
}

void write(const std::filesystem::path& path, const Dataset& root, const Groups& groups, Packing packing,
           Existing existing) {
  validate(root);
  for (const auto& [name, dataset] : groups) validate(dataset);
  Groups stamped_groups;
  for (const auto& [name, dataset] : groups) stamped_groups.emplace(name, stamped(dataset));
  std::string bytes;
  try {
    bytes = encode(stamped(root), stamped_groups, packing);
  } catch (const hdf5::Failure& failure) {
    throw StoreError(path, std::string("cannot be encoded as HDF5: ") + failure.what());
  }
  atomic_write(path, sealed(std::move(bytes)), existing);
}

void require_file(const std::filesystem::path& path) {
  const auto status = std::filesystem::status(path);
  if (!std::filesystem::exists(status)) throw StoreError(path, "no such file");
  if (std::filesystem::is_directory(status)) throw StoreError(path, "is a folder, not a result file");
  if (!std::filesystem::is_regular_file(status)) throw StoreError(path, "is no regular file");
}

constexpr const char* truncated = "truncated: the end of the file is missing";

Handle open(const std::filesystem::path& path) {
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  check(H5Pset_fclose_degree(access, H5F_CLOSE_STRONG));
  // Files are replaced whole and never changed in place: a lock would guard nothing, and not be had on some
  // network file systems.
  check(H5Pset_file_locking(access, false, true));
  try {
    return {H5Fopen(path.c_str(), H5F_ACC_RDONLY, access), H5Fclose};
  } catch (const hdf5::Failure& failure) {
    constexpr std::uintmax_t superblock_size = 48;
    const std::string_view reason = failure.what();
    if (reason.find("signature not found") != reason.npos) throw StoreError(path, "not an HDF5 file");
    if (reason.find("unable to lock file") != reason.npos)
      throw StoreError(path, "its file system has no locks, which HDF5 insists on; HDF5_USE_FILE_LOCKING=FALSE in "
                             "the environment does without");
    if (reason.find("truncated") != reason.npos || std::filesystem::file_size(path) < superblock_size) {
      throw StoreError(path, truncated);
    }
    throw;
  }
}

// Runs `action` on the open file; whatever goes wrong becomes a StoreError that names the path.
template <typename Action>
auto with_file(const std::filesystem::path& path, Action action) {
  require_file(path);
  const Seal seal = inspect_seal(path);
  if (seal == Seal::broken) throw StoreError(path, locate_damage(path));
  const hdf5::Session session;
  try {
    const Handle file = open(path);
    if (check(H5Aexists(file, "schema_version")) == 0) {
      throw StoreError(path, "an HDF5 file, but not one written by twostage (it has no schema_version)");
    }
    if (seal == Seal::partial) throw StoreError(path, truncated);
    return action(static_cast<hid_t>(file));
  } catch (const StoreError&) {
    throw;
  } catch (const hdf5::Failure& failure) {
    throw StoreError(path, std::string("damaged or unreadable: ") + failure.what());
  } catch (const std::bad_alloc&) {
    throw StoreError(path, "larger than memory, or damaged");
  } catch (const std::exception& error) {
    throw StoreError(path, error.what());
  }
}

Dataset read_checked(hid_t group) {
  Dataset dataset = hdf5::read(group);
  const auto& attributes = dataset.attributes;
  const auto is = [&](const char* name, const Attribute& value) {
    const auto it = attributes.find(name);
    return it != attributes.end() && it->second == value;
  };
  if (!is("schema_version", hdf5::schema_version)) {
    throw std::runtime_error("its schema_version is not " + std::to_string(hdf5::schema_version) +
                             ", the one this program reads: written by another version of twostage");
  }
  validate(dataset);
  if (!is("content_hash", content_hash(dataset))) {
    throw std::runtime_error(
        "its values no longer match its content_hash: a flipped bit, or changed by hand");
  }
  return dataset;
}

}  // namespace

void write_dataset(const std::filesystem::path& path, const Dataset& dataset, Packing packing,
                   Existing existing) {
  write(path, dataset, {}, packing, existing);
}

Dataset read_dataset(const std::filesystem::path& path) {
  return with_file(path, read_checked);
}

void write_groups(const std::filesystem::path& path, const Groups& groups, const Attributes& attributes) {
  write(path, {{}, {}, attributes}, groups, Packing::compressed, Existing::replace);
}

std::vector<std::string> list_groups(const std::filesystem::path& path) {
  return with_file(path, hdf5::group_names);
}

Dataset read_group(const std::filesystem::path& path, const std::string& name) {
  return with_file(path, [&](hid_t file) {
    const auto names = hdf5::group_names(file);
    if (std::ranges::find(names, name) == names.end())
      throw StoreError(path, unknown_name("group", name, names));
    const Handle group(H5Gopen2(file, name.c_str(), H5P_DEFAULT), H5Gclose);
    return read_checked(group);
  });
}

Attributes read_attributes(const std::filesystem::path& path) {
  return with_file(path, [](hid_t file) { return hdf5::attributes(file, "the file"); });
}

}  // namespace twostage
