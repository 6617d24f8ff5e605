// A point of the axes made ready: its resolved recipe, and what is drawn there.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "experiments/runner/replicate/drawn_pairs.hpp"
#include "experiments/runner/replicate/forecaster.hpp"
#include "experiments/runner/study/study.hpp"
#include "sim/algorithm/existence_record.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/preference/pair_drawer.hpp"
#include "sim/preference/pair_sampler.hpp"

namespace twostage {

class Point {
 public:
  // `max_bytes`: what one world may take. InputError when a knob does not fit or the world is too large.
  Point(const Study& study, std::size_t index, double max_bytes);

  const Recipe& recipe() const { return recipe_; }
  RandomSource source() const { return source_; }
  bool shares_world() const { return fixed_; }  // one for all replicates
  std::uint64_t instance(std::uint64_t replicate) const { return fixed_ ? number_ : replicate; }
  World make(std::uint64_t replicate) const;
  bool gives_pairs() const;  // the study states the pairs: none are drawn

 private:
  Recipe recipe_;
  RandomSource source_;
  bool fixed_;
  std::uint64_t number_;  // of the fixed world
  double max_bytes_;
};

// What pairs are drawn from in a world, which is referred to.
struct PairSource {
  PairPolicies policies;
  std::optional<PairDrawer> drawer;  // none where pairs are given; refers to the policies
  // Theory's word on arms that have these pairs, by what is measured; once it is asked, for the arms of the
  // point that asks first: points of a strand have the same.
  std::map<PromptSet, Forecaster> forecasters;

  PairSource(const Settings& sampler, const World& world, const SoftPlan& optimum);
  PairSource(const PairSource&) = delete;
  PairSource& operator=(const PairSource&) = delete;
};

// A world with what follows from it alone: kept from one replicate to the next when they share it. Referred
// to, so it stays where it is.
struct Setting {
  World world;
  SoftPlan optimum;  // pi* of the true reward
  PairSource pairs;  // of all arms that state no sampler of their own

  // What the pairs of an arm are drawn from: those, or those of its own sampler.
  PairSource& pairs_of(const ArmSpec& arm);
  void forget_forecasters();
  // The world as metrics of a population see it (sim/world/prompt_set.hpp), made when it is first asked for.
  const World& measured(PromptSet population);

  Setting(const Point& point, std::uint64_t replicate);
  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;

 private:
  std::map<std::string, PairSource> of_arms_;  // by the identity of the sampler
  std::map<PromptSet, World> elsewhere_;
};

// The data of a replicate and their table, which grow from the fewest pairs of a strand to the most.
class GrowingData {
 public:
  GrowingData(const Setting& setting, const PairSource& source, std::uint64_t replicate)
      : setting_(setting), source_(source), replicate_(replicate) {}

  // As many pairs as the point asks for, no fewer than before.
  void grow_to(const Point& point);
  // The same for the first of the points, of pairs that another strand may have drawn.
  bool empty() const { return !taken_ && data_.size() == 0; }
  DrawnPairs drawn(const Point& point) const;
  void take(std::shared_ptr<const DrawnPairs> pairs);

  const PreferenceData& data() const { return taken_ ? taken_->data : data_; }
  const std::shared_ptr<const PairTable>& table() const { return table_; }
  ExistenceRecord& existence() { return existence_; }

 private:
  const Setting& setting_;
  const PairSource& source_;
  std::uint64_t replicate_;
  std::shared_ptr<const DrawnPairs> taken_;  // instead of data of its own
  PreferenceData data_;
  std::optional<Tabulation> tabulation_;
  std::shared_ptr<const PairTable> table_;
  ExistenceRecord existence_;
};

// The data of a replicate's arms: one set for all but those with a sampler of their own. Pairs of different
// samplers have the same addresses (sim/preference/pair_drawer.hpp), as they have at different points.
class ReplicateData {
 public:
  ReplicateData(Setting& setting, std::uint64_t replicate) : setting_(setting), replicate_(replicate) {}
  GrowingData& of(const PairSource& source);
  GrowingData& of(const ArmSpec& arm) { return of(setting_.pairs_of(arm)); }

 private:
  Setting& setting_;
  std::uint64_t replicate_;
  std::map<const PairSource*, GrowingData> sets_;
};

}  // namespace twostage
