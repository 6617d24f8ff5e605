#include "experiments/runner/study/study_size.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace twostage {
namespace {

// "horizon 1000, pairs 400"
std::string lengths(const Study& study) {
  std::string out;
  for (const Axis& axis : study.axes)
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", axis.name, axis.values.size());
  return out;
}

}  // namespace

void check_size(const Study& study) {
  double points = 1;  // a double holds any product, and these exactly up to where they are refused
  for (const Axis& axis : study.axes) points *= static_cast<double>(axis.values.size());
  if (points > kMostPoints) {
    const auto longest =
        std::ranges::max_element(study.axes, {}, [](const Axis& axis) { return axis.values.size(); });
    fail_at(
        longest->places.front(), longest->name,
        fmt::format("the axes cross to {:.10g} points, and a study has at most {}: shorten them (values: {})",
                    points, kMostPoints, lengths(study)));
  }
  const std::int64_t most = std::max(study.replicates, study.precision ? study.precision->cap : 0);
  const auto batches = [&](std::int64_t batch) {
    return static_cast<std::int64_t>(points) * ((most + batch - 1) / batch);
  };
  if (batches(study.batch) <= kMostBatches) return;
  const std::int64_t per_point = kMostBatches / static_cast<std::int64_t>(points);
  const std::string key = most == study.replicates ? "replicates" : "precision.cap";
  fail_at(
      place_of(study, key, 0), key,
      fmt::format("{} points x {} replicates in batches of {} make {} batches, and a study has at most {}: "
                  "lower {} to {}, or raise batch to {}",
                  points, most, study.batch, batches(study.batch), kMostBatches, key, per_point * study.batch,
                  (most + per_point - 1) / per_point));
}

}  // namespace twostage
