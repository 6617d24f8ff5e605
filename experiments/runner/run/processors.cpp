#include "experiments/runner/run/processors.hpp"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>
#include <thread>

namespace twostage {
namespace {

namespace fs = std::filesystem;

constexpr int kAny = std::numeric_limits<int>::max();

int of_affinity() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (sched_getaffinity(0, sizeof mask, &mask) == 0) return CPU_COUNT(&mask);
  return static_cast<int>(std::thread::hardware_concurrency());  // more than the mask has room for
}

int of_slurm() {
  const char* said = std::getenv("SLURM_CPUS_PER_TASK");
  const std::string_view text = said ? said : "";
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  return error == std::errc() && end == text.data() + text.size() && count > 0 ? count : kAny;
}

int processors(double quota, double period) {
  if (!(quota > 0) || !(period > 0) || quota / period > 1e6) return kAny;
  return static_cast<int>(std::ceil(quota / period));
}

// "max 100000" or "150000 100000"; no quota where there is no such file.
int of_version_2(const fs::path& group) {
  std::ifstream file(group / "cpu.max");
  double quota = 0, period = 0;
  return file >> quota >> period ? processors(quota, period) : kAny;
}

int of_version_1(const fs::path& group) {
  std::ifstream quotas(group / "cpu.cfs_quota_us"), periods(group / "cpu.cfs_period_us");
  double quota = 0, period = 0;
  return quotas >> quota && periods >> period ? processors(quota, period) : kAny;
}

// Of a group and all above it. Inside a container its path may be one of the outer system, which is not
// there; the groups above it that are there are asked.
template <typename Quota>
int smallest(const fs::path& top, fs::path group, const Quota& quota) {
  int least = quota(top);
  for (group = group.relative_path(); !group.empty(); group = group.parent_path())
    least = std::min(least, quota(top / group));
  return least;
}

int of_control_groups(const ProcessorSources& sources) {
  int least = kAny;
  std::ifstream lines(sources.membership);
  // Lines "0::/a/b" (version 2) and "4:cpu,cpuacct:/a/b" (version 1).
  for (std::string line; std::getline(lines, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path group = line.substr(second + 1);
    if (controllers.empty()) least = std::min(least, smallest(sources.groups, group, of_version_2));
    if (controllers == "cpu" || controllers.starts_with("cpu,") || controllers.ends_with(",cpu") ||
        controllers.find(",cpu,") != std::string::npos)
      least = std::min(least, smallest(sources.groups / "cpu", group, of_version_1));
  }
  return least;
}

}  // namespace

int usable_processors(const ProcessorSources& sources) {
  return std::max(1, std::min({of_affinity(), of_slurm(), of_control_groups(sources)}));
}

}  // namespace twostage
