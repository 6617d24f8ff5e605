#include "results/store/content_hash.hpp"

#include <algorithm>
#include <bit>
#include <limits>

#include "results/store/sha256.hpp"

namespace twostage {
namespace {

static_assert(std::endian::native == std::endian::little, "the canonical form is little endian");
static_assert(std::numeric_limits<double>::is_iec559);

class CanonicalForm {
 public:
  void bytes(const void* data, std::size_t length) { hash_.update({static_cast<const char*>(data), length}); }
  void length(std::size_t n) {
    const std::uint64_t wide = n;
    bytes(&wide, sizeof wide);
  }
  void text(std::string_view text) {
    length(text.size());
    bytes(text.data(), text.size());
  }

  void values(const Index& index) {
    text("index");
    length(index.length);
  }
  void values(const std::vector<std::string>& values) {
    text("text");
    length(values.size());
    for (const auto& value : values) text(value);
  }
  void values(const std::vector<std::int64_t>& values) { array("int64", values); }
  void values(const std::vector<std::uint8_t>& values) { array("uint8", values); }
  void values(const std::vector<double>& values) {
    const auto is_nan = [](double x) { return x != x; };
    if (std::ranges::none_of(values, is_nan)) return array("double", values);
    auto canonical = values;
    std::ranges::replace_if(canonical, is_nan, std::bit_cast<double>(std::uint64_t{0x7ff8000000000000}));
    array("double", canonical);
  }

  std::string hex() { return hash_.hex(); }

 private:
  template <typename T>
  void array(std::string_view type, const std::vector<T>& values) {
    text(type);
    length(values.size());
    bytes(values.data(), values.size() * sizeof(T));
  }

  Sha256 hash_;
};

template <typename Item>
std::vector<const Item*> by_name(const std::vector<Item>& items) {
  std::vector<const Item*> sorted;
  for (const auto& item : items) sorted.push_back(&item);
  std::ranges::sort(sorted, {}, &Item::name);
  return sorted;
}

}  // namespace

std::string content_hash(const Dataset& dataset) {
  CanonicalForm form;
  form.text("twostage content 1");
  form.length(dataset.dimensions.size());
  for (const auto* dimension : by_name(dataset.dimensions)) {
    form.text(dimension->name);
    std::visit([&](const auto& v) { form.values(v); }, dimension->coordinate);
  }
  form.length(dataset.variables.size());
  for (const auto* variable : by_name(dataset.variables)) {
    form.text(variable->name);
    form.length(variable->dimensions.size());
    for (const auto& name : variable->dimensions) form.text(name);
    std::visit([&](const auto& v) { form.values(v); }, variable->data);
  }
  return form.hex();
}

}  // namespace twostage
