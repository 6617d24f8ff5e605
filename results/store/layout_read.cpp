// HDF5 -> Dataset. Reads what layout_write.cpp writes, and files that other programs copied or repacked; says
// which object is at fault when it cannot.
#include <hdf5_hl.h>

#include <optional>
#include <utility>

#include "results/store/handle.hpp"
#include "results/store/layout.hpp"

namespace twostage::hdf5 {
namespace {

using Values = decltype(Variable::data);

[[noreturn]] void fail(const std::string& message) {
  throw std::runtime_error(message);
}

// Says which object a failure belongs to.
template <typename Action>
auto blame(const std::string& owner, Action action) {
  try {
    return action();
  } catch (const Failure& failure) {
    const std::string_view reason = failure.what();
    if (reason.find("Fletcher32") != reason.npos)
      fail("a flipped bit in " + owner + " (its checksum does not match)");
    fail("damaged in " + owner + " (" + failure.what() + ")");
  }
}

std::size_t element_count(hid_t space) {
  return static_cast<std::size_t>(check(H5Sget_simple_extent_npoints(space)));
}

// Reads with `pull(memory type, destination)`, which is H5Dread or H5Aread.
template <typename T, typename Pull>
std::vector<T> numbers(std::size_t count, hid_t memory_type, Pull pull) {
  std::vector<T> values(count);
  if (count > 0) check(pull(memory_type, values.data()));
  return values;
}

template <typename Pull>
std::vector<std::string> texts(hid_t file_type, hid_t space, Pull pull) {
  const std::size_t count = element_count(space);
  std::vector<std::string> values;
  values.reserve(count);
  if (check(H5Tis_variable_str(file_type)) > 0) {
    struct Pointers {
      std::vector<char*> list;
      hid_t type, space;
      ~Pointers() { H5Dvlen_reclaim(type, space, H5P_DEFAULT, list.data()); }
    };
    const Handle type = text_type();
    check(H5Tset_cset(type, check(H5Tget_cset(file_type))));
    Pointers pointers{std::vector<char*>(count), type, space};
    if (count > 0) check(pull(type, pointers.list.data()));
    for (const char* text : pointers.list) values.emplace_back(text ? text : "");
  } else {
    const std::size_t width = H5Tget_size(file_type);
    std::string block(count * width, '\0');
    if (count > 0) check(pull(file_type, block.data()));
    for (std::size_t i = 0; i < count; ++i) values.emplace_back(block.substr(i * width, width).c_str());
  }
  return values;
}

template <typename Pull>
std::optional<Values> values(hid_t type, hid_t space, Pull pull) {
  const std::size_t count = element_count(space);
  switch (check(H5Tget_class(type))) {
    case H5T_FLOAT:
      return numbers<double>(count, H5T_NATIVE_DOUBLE, pull);
    case H5T_INTEGER:
      if (H5Tget_size(type) == 1 && H5Tget_sign(type) == H5T_SGN_NONE) {
        return numbers<std::uint8_t>(count, H5T_NATIVE_UINT8, pull);
      }
      return numbers<std::int64_t>(count, H5T_NATIVE_INT64, pull);
    case H5T_STRING:
      return texts(type, space, pull);
    default:
      return std::nullopt;
  }
}

std::optional<Attribute> attribute(hid_t object, const std::string& name) {
  const Handle handle(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose);
  const Handle type(H5Aget_type(handle), H5Tclose), space(H5Aget_space(handle), H5Sclose);
  const auto all = values(type, space, [&](hid_t memory, void* out) { return H5Aread(handle, memory, out); });
  if (!all) return std::nullopt;
  return std::visit(
      [](const auto& v) -> std::optional<Attribute> {
        if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::vector<std::uint8_t>>) {
          return v;
        } else {
          return v.size() == 1 ? std::optional<Attribute>(v.front()) : std::nullopt;
        }
      },
      *all);
}

}  // namespace

Attributes attributes(hid_t object, const std::string& owner) {
  return blame("the attributes of " + owner, [&] {
    std::vector<std::string> names;
    const auto collect = [](hid_t, const char* name, const H5A_info_t*, void* out) -> herr_t {
      static_cast<std::vector<std::string>*>(out)->emplace_back(name);
      return 0;
    };
    check(H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &names));
    Attributes result;
    for (const auto& name : names) {
      if (is_reserved(name)) continue;
      auto value = attribute(object, name);
      if (!value) fail("attribute '" + name + "' of " + owner + " has a type that twostage never writes");
      result.emplace(name, std::move(*value));
    }
    return result;
  });
}

