// HDF5 -> Dataset. Reads what layout_write.cpp writes, and files that other programs copied or repacked; says
// which object is at fault when it cannot.
#include <hdf5_hl.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "results/store/handle.hpp"
#include "results/store/layout.hpp"
#include "results/store/layout_guard.hpp"

namespace twostage::hdf5 {
namespace {

using Values = decltype(Variable::data);

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

std::optional<Attribute> attribute(hid_t object, const std::string& name, const std::string& owner) {
  const Handle handle(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose);
  const Handle type(H5Aget_type(handle), H5Tclose), space(H5Aget_space(handle), H5Sclose);
  expect_attribute_size(space, "attribute '" + name + "' of " + owner);
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

bool is_nan(const std::optional<Attribute>& value) {
  const auto* real = value ? std::get_if<double>(&*value) : nullptr;
  return real && *real != *real;
}

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
      if (is_reserved(name) && name != "_FillValue") continue;
      auto value = attribute(object, name, owner);
      if (name == "_FillValue") {  // readers take values that equal it for missing ones
        if (!is_nan(value)) fail("the _FillValue of " + owner + " is not NaN");
        continue;
      }
      if (!value) fail("attribute '" + name + "' of " + owner + " has a type that twostage never writes");
      result.emplace(name, std::move(*value));
    }
    return result;
  });
}

// In creation order where the file tracks it.
std::vector<std::string> link_names(hid_t group) {
  std::vector<std::pair<std::string, H5L_info_t>> links;
  const auto collect = [](hid_t, const char* name, const H5L_info_t* info, void* out) -> herr_t {
    static_cast<decltype(links)*>(out)->emplace_back(name, *info);
    return 0;
  };
  if (H5Literate(group, H5_INDEX_CRT_ORDER, H5_ITER_INC, nullptr, collect, &links) < 0) {
    links.clear();
    check(H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &links));
  }
  std::vector<std::string> names;
  for (const auto& [name, info] : links) {
    expect_own(info, name);
    names.push_back(name);
  }
  return names;
}

bool is_unlabelled(hid_t scale) {
  std::string name(unlabelled.size() + 1, '\0');
  check(H5DSget_scale_name(scale, name.data(), name.size()));
  return std::string_view(name).substr(0, unlabelled.size()) == unlabelled;
}

Values read_values(hid_t dataset, hid_t space, const std::string& owner) {
  expect_storage(dataset, owner);
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

std::vector<hsize_t> extent_of(hid_t space) {
  std::vector<hsize_t> extent(static_cast<std::size_t>(check(H5Sget_simple_extent_ndims(space))));
  check(H5Sget_simple_extent_dims(space, extent.data(), nullptr));
  return extent;
}

Variable read_variable(hid_t dataset, const std::string& name) {
  const std::string owner = "variable '" + name + "'";
  return blame(owner, [&] {
    const Handle space(H5Dget_space(dataset), H5Sclose);
    Variable variable{name, {}, read_values(dataset, space, owner), attributes(dataset, owner)};
    for (unsigned axis = 0; axis < extent_of(space).size(); ++axis)
      variable.dimensions.push_back(scale_of(dataset, axis, owner));
    return variable;
  });
}

// Each axis of a variable is as long as its dimension. (Their product alone would let 2 x 3 pass for 3 x 2.)
void expect_extents(hid_t object, const Variable& variable, const Dataset& dataset) {
  const Handle space(H5Dget_space(object), H5Sclose);
  const std::vector<hsize_t> extent = extent_of(space);
  for (std::size_t d = 0; d < extent.size(); ++d) {
    const auto it = std::ranges::find(dataset.dimensions, variable.dimensions[d], &Dimension::name);
    if (it == dataset.dimensions.end())
      fail("variable '" + variable.name + "' lies on '" + variable.dimensions[d] +
           "', which is no dimension");
    if (it->size() != extent[d])
      fail("variable '" + variable.name + "' is " + std::to_string(extent[d]) + " long on '" + it->name +
           "', which has " + std::to_string(it->size()) + " coordinates");
  }
}

}  // namespace

std::string find_damage(hid_t file) {
  try {
    for (const auto& name : link_names(file)) {
      const Handle object(H5Oopen(file, name.c_str(), H5P_DEFAULT), H5Oclose);
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

Dataset read(hid_t file) {
  Dataset dataset;
  dataset.attributes = attributes(file, "the file");
  std::vector<Handle> objects;  // of the variables
  for (const auto& name : blame("the list of variables", [&] { return link_names(file); })) {
    const std::string owner = "'" + name + "'";
    Handle object = blame(owner, [&] { return Handle(H5Oopen(file, name.c_str(), H5P_DEFAULT), H5Oclose); });
    if (H5Iget_type(object) != H5I_DATASET)
      fail(owner + " is no array of values, and has no place in a result");
    if (blame(owner, [&] { return check(H5DSis_scale(object)); }) > 0) {
      dataset.dimensions.push_back(read_dimension(object, name));
    } else {
      dataset.variables.push_back(read_variable(object, name));
      objects.push_back(std::move(object));
    }
  }
  for (std::size_t i = 0; i < objects.size(); ++i) expect_extents(objects[i], dataset.variables[i], dataset);
  return dataset;
}

}  // namespace twostage::hdf5
