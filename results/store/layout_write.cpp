// Dataset -> HDF5. Everything that could differ between two equal runs is pinned: no time stamps, no
// uninitialised bytes, creation order as given, attributes in alphabetical order.
#include <hdf5_hl.h>

#include <bit>
#include <cstdio>
#include <limits>
#include <span>
#include <stdexcept>

#include "results/store/chunks.hpp"
#include "results/store/handle.hpp"
#include "results/store/layout.hpp"

namespace twostage::hdf5 {
namespace {

hid_t file_type(double) {
  return H5T_IEEE_F64LE;
}
hid_t file_type(std::int64_t) {
  return H5T_STD_I64LE;
}
hid_t file_type(std::uint8_t) {
  return H5T_STD_U8LE;
}
hid_t memory_type(double) {
  return H5T_NATIVE_DOUBLE;
}
hid_t memory_type(std::int64_t) {
  return H5T_NATIVE_INT64;
}
hid_t memory_type(std::uint8_t) {
  return H5T_NATIVE_UINT8;
}

Handle dataspace(const std::vector<std::size_t>& shape) {
  if (shape.empty()) return {H5Screate(H5S_SCALAR), H5Sclose};
  const std::vector<hsize_t> extent(shape.begin(), shape.end());
  return {H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), H5Sclose};
}

class AttributeWriter {
 public:
  AttributeWriter(hid_t object, const char* name) : object_(object), name_(name) {}

  void operator()(const std::string& text) const {
    const char* pointer = text.c_str();
    const Handle type = text_type();
    put({}, type, type, &pointer);
  }
  void operator()(const std::vector<std::uint8_t>& values) const {
    put({values.size()}, H5T_STD_U8LE, H5T_NATIVE_UINT8, values.data());
  }
  template <typename Number>
  void operator()(Number value) const {
    put({}, file_type(value), memory_type(value), &value);
  }

 private:
  void put(const std::vector<std::size_t>& shape, hid_t file, hid_t memory, const void* data) const {
    const Handle space = dataspace(shape);
    const Handle attribute(H5Acreate2(object_, name_, file, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    check(H5Awrite(attribute, memory, data));
  }

  hid_t object_;
  const char* name_;
};

void write_attributes(hid_t object, const Attributes& attributes) {
  for (const auto& [name, value] : attributes) {
    if (is_reserved(name))
      throw std::invalid_argument("Dataset: the attribute name '" + name + "' is reserved");
    std::visit(AttributeWriter(object, name.c_str()), value);
  }
}

Handle creation_properties() {
  Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  check(H5Pset_obj_track_times(properties, false));
  check(H5Pset_attr_creation_order(properties, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED));
  return properties;
}

template <typename Number>
Handle put(hid_t group, const std::string& name, const std::vector<std::size_t>& shape,
           const std::vector<Number>& values, Packing packing) {
  const Handle properties = creation_properties();
  if (!shape.empty() && !values.empty()) {
    const auto chunk = chunk_shape(shape, sizeof(Number));
    check(H5Pset_chunk(properties, static_cast<int>(chunk.size()), chunk.data()));
    if (packing == Packing::compressed) {
      check(H5Pset_shuffle(properties));
      check(H5Pset_deflate(properties, kDeflateLevel));
    }
    check(H5Pset_fletcher32(properties));
  }
  Number fill{};
  if constexpr (std::is_same_v<Number, double>) {
    fill = std::numeric_limits<double>::quiet_NaN();
    check(H5Pset_fill_value(properties, H5T_NATIVE_DOUBLE, &fill));
  }
  const Handle space = dataspace(shape);
  Handle dataset(
      H5Dcreate2(group, name.c_str(), file_type(Number{}), space, H5P_DEFAULT, properties, H5P_DEFAULT),
      H5Dclose);
  constexpr bool as_in_file = std::endian::native == std::endian::little;
  if (as_in_file && packing == Packing::compressed && !shape.empty() && !values.empty()) {
    write_chunks(dataset, std::as_bytes(std::span(values)), shape, std::as_bytes(std::span(&fill, 1)));
  } else if (!values.empty()) {
    check(H5Dwrite(dataset, memory_type(Number{}), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()));
  }
  return dataset;
}

// Texts live in HDF5's global heap, out of reach of filters.
Handle put(hid_t group, const std::string& name, const std::vector<std::size_t>& shape,
           const std::vector<std::string>& values, Packing) {
  std::vector<const char*> pointers;
  for (const auto& value : values) pointers.push_back(value.c_str());
  const Handle type = text_type(), space = dataspace(shape), properties = creation_properties();
  Handle dataset(H5Dcreate2(group, name.c_str(), type, space, H5P_DEFAULT, properties, H5P_DEFAULT),
                 H5Dclose);
  if (!values.empty()) check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()));
  return dataset;
}

// A data set that occupies no space: only its extent is meant.
Handle put(hid_t group, const std::string& name, const std::vector<std::size_t>& shape, Index, Packing) {
  const Handle space = dataspace(shape), properties = creation_properties();
  return {H5Dcreate2(group, name.c_str(), H5T_IEEE_F32BE, space, H5P_DEFAULT, properties, H5P_DEFAULT),
          H5Dclose};
}

std::string scale_name(const Dimension& dimension) {
  if (!std::holds_alternative<Index>(dimension.coordinate)) return dimension.name;
  char length[24];
  std::snprintf(length, sizeof length, "%10zu", dimension.size());
  return std::string(unlabelled) + length;
}

}  // namespace

void write(hid_t file, const Dataset& dataset, Packing packing) {
  std::map<std::string, Handle> scales;
  for (const auto& dimension : dataset.dimensions) {
    Handle scale =
        std::visit([&](const auto& v) { return put(file, dimension.name, {dimension.size()}, v, packing); },
                   dimension.coordinate);
    check(H5DSset_scale(scale, scale_name(dimension).c_str()));
    write_attributes(scale, dimension.attributes);
    scales.emplace(dimension.name, std::move(scale));
  }
  for (const auto& variable : dataset.variables) {
    const Handle data = std::visit(
        [&](const auto& v) { return put(file, variable.name, dataset.shape(variable), v, packing); },
        variable.data);
    for (std::size_t d = 0; d < variable.dimensions.size(); ++d) {
      check(H5DSattach_scale(data, scales.at(variable.dimensions[d]), static_cast<unsigned>(d)));
    }
    if (std::holds_alternative<std::vector<double>>(variable.data)) {
      AttributeWriter(data, "_FillValue")(std::numeric_limits<double>::quiet_NaN());
    }
    write_attributes(data, variable.attributes);
  }
  write_attributes(file, dataset.attributes);
}

}  // namespace twostage::hdf5
