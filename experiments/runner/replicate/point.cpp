#include "experiments/runner/replicate/point.hpp"

#include "sim/preference/given_pairs.hpp"

namespace twostage {

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

Setting::Setting(const Point& point, std::uint64_t replicate) : world(point.make(replicate)) {
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
  policies = make_pair_policies(point.recipe().sampler, world, optimum);
  if (!point.gives_pairs()) drawer.emplace(world, policies.log_first, policies.log_second);
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
  if (!setting_.drawer) {
    data_ = given_pairs(point.recipe().sampler, setting_.world, pairs);
    table_ = std::make_shared<const PairTable>(tabulate(data_));
    return;
  }
  if (!tabulation_) {
    data_ = setting_.drawer->none();
    tabulation_.emplace(data_.horizon);
  }
  setting_.drawer->extend(data_, pairs, point.source(), replicate_, point.instance(replicate_));
  tabulation_->add(data_);
  table_ = {std::shared_ptr<void>(), &tabulation_->table()};  // as long as this lives
}

DrawnPairs GrowingData::drawn(const Point& point) const {
  DrawnPairs out{.data = setting_.drawer->none(), .table = {}};
  setting_.drawer->extend(out.data, static_cast<std::size_t>(point.recipe().pairs), point.source(),
                          replicate_, point.instance(replicate_));
  out.table = tabulate(out.data);
  return out;
}

void GrowingData::take(std::shared_ptr<const DrawnPairs> pairs) {
  taken_ = std::move(pairs);
  table_ = {taken_, &taken_->table};
}

}  // namespace twostage
