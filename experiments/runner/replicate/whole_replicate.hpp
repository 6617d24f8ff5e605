// One replicate with everything in it, kept: what `explain` tells and stores. The same steps, streams and
// numbers as in a run.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "experiments/runner/replicate/arm_record.hpp"
#include "experiments/runner/replicate/point.hpp"
#include "results/file/atomic_write.hpp"

namespace twostage {

struct WholeReplicate {
  Point point;
  std::int64_t number;
  std::unique_ptr<Setting> setting;  // the world, its optimum, what the pairs are drawn from
  PreferenceData data;
  std::map<std::string, PreferenceData> own_data;  // of arms that state a sampler of their own
  std::vector<ArmOutcome> arms;
  Columns columns;
  std::vector<std::vector<double>> values;  // [column][arm]
  std::vector<std::vector<double>> pairs;   // [column][arm * arms + arm_b]

  const World& world() const { return setting->world; }
  // As its metrics see it.
  const World& measured() const { return setting->measured(point.recipe().population); }
  const SoftPlan& optimum() const { return setting->optimum; }
};

WholeReplicate run_whole_replicate(const Study& study, std::size_t point, std::int64_t number,
                                   double max_bytes);

// As a file from which anyone can compute everything again: experiments/runner/REPLICATE_FORMAT.md.
void save_replicate(const std::filesystem::path& path, const Study& study, const WholeReplicate& replicate,
                    Existing existing = Existing::replace);

}  // namespace twostage
