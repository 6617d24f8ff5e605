#include "results/store/layout_guard.hpp"

#include <limits>
#include <stdexcept>
#include <vector>

#include "results/store/handle.hpp"

namespace twostage::hdf5 {
namespace {

constexpr std::size_t greatest_shrinking = 1100;
constexpr std::size_t small = 4096;  // bytes, of arrays that were never written
constexpr std::size_t longest_attribute = 65536;

std::size_t rank_of(hid_t dataset) {
  const Handle space(H5Dget_space(dataset), H5Sclose);
  return static_cast<std::size_t>(check(H5Sget_simple_extent_ndims(space)));
}

// DIMENSION_LIST: for each axis a list of references to scales.
class DimensionList {
 public:
  DimensionList(hid_t dataset, const std::string& owner)
      : attribute_(H5Aopen(dataset, "DIMENSION_LIST", H5P_DEFAULT), H5Aclose),
        space_(H5Aget_space(attribute_), H5Sclose),
        type_(H5Tvlen_create(H5T_STD_REF_OBJ), H5Tclose) {
    const Handle there(H5Aget_type(attribute_), H5Tclose);
    if (element_count(space_) != rank_of(dataset) || check(H5Tequal(there, type_)) == 0)
      fail(owner + " has a broken list of dimension scales");
    lists_.resize(element_count(space_));
    check(H5Aread(attribute_, type_, lists_.data()));
  }
  ~DimensionList() { H5Dvlen_reclaim(type_, space_, H5P_DEFAULT, lists_.data()); }
  DimensionList(const DimensionList&) = delete;
  DimensionList& operator=(const DimensionList&) = delete;

  const hobj_ref_t* first(unsigned axis) const {
    return lists_[axis].len > 0 ? static_cast<const hobj_ref_t*>(lists_[axis].p) : nullptr;
  }

 private:
  Handle attribute_, space_, type_;
  std::vector<hvl_t> lists_;
};

}  // namespace

std::size_t element_count(hid_t space) {
  return static_cast<std::size_t>(check(H5Sget_simple_extent_npoints(space)));
}

void expect_own(const H5L_info_t& info, const std::string& name) {
  if (info.type != H5L_TYPE_HARD) fail("'" + name + "' is a link to elsewhere, no object of this file");
}

void expect_storage(hid_t dataset, const std::string& owner) {
  const Handle properties(H5Dget_create_plist(dataset), H5Pclose);
  if (check(H5Pget_layout(properties)) == H5D_VIRTUAL || check(H5Pget_external_count(properties)) > 0)
    fail(owner + " has its values in another file");
  const Handle type(H5Dget_type(dataset), H5Tclose), space(H5Dget_space(dataset), H5Sclose);
  const std::size_t count = element_count(space), width = H5Tget_size(type);
  const std::size_t stored = static_cast<std::size_t>(H5Dget_storage_size(dataset));
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
  const std::size_t room =
      stored > (most - small) / greatest_shrinking ? most : stored * greatest_shrinking + small;
  if (width == 0 || count > room / width)
    fail(owner + " says that it holds " + std::to_string(count) + " values, which its " +
         std::to_string(stored) + " bytes in the file cannot be");
}

void expect_attribute_size(hid_t space, const std::string& owner) {
  if (const std::size_t count = element_count(space); count > longest_attribute)
    fail(owner + " says that it holds " + std::to_string(count) + " values; at most " +
         std::to_string(longest_attribute) + " make sense");
}

std::string scale_of(hid_t dataset, unsigned axis, const std::string& owner) {
  const std::string place = "axis " + std::to_string(axis) + " of " + owner;
  if (check(H5Aexists(dataset, "DIMENSION_LIST")) == 0) fail(place + " has no name (no dimension scale)");
  const DimensionList list(dataset, owner);
  const hobj_ref_t* reference = list.first(axis);
  if (!reference) fail(place + " has no name (no dimension scale)");
  const Handle scale(H5Rdereference2(dataset, H5P_DEFAULT, H5R_OBJECT, reference), H5Oclose);
  const auto length = check(H5Iget_name(scale, nullptr, 0));
  std::string name(static_cast<std::size_t>(length) + 1, '\0');
  check(H5Iget_name(scale, name.data(), name.size()));
  name.pop_back();
  if (name.rfind('/') != 0) fail(place + " has its scale elsewhere ('" + name + "')");
  return name.substr(1);
}

}  // namespace twostage::hdf5
