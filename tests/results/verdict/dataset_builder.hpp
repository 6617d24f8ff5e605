// A small result file in memory: axes horizon and pairs, replicates, three arms, and values given by a
// function.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "results/dataset/dataset.hpp"

namespace twostage::test {

struct Where {
  double horizon;
  double pairs;
  std::size_t replicate;
  std::size_t arm;
  std::size_t arm_b;
};

class Builder {
 public:
  explicit Builder(std::size_t replicates, std::vector<std::int64_t> horizons = {1, 2, 4},
                   std::vector<std::int64_t> pairs = {100, 400})
      : horizons_(std::move(horizons)), pairs_(std::move(pairs)), replicates_(replicates) {
    data_.dimensions = {{"horizon", horizons_},
                        {"pairs", pairs_},
                        {"replicate", Index{replicates}},
                        {"arm", std::vector<std::string>{"rm+plan", "dpo", "sft"}},
                        {"arm_b", std::vector<std::string>{"rm+plan", "dpo", "sft"}}};
    add<std::uint8_t>("status", {"replicate", "arm"}, [](const Where&) { return 0; });
  }

  // A variable over the axes and the given other dimensions, in the order of the file. Replaces one of that
  // name.
  template <typename Item = double>
  Builder& add(const std::string& name, const std::vector<std::string>& others,
               const std::function<double(const Where&)>& value) {
    const auto on = [&](std::string_view d) { return std::ranges::count(others, d) > 0; };
    Variable v{name, {"horizon", "pairs"}, std::vector<Item>{}, {}};
    v.dimensions.insert(v.dimensions.end(), others.begin(), others.end());
    auto& out = std::get<std::vector<Item>>(v.data);
    for (const auto h : horizons_)
      for (const auto p : pairs_)
        for (std::size_t r = 0; r < (on("replicate") ? replicates_ : 1); ++r)
          for (std::size_t a = 0; a < (on("arm") ? 3U : 1U); ++a)
            for (std::size_t b = 0; b < (on("arm_b") ? 3U : 1U); ++b)
              out.push_back(
                  static_cast<Item>(value({static_cast<double>(h), static_cast<double>(p), r, a, b})));
    std::erase_if(data_.variables, [&](const Variable& old) { return old.name == name; });
    data_.variables.push_back(std::move(v));
    return *this;
  }

  Dataset& data() { return data_; }
  const Dataset& data() const { return data_; }

 private:
  std::vector<std::int64_t> horizons_;
  std::vector<std::int64_t> pairs_;
  std::size_t replicates_;
  Dataset data_;
};

}  // namespace twostage::test
