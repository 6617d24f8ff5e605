#include "experiments/runner/replicate/point.hpp"

#include "sim/preference/given_pairs.hpp"

namespace twostage {
namespace {

SoftPlan optimum_of(const World& world) {
  SoftPlan out;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, out);
  return out;
}

}  // namespace

Point::Point(const Study& study, std::size_t index, double max_bytes)
    : recipe_(recipe_at(study, index)),
      source_(static_cast<std::uint64_t>(study.seed), study.name),
      fixed_(recipe_.world.text("instance") == "fixed"),
      number_(static_cast<std::uint64_t>(recipe_.world.integer("number"))),
      max_bytes_(max_bytes) {}

World Point::make(std::uint64_t replicate) const {
  return make_world(recipe_.world, {source_, instance(replicate)}, max_bytes_);
}

bool Point::gives_pairs() const {
  return twostage::gives_pairs(recipe_.sampler);
}

PairSource::PairSource(const Settings& sampler, const World& world, const SoftPlan& optimum)
    : policies(make_pair_policies(sampler, world, optimum)) {
  if (!twostage::gives_pairs(sampler)) drawer.emplace(world, policies.log_first, policies.log_second);
}

Setting::Setting(const Point& point, std::uint64_t replicate)
    : world(point.make(replicate)),
      optimum(optimum_of(world)),
      pairs(point.recipe().sampler, world, optimum) {}

PairSource& Setting::pairs_of(const ArmSpec& arm) {
  if (arm.sampler.values().empty()) return pairs;
  return of_arms_.try_emplace(identity(arm.sampler), arm.sampler, world, optimum).first->second;
}

void Setting::forget_forecasters() {
  pairs.forecasters.clear();
  for (auto& [sampler, source] : of_arms_) source.forecasters.clear();
}

const World& Setting::measured(PromptSet population) {
  if (population == PromptSet::train) return world;
  const auto there = elsewhere_.find(population);
  if (there != elsewhere_.end()) return there->second;
  return elsewhere_.emplace(population, measured_world(world, population)).first->second;
}

void GrowingData::grow_to(const Point& point) {
  const auto pairs = static_cast<std::size_t>(point.recipe().pairs);
  if (taken_ && taken_->data.size() == pairs) return;
  taken_.reset();
  if (!source_.drawer) {
    data_ = given_pairs(point.recipe().sampler, setting_.world, pairs);
    table_ = std::make_shared<const PairTable>(tabulate(data_));
    return;
  }
  if (!tabulation_) {
    data_ = source_.drawer->none();
    tabulation_.emplace(setting_.world.graph);
  }
  source_.drawer->extend(data_, pairs, point.source(), replicate_, point.instance(replicate_));
  tabulation_->add(data_);
  table_ = {std::shared_ptr<void>(), &tabulation_->table()};  // as long as this lives
}

DrawnPairs GrowingData::drawn(const Point& point) const {
  DrawnPairs out{.data = source_.drawer->none(), .table = {}};
  source_.drawer->extend(out.data, static_cast<std::size_t>(point.recipe().pairs), point.source(), replicate_,
                         point.instance(replicate_));
  out.table = tabulate(out.data, setting_.world.graph);
  return out;
}

void GrowingData::take(std::shared_ptr<const DrawnPairs> pairs) {
  taken_ = std::move(pairs);
  table_ = {taken_, &taken_->table};
}

GrowingData& ReplicateData::of(const PairSource& source) {
  return sets_.try_emplace(&source, setting_, source, replicate_).first->second;
}

}  // namespace twostage
