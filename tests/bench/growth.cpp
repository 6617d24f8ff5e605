#include "tests/bench/growth.hpp"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>

#include "experiments/runner/replicate/check_points.hpp"
#include "experiments/runner/replicate/strand.hpp"
#include "tests/bench/study_runs.hpp"
#include "tests/bench/target.hpp"
#include "tests/support/child.hpp"

namespace twostage::bench {
namespace {

using test::in_child;
using test::Peak;

Study study_of(const Law& law, std::int64_t size) {
  const auto with_size = [&](const char* text) {
    std::string out = text;
    if (const auto at = out.find("{}"); at != std::string::npos) out.replace(at, 2, std::to_string(size));
    return out;
  };
  return parse_study("scaling",
                     "title = 't'\nreplicates = 1\npredictions = false\nkeep = ['kl_to_reference']\n"
                     "penalty = { kind = 'reference-kl', lambda = 4.0 }\npairs = " +
                         with_size(law.pairs) + "\nworld = { " + with_size(law.world) + " }\n[[arms]]\n" +
                         "name = 'arm'\n" + with_size(law.arm) + "\n",
                     "scaling.toml", "", {});
}

double number(const Law& law, std::int64_t size) {
  return law.exponent ? std::exp2(static_cast<double>(size)) : static_cast<double>(size);
}

Size measured(const Law& law, std::int64_t size) {
  const Study study = study_of(law, size);
  const Columns columns = columns_of(study);
  malloc_trim(0);  // a child finds no memory ready that earlier work left
  const auto work = [&]() -> Size {
    Size out;
    const auto replicate = [&] {
      const double before = processor_seconds();
      out.status = static_cast<ArmStatus>(run_batch(study, columns, {0, 0, 1}, 1e18)->status[0]);
      return processor_seconds() - before;
    };
    const Peak peak = test::peak_of([&] { out.seconds = replicate(); });
    out.bytes = peak.work;
    double spent = 0;  // again: small and large ones find their memory and code alike
    for (int round = 0; !quick() && (round < 2 || spent < 0.1); ++round) {
      const double again = replicate();
      out.seconds = std::min(out.seconds, again);
      spent += again;
    }
    return out;
  };
  std::optional<Size> out = in_child<Size>(work);
  if (!out) throw std::runtime_error(fmt::format("{} = {}: the replicate failed", law.what, size));
  out->size = number(law, size);
  return *out;
}

// Why the program refuses a size with a gigabyte for a replicate; empty where it takes it.
std::string refusal(const Law& law, std::int64_t size) {
  using Text = std::array<char, 200>;
  const auto text = in_child<Text>([&] {
    Text out{};
    try {
      const Study study = study_of(law, size);
      check_points(study, columns_of(study), 1e9);
    } catch (const InputError& error) {
      std::string_view why = error.what();
      why.remove_prefix(why.find(": ") + 2);  // the place
      why.substr(0, why.find_first_of(":;")).copy(out.data(), out.size() - 1);
    }
    return out;
  });
  return text ? text->data() : "the check failed";
}

std::int64_t twice(const Law& law, std::int64_t size) {
  return law.exponent ? size + 1 : std::min(2 * size, law.last);
}

// In words, of sizes that take too long: the first that is refused, as far as checks are quick.
std::string refused_beyond(const Law& law, std::int64_t size) {
  using Clock = std::chrono::steady_clock;
  for (auto start = Clock::now(); size < law.last && Clock::now() - start < std::chrono::seconds(1);) {
    size = twice(law, size);
    start = Clock::now();
    if (const std::string why = refusal(law, size); !why.empty())
      return fmt::format("none larger timed, refused at {:.0f}: {}", number(law, size), why);
  }
  return size < law.last ? fmt::format("none larger timed, not refused up to {:.0f}", number(law, size))
                         : fmt::format("none larger timed, not refused up to {:.0f}, the most of a world",
                                       number(law, size));
}

Growth growth(const Law& law) {
  const double enough = quick() ? 0 : 0.15;  // seconds of a replicate
  Growth out;
  std::int64_t size = law.first;
  for (;; size = twice(law, size)) {
    if (out.end = refusal(law, size); !out.end.empty()) break;
    out.sizes.push_back(measured(law, size));
    const Size& last = out.sizes.back();
    if (last.status != ArmStatus::ok && out.unconverged == 0) out.unconverged = last.size;
    if (size == law.last) out.end = "no world has more";
    if (last.seconds > enough && out.sizes.size() > 1) out.end = refused_beyond(law, size);
    if (!out.end.empty()) break;
  }
  return out;
}

}  // namespace

const Growth& growth_of(const Law& law) {
  static std::map<const Law*, Growth> known;
  auto found = known.find(&law);
  if (found == known.end()) found = known.emplace(&law, growth(law)).first;
  if (found->second.sizes.empty()) throw std::runtime_error(std::string(law.what) + ": " + found->second.end);
  return found->second;
}

double slope(const std::vector<Size>& sizes, double Size::*of) {
  const std::size_t count = std::min<std::size_t>(4, sizes.size());
  double x = 0, y = 0, xx = 0, xy = 0;
  for (const Size& size : std::span(sizes).last(count)) {
    const double u = std::log(size.size), v = std::log(std::max(size.*of, 1e-9));
    x += u, y += v, xx += u * u, xy += u * v;
  }
  const auto n = static_cast<double>(count);
  return count < 2 ? 0 : (n * xy - x * y) / (n * xx - x * x);
}

}  // namespace twostage::bench
