#include "experiments/runner/replicate/strand.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

#include "experiments/runner/replicate/replicate.hpp"
#include "sim/numerics/interruption.hpp"

namespace twostage {
namespace {

// Pairs, then the steps of all courses: what grows along a strand. Points that spend the same are measured on
// different prompts or against different yardsticks.
std::pair<std::int64_t, std::int64_t> budget_of(const Recipe& recipe) {
  std::int64_t steps = 0;
  for (const ArmSpec& arm : recipe.arms)
    if (!arm.course.values().empty()) steps += arm.course.integer("steps");
  return {recipe.pairs, steps};
}

}  // namespace

std::vector<Strand> strands_of(const Study& study, const std::vector<Batch>& batches, std::size_t least) {
  std::vector<std::string> setting;  // of each point: all but what is spent
  std::vector<std::int64_t> pairs;
  for (std::size_t point = 0; point < study.points(); ++point) {
    const Recipe recipe = recipe_at(study, point);
    setting.push_back(identity_but_budget(recipe));
    pairs.push_back(recipe.pairs);
  }
  // Of one course: never taken apart, since all of its steps cost what the most do.
  using Course = std::tuple<std::string_view, std::int64_t, std::int64_t, std::int64_t>;
  const auto course_of = [&](const Batch& batch) {
    return Course{setting[batch.point], batch.first, batch.count, pairs[batch.point]};
  };
  std::set<Course> courses;
  for (const Batch& batch : batches) courses.insert(course_of(batch));
  const std::size_t most = std::max<std::size_t>(1, courses.size() / std::max<std::size_t>(1, least));

  struct Open {
    std::size_t strand;
    std::size_t courses;
  };
  std::map<std::tuple<std::string_view, std::int64_t, std::int64_t>, Open> open;  // to be continued
  std::map<Course, std::size_t> strand_of;
  std::vector<Strand> out;
  for (const Batch& batch : batches) {
    const auto [mine, begins] = strand_of.try_emplace(course_of(batch), out.size());
    if (begins) {
      const auto [found, fresh] =
          open.try_emplace({setting[batch.point], batch.first, batch.count}, Open{out.size(), 0});
      if (found->second.courses == most) found->second = {out.size(), 0};
      ++found->second.courses;
      mine->second = found->second.strand;
      if (mine->second == out.size()) out.push_back({});
    }
    out[mine->second].push_back(batch);
  }
  return out;
}

std::optional<std::vector<BatchResult>> run_strand(const Study& study, const Columns& columns,
                                                   const Strand& strand, double max_bytes, SharedWork* shared,
                                                   const std::function<bool()>& stop) {
  // Predictions and measures ask, too.
  const num::Interruptible meanwhile([&] {
    if (stop()) throw Stopped{};
  });
  std::vector<Point> points;
  std::vector<BatchResult> out;
  std::vector<std::size_t> ascending;  // by what they spend
  for (const Batch& batch : strand) {
    ascending.push_back(points.size());
    points.emplace_back(study, batch.point, max_bytes);
    out.push_back(empty_batch(study, columns, batch));
  }
  std::ranges::stable_sort(ascending, {}, [&](std::size_t k) { return budget_of(points[k].recipe()); });
  const Point& any = points.front();
  const bool measures_again = std::ranges::any_of(
      points, [&](const Point& point) { return !measured_alike(point.recipe(), any.recipe()); });
  const std::optional<PredictionParts> parts = predicted_parts(columns);
  std::optional<Setting> setting;
  std::vector<std::vector<Prediction>> predictions(strand.size());
  for (std::size_t i = 0; i < static_cast<std::size_t>(strand.front().count); ++i) {
    const auto replicate = static_cast<std::uint64_t>(strand.front().first) + i;
    std::optional<ReplicateData> data;
    ArmsSoFar so_far{.measures_again = measures_again};
    for (const std::size_t k : ascending) {
      if (stop()) return std::nullopt;
      ReplicateNumbers numbers(out[k], columns, points[k].recipe().arms, i);
      try {
        if (!setting || (k == ascending.front() && !any.shares_world())) {
          data.reset();
          so_far = {.measures_again = measures_again};
          setting.emplace(any, replicate);
          for (auto& old : predictions) old.clear();
        }
        if (!data) data.emplace(*setting, replicate);
        if (parts && predictions[k].empty())
          predictions[k] = predict_arms(points[k], *setting, *parts, strand[k], shared);
        numbers.put(predictions[k]);
        numbers.put(
            setting->measured(points[k].recipe().population),
            fit_arms(points[k], *setting, columns, strand[k], replicate, *data, so_far, shared, stop));
      } catch (const Stopped&) {
        return std::nullopt;
      } catch (const std::exception& error) {
        numbers.put_error("", error.what());
      }
    }
  }
  return out;
}

std::optional<BatchResult> run_batch(const Study& study, const Columns& columns, const Batch& batch,
                                     double max_bytes, SharedWork* shared,
                                     const std::function<bool()>& stop) {
  auto results = run_strand(study, columns, {batch}, max_bytes, shared, stop);
  if (!results) return std::nullopt;
  return std::move(results->front());
}

}  // namespace twostage
