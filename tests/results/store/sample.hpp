// A dataset with every type the store knows, a folder that cleans up after itself, and an exact comparison.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>

#include "results/dataset/dataset.hpp"

namespace twostage {

inline Dataset sample() {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  constexpr double inf = std::numeric_limits<double>::infinity();
  Dataset d;
  d.dimensions = {
      {"horizon", std::vector<std::int64_t>{1, 2, -3}, {{"long_name", std::string("Horizon")}}},
      {"lambda", std::vector<double>{0.1, 4.0}, {}},
      {"replicate", std::vector<std::int64_t>{0, 1, 2, 3}, {}},
      {"arm", std::vector<std::string>{"rm+plan", "dpo", ""}, {}},
      {"edge", Index{5}, {{"long_name", std::string("Edge of the token graph")}}},
  };
  std::vector<double> regret(3 * 2 * 4 * 3);
  for (std::size_t i = 0; i < regret.size(); ++i) regret[i] = 1.0 / static_cast<double>(i + 1);
  regret[3] = nan;
  regret[4] = -inf;
  regret[5] = -0.0;
  regret[6] = std::numeric_limits<double>::denorm_min();
  std::vector<std::uint8_t> status(regret.size(), 0);
  status[3] = 1;
  status.back() = 255;
  d.variables = {
      {"regret",
       {"horizon", "lambda", "replicate", "arm"},
       regret,
       {{"long_name", std::string("Regret")},
        {"units", std::string("reward")},
        {"definition", std::string("J(π*) − J(π)")}}},
      {"status",
       {"horizon", "lambda", "replicate", "arm"},
       status,
       {{"flag_values", std::vector<std::uint8_t>{0, 1, 2, 3, 255}},
        {"flag_meanings", std::string("ok not_converged non_finite failed not_run")}}},
      {"parameters", {"horizon", "arm"}, std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7, 8, 1LL << 62}, {}},
      {"edge_reward", {"edge"}, std::vector<double>{1, 2, 3, 4, 5}, {}},
      {"label", {"arm"}, std::vector<std::string>{"naïve, \"quoted\"", "", "two\nlines"}, {}},
      {"configuration", {}, std::vector<std::string>{"title = \"walk\"\nbeta = 1.0\n"}, {}},
      {"kappa", {}, std::vector<double>{0.02}, {{"limit", 0.02}, {"count", std::int64_t{7}}}},
  };
  d.attributes = {{"title", std::string("The gap closes")},
                  {"Conventions", std::string("CF-1.8")},
                  {"config_hash", std::string("abc")}};
  return d;
}

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "twostage-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::filesystem::path path_;
};

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void put_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace twostage
