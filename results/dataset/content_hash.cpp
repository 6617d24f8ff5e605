#include "results/dataset/content_hash.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "results/file/sha256.hpp"

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

  void attributes(const Attributes& attributes, bool (*left_out)(std::string_view)) {
    length(static_cast<std::size_t>(
        std::ranges::count_if(attributes, [&](const auto& item) { return !left_out(item.first); })));
    for (const auto& [name, value] : attributes) {
      if (left_out(name)) continue;
      text(name);
      std::visit([this](const auto& v) { single(v); }, value);
    }
  }

  std::string hex() { return hash_.hex(); }

 private:
  void single(const std::vector<std::uint8_t>& list) { values(list); }
  template <typename T>
  void single(const T& value) {
    values(std::vector<T>{value});
  }

  template <typename T>
  void array(std::string_view type, const std::vector<T>& values) {
    text(type);
    length(values.size());
    bytes(values.data(), values.size() * sizeof(T));
  }

  Sha256 hash_;
};

bool none(std::string_view) {
  return false;
}

template <typename Item>
std::vector<const Item*> by_name(const std::vector<Item>& items) {
  std::vector<const Item*> sorted;
  for (const auto& item : items) sorted.push_back(&item);
  std::ranges::sort(sorted, {}, &Item::name);
  return sorted;
}

}  // namespace

bool is_provenance(std::string_view attribute) {
  static constexpr std::array<std::string_view, 7> names = {"compiler",  "content_hash",   "flags", "history",
                                                            "libraries", "schema_version", "source"};
  return std::ranges::find(names, attribute) != names.end();
}

std::string content_hash(const Dataset& dataset) {
  CanonicalForm form;
  form.text("twostage content 2");
  form.length(dataset.dimensions.size());
  for (const auto* dimension : by_name(dataset.dimensions)) {
    form.text(dimension->name);
    std::visit([&](const auto& v) { form.values(v); }, dimension->coordinate);
    form.attributes(dimension->attributes, none);
  }
  form.length(dataset.variables.size());
  for (const auto* variable : by_name(dataset.variables)) {
    form.text(variable->name);
    form.length(variable->dimensions.size());
    for (const auto& name : variable->dimensions) form.text(name);
    std::visit([&](const auto& v) { form.values(v); }, variable->data);
    form.attributes(variable->attributes, none);
  }
  form.attributes(dataset.attributes, is_provenance);
  return form.hex();
}

}  // namespace twostage
