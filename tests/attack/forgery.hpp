// Files that somebody made to deceive: results and batches of the small study, changed and stamped anew, so
// that hash and seal agree with what they say and the checks behind them are reached.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "experiments/runner/result/result_file.hpp"
#include "results/file/seal.hpp"
#include "results/file/sha256.hpp"
#include "results/store/store.hpp"
#include "tests/support/small_study.hpp"

namespace twostage::test {

// Without its last line: what is left of the seal when another program rewrites a file.
inline std::string unsealed(const std::string& bytes) {
  return bytes.substr(0, bytes.size() - std::string("twostage sha256 ").size() - 65);
}

template <typename T>
std::vector<T>& values_of(Variable& variable) {
  return std::get<std::vector<T>>(variable.data);
}

inline Variable& variable_of(Dataset& data, const std::string& name) {
  const auto it = std::ranges::find(data.variables, name, &Variable::name);
  if (it == data.variables.end()) throw std::logic_error("the result has no '" + name + "'");
  return *it;
}

inline Dimension& dimension_of(Dataset& data, const std::string& name) {
  const auto it = std::ranges::find(data.dimensions, name, &Dimension::name);
  if (it == data.dimensions.end()) throw std::logic_error("the result has no '" + name + "'");
  return *it;
}

// The configuration with one text replaced by another, under its own hash.
inline void reconfigure(Dataset& data, const std::string& from, const std::string& to) {
  std::string& text = values_of<std::string>(variable_of(data, "configuration")).at(0);
  const auto at = text.find(from);
  if (at == std::string::npos) throw std::logic_error("the configuration does not hold '" + from + "'");
  text.replace(at, from.size(), to);
  data.attributes["config_hash"] = sha256(text);
}

// Keeps the first `length` coordinates of a dimension, and no more than that of every variable on it.
inline void shorten(Dataset& data, const std::string& name, std::size_t length) {
  for (Variable& variable : data.variables) {
    const auto on = std::ranges::find(variable.dimensions, name);
    if (on == variable.dimensions.end()) continue;
    const std::vector<std::size_t> shape = data.shape(variable);
    const auto d = on - variable.dimensions.begin();
    const std::size_t inner = volume({shape.begin() + d + 1, shape.end()});
    const std::size_t whole = shape[static_cast<std::size_t>(d)];
    std::visit(
        [&](auto& values) {
          std::decay_t<decltype(values)> kept;
          for (std::size_t i = 0; i < values.size(); ++i)
            if (i / inner % whole < length) kept.push_back(values[i]);
          values = std::move(kept);
        },
        variable.data);
  }
  std::visit(
      [&](auto& values) {
        if constexpr (std::is_same_v<std::decay_t<decltype(values)>, Index>)
          values.length = length;
        else
          values.resize(length);
      },
      dimension_of(data, name).coordinate);
}

// As if the dimension had never been there.
inline void drop(Dataset& data, const std::string& name) {
  shorten(data, name, 1);
  for (Variable& variable : data.variables) std::erase(variable.dimensions, name);
  std::erase_if(data.dimensions, [&](const Dimension& d) { return d.name == name; });
}

// The small study, run once for all tests of a suite.
class Forgery : public SmallStudy {
 protected:
  static void SetUpTestSuite() {
    const ScratchFolder folder;
    write_text(folder / "small.toml", kSmallStudy);
    const auto make = [&](std::vector<std::string> more) {
      more.insert(more.begin(), {"run", "small.toml", "--preset", "smoke", "--out", "r.h5", "--force"});
      const Outcome ran = run(folder.path(), TWOSTAGE_PROGRAM, more);
      if (ran.code != 0) throw std::runtime_error(ran.err);
      return read_text(folder / "r.h5");
    };
    whole_ = make({});
    shard_ = make({"--shard", "1/2"});
  }
  void SetUp() override {
    SmallStudy::SetUp();
    write_text(folder / "whole.h5", whole_);
    write_text(folder / "shard.h5", shard_);
  }

  // `from`, changed and stamped anew.
  std::filesystem::path forged(const std::function<void(Dataset&)>& change,
                               const std::string& from = "whole.h5", const std::string& name = "forged.h5") {
    Dataset data = read_dataset(folder / from);
    change(data);
    write_dataset(folder / name, data);
    return folder / name;
  }

  // The reader names the file and what is wrong.
  static void expect_unread(const std::filesystem::path& file, const std::string& says) {
    using testing::AllOf, testing::HasSubstr, testing::ThrowsMessage;
    EXPECT_THAT([&] { read_result(file); },
                ThrowsMessage<InputError>(AllOf(HasSubstr(file.filename().string()), HasSubstr(says))));
  }

 private:
  inline static std::string whole_, shard_;
};

}  // namespace twostage::test