namespace {

// In creation order where the file tracks it.
std::vector<std::string> link_names(hid_t group) {
  std::vector<std::string> names;
  const auto collect = [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  if (H5Literate(group, H5_INDEX_CRT_ORDER, H5_ITER_INC, nullptr, collect, &names) < 0) {
    names.clear();
    check(H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &names));
  }
  return names;
}

std::string scale_of(hid_t dataset, unsigned axis, const std::string& owner) {
  std::string path;
  const auto first = [](hid_t, unsigned, hid_t scale, void* out) -> herr_t {
    auto& name = *static_cast<std::string*>(out);
    const auto length = H5Iget_name(scale, nullptr, 0);
    if (length <= 0) return -1;
    name.resize(static_cast<std::size_t>(length) + 1);
    H5Iget_name(scale, name.data(), name.size());
    name.pop_back();
    return 1;
  };
  check(H5DSiterate_scales(dataset, axis, nullptr, first, &path));
  if (path.empty())
    fail("axis " + std::to_string(axis) + " of " + owner + " has no name (no dimension scale)");
  return path.substr(path.rfind('/') + 1);
}

bool is_unlabelled(hid_t scale) {
  std::string name(unlabelled.size() + 1, '\0');
  check(H5DSget_scale_name(scale, name.data(), name.size()));
  return std::string_view(name).substr(0, unlabelled.size()) == unlabelled;
}

Values read_values(hid_t dataset, hid_t space, const std::string& owner) {
  const Handle type(H5Dget_type(dataset), H5Tclose);
  auto result = values(type, space, [&](hid_t memory, void* out) {
    return H5Dread(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, out);
  });
  if (!result) fail(owner + " has a type that twostage never writes");
  return std::move(*result);
}

Dimension read_dimension(hid_t scale, const std::string& name) {
  const std::string owner = "dimension '" + name + "'";
  return blame(owner, [&] {
    const Handle space(H5Dget_space(scale), H5Sclose);
    if (check(H5Sget_simple_extent_ndims(space)) != 1) fail(owner + " does not lie along one axis");
    Dimension dimension{name, Index{element_count(space)}, attributes(scale, owner)};
    if (is_unlabelled(scale)) return dimension;
    std::visit(
        [&](auto&& v) {
          if constexpr (std::is_assignable_v<decltype(dimension.coordinate)&, decltype(v)>) {
            dimension.coordinate = std::forward<decltype(v)>(v);
          } else {
            fail(owner + " has a type that twostage never writes");
          }
        },
        read_values(scale, space, owner));
    return dimension;
  });
}

Variable read_variable(hid_t dataset, const std::string& name) {
  const std::string owner = "variable '" + name + "'";
  return blame(owner, [&] {
    const Handle space(H5Dget_space(dataset), H5Sclose);
    const int rank = check(H5Sget_simple_extent_ndims(space));
    Variable variable{name, {}, read_values(dataset, space, owner), attributes(dataset, owner)};
    for (int axis = 0; axis < rank; ++axis) {
      variable.dimensions.push_back(scale_of(dataset, static_cast<unsigned>(axis), owner));
    }
    return variable;
  });
}

}  // namespace

std::vector<std::string> group_names(hid_t group) {
  std::vector<std::string> names;
  for (const auto& name : link_names(group)) {
    const Handle object(H5Oopen(group, name.c_str(), H5P_DEFAULT), H5Oclose);
    if (H5Iget_type(object) == H5I_GROUP) names.push_back(name);
  }
  return names;
}

std::string find_damage(hid_t file) {
  try {
    for (const auto& name : link_names(file)) {
      const Handle object(H5Oopen(file, name.c_str(), H5P_DEFAULT), H5Oclose);
      if (H5Iget_type(object) == H5I_GROUP) {
        if (auto damage = find_damage(object); !damage.empty()) return damage;
      }
      if (H5Iget_type(object) != H5I_DATASET) continue;
      const Handle type(H5Dget_type(object), H5Tclose), space(H5Dget_space(object), H5Sclose);
      if (H5Tget_class(type) == H5T_STRING) continue;
      const std::string owner = "variable '" + name + "'";
      blame(owner, [&] { return read_values(object, space, owner); });
    }
    return "";
  } catch (const std::exception& damage) {
    return damage.what();
  }
}

Dataset read(hid_t group) {
  Dataset dataset;
  dataset.attributes = attributes(group, "the file");
  for (const auto& name : blame("the list of variables", [&] { return link_names(group); })) {
    const Handle object =
        blame("'" + name + "'", [&] { return Handle(H5Oopen(group, name.c_str(), H5P_DEFAULT), H5Oclose); });
    if (H5Iget_type(object) != H5I_DATASET) continue;
    if (blame("'" + name + "'", [&] { return check(H5DSis_scale(object)); }) > 0) {
      dataset.dimensions.push_back(read_dimension(object, name));
    } else {
      dataset.variables.push_back(read_variable(object, name));
    }
  }
  return dataset;
}

}  // namespace twostage::hdf5
