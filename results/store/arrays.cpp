#include "results/store/arrays.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <hdf5_hl.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string_view>

#include "results/file/child.hpp"
#include "results/file/regular_file.hpp"
#include "results/store/handle.hpp"
#include "results/store/layout_guard.hpp"

namespace twostage {
namespace {

using hdf5::check;
using hdf5::fail;
using hdf5::Handle;

std::vector<std::string> names_in(hid_t file) {
  struct Found {
    std::vector<std::string> names;
    std::string elsewhere;
  } found;
  const auto collect = [](hid_t, const char* name, const H5L_info_t* info, void* out) -> herr_t {
    auto& all = *static_cast<Found*>(out);
    (info->type == H5L_TYPE_HARD ? all.names.emplace_back() : all.elsewhere) = name;
    return 0;
  };
  check(H5Literate(file, H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &found));
  if (!found.elsewhere.empty())
    fail("'" + found.elsewhere + "' is a link to elsewhere, no array of this file");
  return found.names;
}

NumberArray read_array(hid_t file, const std::string& name, std::size_t left, std::size_t most) {
  const std::string owner = "dataset '" + name + "'";
  const Handle object(H5Oopen(file, name.c_str(), H5P_DEFAULT), H5Oclose);
  if (H5Iget_type(object) != H5I_DATASET) fail("'" + name + "' is a group, no array of numbers");
  const Handle type(H5Dget_type(object), H5Tclose), space(H5Dget_space(object), H5Sclose);
  const auto kind = check(H5Tget_class(type));
  if (kind != H5T_FLOAT && kind != H5T_INTEGER) fail(owner + " holds no real numbers");
  NumberArray array{name, {}, {}};
  std::vector<hsize_t> extent(static_cast<std::size_t>(check(H5Sget_simple_extent_ndims(space))));
  if (!extent.empty()) check(H5Sget_simple_extent_dims(space, extent.data(), nullptr));
  array.shape.assign(extent.begin(), extent.end());
  hdf5::expect_storage(object, owner);
  const std::size_t count = hdf5::element_count(space);
  if (count > left)
    fail(fmt::format("{} has {} numbers: all arrays together have more than the {} that are read", owner,
                     count, most));
  array.values.resize(count);
  if (count > 0)
    check(H5Dread(object, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, array.values.data()));
  return array;
}

// A dimension of netCDF that is only counted: its bytes mean nothing.
bool is_bare_scale(hid_t file, const std::string& name) {
  const Handle object(H5Oopen(file, name.c_str(), H5P_DEFAULT), H5Oclose);
  return H5Iget_type(object) == H5I_DATASET && check(H5DSis_scale(object)) > 0 &&
         H5Dget_storage_size(object) == 0;
}

void append(std::string& bytes, const void* data, std::size_t length) {
  bytes.append(static_cast<const char*>(data), length);
}

void append(std::string& bytes, std::size_t number) {
  append(bytes, &number, sizeof number);
}

// What the child says: 'n' and the arrays, or a complaint after 'c'.
std::string answer(const std::filesystem::path& path, std::size_t most) {
  try {
    const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    check(H5Pset_fclose_degree(access, H5F_CLOSE_STRONG));
    check(H5Pset_file_locking(access, false, true));
    if (check(H5Fis_hdf5(path.c_str())) == 0) return "cis no HDF5 file";
    const Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access), H5Fclose);
    std::string bytes = "n";
    std::size_t left = most;
    for (const std::string& name : names_in(file)) {
      if (is_bare_scale(file, name)) continue;
      const NumberArray array = read_array(file, name, left, most);
      left -= array.values.size();
      append(bytes, name.size());
      bytes += name;
      append(bytes, array.shape.size());
      append(bytes, array.shape.data(), array.shape.size() * sizeof(std::size_t));
      append(bytes, array.values.size());
      append(bytes, array.values.data(), array.values.size() * sizeof(double));
    }
    return bytes;
  } catch (const hdf5::Failure& failure) {
    return std::string("cis damaged: ") + failure.what();
  } catch (const std::bad_alloc&) {
    return "cis larger than memory, or damaged";
  } catch (const std::exception& error) {
    return std::string("c") + error.what();
  }
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  bool at_end() const { return rest_.empty(); }
  std::size_t number() {
    std::size_t value = 0;
    take(&value, sizeof value);
    return value;
  }
  std::string text(std::size_t length) {
    expect(length, 1);
    std::string out(length, '\0');
    take(out.data(), length);
    return out;
  }
  template <typename Item>
  std::vector<Item> list(std::size_t length) {
    expect(length, sizeof(Item));
    std::vector<Item> out(length);
    take(out.data(), length * sizeof(Item));
    return out;
  }

 private:
  void expect(std::size_t count, std::size_t width) const {
    if (count > rest_.size() / width) throw std::runtime_error("its child process broke off");
  }
  void take(void* to, std::size_t length) {
    expect(length, 1);
    if (length > 0) std::memcpy(to, rest_.data(), length);
    rest_.remove_prefix(length);
  }
  std::string_view rest_;
};

}  // namespace

std::string shape_text(const NumberArray& array) {
  return array.name +
         (array.shape.empty() ? ", a single number" : fmt::format(", {}", fmt::join(array.shape, " x ")));
}

std::vector<NumberArray> read_number_arrays(const std::filesystem::path& path, std::size_t most) {
  require_file(path, "an HDF5 file");
  const hdf5::Session session;
  const ChildAnswer told = ask_child(std::filesystem::file_size(path), [&] { return answer(path, most); });
  if (!told.given) throw StoreError(path, "is damaged, or no HDF5 file (it " + told.text + ")");
  if (!told.text.starts_with('n'))
    throw StoreError(path, told.text.substr(std::min<std::size_t>(1, told.text.size())));
  std::vector<NumberArray> arrays;
  try {
    for (Reader reader(std::string_view(told.text).substr(1)); !reader.at_end();) {
      NumberArray array;
      array.name = reader.text(reader.number());
      array.shape = reader.list<std::size_t>(reader.number());
      array.values = reader.list<double>(reader.number());
      arrays.push_back(std::move(array));
    }
  } catch (const std::runtime_error& error) {
    throw StoreError(path, error.what());
  }
  return arrays;
}

}  // namespace twostage
