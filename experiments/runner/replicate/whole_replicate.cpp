#include "experiments/runner/replicate/whole_replicate.hpp"

#include "experiments/runner/replicate/replicate.hpp"

namespace twostage {
namespace {

// Whatever the study keeps of it.
Columns every_column(Study study) {
  study.keep.clear();
  return columns_of(study);
}

std::vector<std::vector<double>> by_column(const std::vector<double>& values, std::size_t columns) {
  std::vector<std::vector<double>> out;
  const std::size_t each = columns == 0 ? 0 : values.size() / columns;
  for (std::size_t k = 0; k < columns; ++k)
    out.emplace_back(values.begin() + static_cast<std::ptrdiff_t>(k * each),
                     values.begin() + static_cast<std::ptrdiff_t>((k + 1) * each));
  return out;
}

}  // namespace

WholeReplicate run_whole_replicate(const Study& study, std::size_t index, std::int64_t number,
                                   double max_bytes) {
  const Point point(study, index, max_bytes);
  const auto r = static_cast<std::uint64_t>(number);
  WholeReplicate out{.point = point,
                     .number = number,
                     .setting = std::make_unique<Setting>(point, r),
                     .data = {},
                     .own_data = {},
                     .arms = {},
                     .columns = every_column(study),
                     .values = {},
                     .pairs = {}};
  const Batch batch{index, number, 1};
  ReplicateData data(*out.setting, r);
  GrowingData& of_all = data.of(out.setting->pairs);
  of_all.grow_to(point);
  ArmsSoFar so_far;
  const auto records = fit_arms(point, *out.setting, out.columns, batch, r, data, so_far, nullptr);
  BatchResult result = empty_batch(study, out.columns, batch);
  ReplicateNumbers numbers(result, out.columns, point.recipe().arms, 0);
  if (study.predictions) numbers.put(predict_arms(point, *out.setting, {}, batch, nullptr));
  out.setting->forget_forecasters();  // they refer to the point here
  numbers.put(out.measured(), records);
  for (const auto& record : records) out.arms.push_back(record->outcome);
  out.values = by_column(result.arm_values, out.columns.arm.size());
  out.pairs = by_column(result.pair_values, out.columns.pair.size());
  out.data = of_all.data();
  for (const ArmSpec& arm : point.recipe().arms)
    if (!arm.sampler.values().empty()) out.own_data.emplace(arm.name, data.of(arm).data());
  return out;
}

}  // namespace twostage
