#include "experiments/runner/replicate/shared_work.hpp"

#include <algorithm>
#include <set>

#include "sim/preference/given_pairs.hpp"

namespace twostage {
namespace {

// All that the record of an arm depends on, but for the replicate: with the arm, if any, whose KL it is
// measured at.
std::string description(const Recipe& recipe, const ArmSpec& arm) {
  const auto fitted = [&](ArmSpec one) {  // whosever the sampler is
    one.sampler = sampler_of(recipe, one);
    return identity(one);
  };
  const Yardsticks& yardsticks = recipe.yardsticks;
  const auto of_kl = std::ranges::find(recipe.arms, yardsticks.kl_of, &ArmSpec::name);
  const std::string kl =
      of_kl == recipe.arms.end() ? to_text(at_kl_value(yardsticks)) + "\n" : fitted(*of_kl);
  return kl + to_text(yardsticks.reference_wins) + "\n" + identity(recipe.world) +
         std::to_string(recipe.pairs) + "\n" +
         prompt_set_names()[static_cast<std::size_t>(recipe.population)] + "\n" + fitted(arm);
}

double bytes_of(const DrawnPairs& pairs) {
  const std::size_t edges =
      pairs.data.chosen.size() + pairs.data.rejected.size() + pairs.table.completions.size();
  constexpr std::size_t of_row = 2 * sizeof(std::uint32_t) + 2 * sizeof(double);
  return static_cast<double>(edges * sizeof(EdgeId) + pairs.table.rows() * of_row);
}

// [point] a number for the pairs that it draws, if another point draws the same and none more or fewer of
// them: those grow along a strand.
std::vector<std::optional<std::size_t>> draws_of(const Study& study) {
  struct Draws {
    std::size_t number;
    std::int64_t pairs;
    bool one_size;
    std::size_t points;
  };
  std::map<std::string, Draws> known;
  std::vector<std::string> of_point;
  for (std::size_t point = 0; point < study.points(); ++point) {
    const Recipe recipe = recipe_at(study, point);
    of_point.push_back(gives_pairs(recipe.sampler) ? "" : identity(recipe.world) + identity(recipe.sampler));
    Draws& draws = known.emplace(of_point.back(), Draws{known.size(), recipe.pairs, true, 0}).first->second;
    draws.one_size &= draws.pairs == recipe.pairs;
    ++draws.points;
  }
  std::vector<std::optional<std::size_t>> out;
  for (const std::string& key : of_point) {
    const Draws& draws = known.at(key);
    const bool shared = !key.empty() && draws.one_size && draws.points > 1;
    out.push_back(shared ? std::optional(draws.number) : std::nullopt);
  }
  return out;
}

}  // namespace

SharedWork::SharedWork(const Study& study, const std::vector<Batch>& batches, double max_bytes)
    : arms_(study.recipe.arms.size()),
      work_(study.points() * arms_),
      draws_(draws_of(study)),
      max_bytes_(max_bytes) {
  std::map<std::string, std::size_t> known;
  std::set<std::size_t> predicted;
  for (std::size_t point = 0; point < study.points(); ++point) {
    const Recipe recipe = recipe_at(study, point);
    for (std::size_t arm = 0; arm < arms_; ++arm) {
      const std::size_t work =
          known.emplace(description(recipe, recipe.arms[arm]), known.size()).first->second;
      work_[point * arms_ + arm] = work;
      if (recipe.world.text("instance") == "fixed") predicted.insert(work);
    }
  }
  predictions_due_ = predicted.size();
  for (const Batch& batch : batches)
    for (std::size_t arm = 0; arm < arms_; ++arm) {
      Uses& uses = uses_[{work(batch.point, arm), batch.first}];
      ++uses.batches;
      uses.replicates = std::max(uses.replicates, batch.count);
    }
}

std::shared_ptr<const ArmRecord> SharedWork::record(const Batch& batch, std::size_t arm,
                                                    std::uint64_t replicate,
                                                    const std::function<ArmRecord()>& make) {
  const Key key{work(batch.point, arm), replicate};
  std::shared_ptr<Once<ArmRecord>> mine;
  {
    const std::lock_guard lock(mutex_);
    Kept& kept = records_[key];
    if (!kept.record) kept.record = std::make_shared<Once<ArmRecord>>();
    mine = kept.record;
    const auto expected = uses_.find({key.first, batch.first});
    if (++kept.asked >= (expected == uses_.end() ? 1 : expected->second.batches)) drop(key);
  }
  std::call_once(mine->flag, [&] {
    mine->value = make();
    const std::lock_guard lock(mutex_);
    ++made_;
    const auto kept = records_.find(key);
    if (kept == records_.end() || kept->second.record != mine) return;
    bytes_ += kept->second.bytes = static_cast<double>(mine->value.bytes());
    if (bytes_ + pairs_bytes_ > max_bytes_) drop(key);
  });
  return {mine, &mine->value};
}

void SharedWork::drop(const Key& key) {
  const auto kept = records_.find(key);
  bytes_ -= kept->second.bytes;
  records_.erase(kept);
}

std::shared_ptr<const Prediction> SharedWork::prediction(std::size_t point, std::size_t arm,
                                                         const std::function<Prediction()>& make) {
  std::shared_ptr<Once<Prediction>> mine;
  {
    const std::lock_guard lock(mutex_);
    auto& kept = predictions_[work(point, arm)];
    if (!kept) kept = std::make_shared<Once<Prediction>>();
    mine = kept;
  }
  std::call_once(mine->flag, [&] {
    mine->value = make();
    const std::lock_guard lock(mutex_);
    ++predictions_made_;
  });
  return {mine, &mine->value};
}

std::shared_ptr<const DrawnPairs> SharedWork::pairs(const Batch& batch, std::uint64_t replicate,
                                                    const std::function<DrawnPairs()>& make) {
  if (!draws_[batch.point]) return nullptr;
  const Key key{*draws_[batch.point], replicate};
  std::shared_ptr<Once<DrawnPairs>> mine;
  {
    const std::lock_guard lock(mutex_);
    const auto kept = pairs_.find(key);
    if (kept != pairs_.end())
      mine = kept->second;
    else if (pairs_full_)
      return nullptr;
    else
      mine = pairs_[key] = std::make_shared<Once<DrawnPairs>>();
  }
  std::call_once(mine->flag, [&] {
    mine->value = make();
    const std::lock_guard lock(mutex_);
    ++pairs_made_;
    const double bytes = bytes_of(mine->value);
    pairs_full_ = pairs_bytes_ + bytes > max_bytes_ / 2;
    if (pairs_full_)
      pairs_.erase(key);
    else
      pairs_bytes_ += bytes;
  });
  return {mine, &mine->value};
}

std::size_t SharedWork::pairs_made() const {
  const std::lock_guard lock(mutex_);
  return pairs_made_;
}

std::size_t SharedWork::predictions_made() const {
  const std::lock_guard lock(mutex_);
  return predictions_made_;
}

std::size_t SharedWork::due() const {
  std::size_t fits = 0;
  for (const auto& [key, uses] : uses_) fits += static_cast<std::size_t>(uses.replicates);
  return fits;
}

std::size_t SharedWork::made() const {
  const std::lock_guard lock(mutex_);
  return made_;
}

}  // namespace twostage
