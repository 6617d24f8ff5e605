#include "results/store/store.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <new>
#include <stdexcept>

#include "results/dataset/content_hash.hpp"
#include "results/file/atomic_write.hpp"
#include "results/file/child.hpp"
#include "results/file/regular_file.hpp"
#include "results/file/seal.hpp"
#include "results/store/damage.hpp"
#include "results/store/handle.hpp"
#include "results/store/layout.hpp"

namespace twostage {
namespace {

using hdf5::check;
using hdf5::Handle;

Dataset stamped(Dataset dataset) {
  dataset.attributes["schema_version"] = hdf5::schema_version;
  dataset.attributes["content_hash"] = content_hash(dataset);
  return dataset;
}

Handle file_properties() {
  Handle properties(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
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

// The bytes of the file, built in memory: HDF5 never meets a full disk, from which it recovers badly.
std::string encode(const Dataset& dataset, Packing packing) {
  const hdf5::Session session;
  std::string bytes;
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  check(H5Pset_fapl_core(access, std::size_t{1} << 16, false));  // grown in zeroed steps of this size
  check(H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V18));
  capture_image(access, bytes);
  {
    const Handle creation = file_properties();
    // Nothing here but the defaults of the superblock: others need a superblock extension, which stores the
    // time.
    const Handle file(H5Fcreate("twostage", H5F_ACC_TRUNC, creation, access), H5Fclose);
    hdf5::write(file, dataset, packing);
    check(H5Fflush(file, H5F_SCOPE_GLOBAL));
  }
  return bytes;
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
    if (reason.find("signature not found") != reason.npos) throw std::runtime_error("not an HDF5 file");
    if (reason.find("unable to lock file") != reason.npos)
      throw std::runtime_error(
          "its file system has no locks, which HDF5 insists on; HDF5_USE_FILE_LOCKING=FALSE in the "
          "environment "
          "does without");
    if (reason.find("truncated") != reason.npos || std::filesystem::file_size(path) < superblock_size)
      throw std::runtime_error(truncated);
    throw;
  }
}

bool is(const Dataset& dataset, const char* attribute, const Attribute& value) {
  const auto it = dataset.attributes.find(attribute);
  return it != dataset.attributes.end() && it->second == value;
}

void expect_schema(const Dataset& dataset) {
  if (is(dataset, "schema_version", hdf5::schema_version)) return;
  const auto there = dataset.attributes.find("schema_version");
  const auto* version = std::get_if<std::int64_t>(&there->second);
  throw std::runtime_error(
      version && *version < hdf5::schema_version
          ? fmt::format(
                "written by an older twostage (its schema_version is {}, this program reads {}): run its "
                "study again, or read it with the program that wrote it",
                *version, hdf5::schema_version)
          : fmt::format(
                "its schema_version is not {}, the one this program reads: written by another version of "
                "twostage",
                hdf5::schema_version));
}

// Of a file that HDF5 can open.
Dataset read_open(const std::filesystem::path& path, Seal seal) {
  const Handle file = open(path);
  if (check(H5Aexists(file, "schema_version")) == 0)
    throw std::runtime_error("an HDF5 file, but not one written by twostage (it has no schema_version)");
  if (seal == Seal::partial) throw std::runtime_error(truncated);
  Dataset dataset = hdf5::read(file);
  expect_schema(dataset);
  validate(dataset);
  if (!is(dataset, "content_hash", content_hash(dataset)))
    throw std::runtime_error(
        "what it says no longer matches its content_hash: a flipped bit, or changed by hand");
  return dataset;
}

// Runs `action`; what goes wrong in it is told in words.
template <typename Action>
std::string complaint_of(Action action) {
  try {
    action();
    return "";
  } catch (const hdf5::Failure& failure) {
    return std::string("damaged or unreadable: ") + failure.what();
  } catch (const std::bad_alloc&) {
    return "larger than memory, or damaged";
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace

void write_dataset(const std::filesystem::path& path, const Dataset& dataset, Packing packing,
                   Existing existing) {
  validate(dataset);
  std::string bytes;
  try {
    bytes = encode(stamped(dataset), packing);
  } catch (const hdf5::Failure& failure) {
    throw StoreError(path, std::string("cannot be encoded as HDF5: ") + failure.what());
  }
  atomic_write(path, sealed(std::move(bytes)), existing,
               packing == Packing::plain ? Survives::kill : Survives::power_failure);
}

Dataset read_dataset(const std::filesystem::path& path) {
  require_file(path, "a result file");
  const Seal seal = inspect_seal(path);
  const hdf5::Session session;
  if (seal == Seal::broken) throw StoreError(path, locate_damage(path));
  if (seal != Seal::intact) {
    const ChildAnswer tried = ask_child(std::filesystem::file_size(path),
                                        [&] { return complaint_of([&] { read_open(path, seal); }); });
    if (!tried.given) throw StoreError(path, "damaged (it has no seal, and " + tried.text + ")");
    if (!tried.text.empty()) throw StoreError(path, tried.text);
  }
  Dataset dataset;
  if (const auto complaint = complaint_of([&] { dataset = read_open(path, seal); }); !complaint.empty())
    throw StoreError(path, complaint);
  return dataset;
}

}  // namespace twostage
