#include "sim/algorithm/interactive/annotated_pairs.hpp"

#include <algorithm>
#include <cmath>

#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/interactive/pair_rounds.hpp"
#include "sim/algorithm/learner.hpp"
#include "sim/algorithm/target.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/preference/path_index.hpp"
#include "sim/random/draw.hpp"
#include "sim/world/prompt_set.hpp"

namespace twostage {
namespace {

Keep keep_of(const Settings& options) {
  const std::string& keep = options.text("keep");
  return keep == "all" ? Keep::all : keep == "fresh" ? Keep::fresh : Keep::round;
}

std::vector<double> probabilities(std::span<const double> log_policy, const Completions& all) {
  std::vector<double> out(all.rows());
  path_sums(log_policy, all.edges, all.horizon, out);
  num::exp(out, out);
  return out;
}

// Whether completions of one prompt with data differ in their true reward.
bool tells_completions_apart(const World& world) {
  std::vector<double> least(world.graph.prompts()), most(world.graph.prompts());
  path_sum_range(world.graph, world.reward, least, most);
  const auto end = static_cast<std::ptrdiff_t>(prompts_with_data(world));
  return !std::equal(least.begin(), least.begin() + end, most.begin());
}

void append(const PairTable& rows, PairTable& table) {
  PathIndex index(table.horizon, table.completions);
  std::vector<std::uint32_t> number(rows.completion_count());  // in `table`
  for (std::size_t c = 0; c < number.size(); ++c) number[c] = index.number(rows.completion(c));
  for (const std::uint32_t c : rows.first) table.first.push_back(number[c]);
  for (const std::uint32_t c : rows.second) table.second.push_back(number[c]);
  table.wins.insert(table.wins.end(), rows.wins.begin(), rows.wins.end());
  table.losses.insert(table.losses.end(), rows.losses.begin(), rows.losses.end());
  table.pairs += rows.pairs;
}

}  // namespace

Knob keep_knob(const char* fallback) {
  return {"keep",
          fallback,
          0,
          0,
          {"all", "fresh", "round"},
          "which pairs a round is fitted to: the data and those of every round, the latter, or its own"};
}

Knob pairs_knob() {
  return {"pairs_per_round",
          std::int64_t{100},
          1,
          static_cast<double>(kMostRollouts) / 2,
          {},
          "pairs that are labelled in a round, or are to be expected"};
}

AnnotatedPairs::AnnotatedPairs(const ArmSpec& spec, const ArmInput& input)
    : world_(input.world),
      from_{.source = input.source, .replicate = input.replicate},
      stop_(input.stop),
      sampled_(arm_options(spec).text("expectation") == "sampled"),
      keep_(keep_of(arm_options(spec))),
      pairs_(static_cast<std::size_t>(arm_options(spec).integer("pairs_per_round"))),
      annotator_(input.world, read_labels(arm_options(spec))),
      second_(input.world.graph.edges(), 0.0) {
  drawn_.horizon = static_cast<std::size_t>(world_.graph.horizon());
  if (!sampled_) listed_.emplace(world_);
  if (keep_ != Keep::all) return;
  labels_of_data_ = labels_of(input);
  asked_ = static_cast<double>(input.data.size());
  if (sampled_)
    drawn_ = input.data;
  else
    data_ = input.table;
}

void AnnotatedPairs::ask(const PairMixture& mixture, std::uint64_t round) {
  if (keep_ == Keep::round) {
    asked_ = 0;
    std::ranges::fill(second_, 0.0);
    drawn_.chosen.clear();
    drawn_.rejected.clear();
    if (listed_)
      for (std::vector<double>& wins : listed_->wins) std::ranges::fill(wins, 0.0);
  }
  asked_ += static_cast<double>(pairs_);
  if (sampled_)
    draw(mixture, round);
  else
    expect(mixture);
}

void AnnotatedPairs::expect(const PairMixture& mixture) {
  const auto pairs = static_cast<double>(pairs_);
  add_expected_pairs(world_, mixture, annotator_, pairs, *listed_);
  std::vector<double> crossed(second_.size()), rho(world_.rho.size());
  for (std::size_t part = 0; part < mixture.parts.size(); ++part) {
    for (std::size_t p = 0; p < rho.size(); ++p)
      rho[p] = world_.rho[p] * (mixture.share_of(part, p) * mixture.weight_of(p));
    occupancy(world_.graph, rho, mixture.parts[part].log_second, crossed);
    for (std::size_t e = 0; e < second_.size(); ++e) second_[e] += pairs * crossed[e];
  }
}

void AnnotatedPairs::draw(const PairMixture& mixture, std::uint64_t round) {
  const auto part_of = [&](std::size_t pair, std::size_t prompt) -> const PairPolicies& {
    std::size_t part = 0;
    if (mixture.parts.size() > 1) {
      constexpr std::uint64_t choice_of_part = 1;  // beside the rollouts, which are 0
      auto engine = from_.source.stream(Purpose::on_policy, from_.replicate, choice_of_part,
                                        round * kMostRollouts + 2 * pair);
      double left = draw_uniform(engine);
      while (part + 1 < mixture.parts.size() && left >= mixture.share_of(part, prompt))
        left -= mixture.share_of(part++, prompt);
    }
    return mixture.parts[part];
  };
  const auto policy_of = [&](std::size_t pair, std::size_t member, std::size_t prompt) {
    const PairPolicies& part = part_of(pair, prompt);
    return std::span<const double>(member == 0 ? part.log_first : part.log_second);
  };
  const auto meanwhile = [this] {
    if (stop_ && stop_()) throw Stopped{};
  };
  const Rollouts rollouts = draw_rollouts(world_, policy_of, pairs_, 2, from_, round, meanwhile);
  rollouts_ += rollouts.size();
  const bool weighted = !mixture.weight.empty();
  if (weighted && drawn_.weight.empty()) drawn_.weight.assign(drawn_.size(), 1.0);
  for (std::size_t i = 0; i < pairs_; ++i) {
    const auto first = rollouts.path(2 * i), second = rollouts.path(2 * i + 1);
    // The second completion draws no prompt of its own: that uniform number is the label's.
    auto engine =
        from_.source.stream(Purpose::on_policy, from_.replicate, 0, round * kMostRollouts + 2 * i + 1);
    const bool wins = annotator_.prefers_first(first, second, draw_uniform(engine));
    const auto chosen = wins ? first : second, rejected = wins ? second : first;
    drawn_.chosen.insert(drawn_.chosen.end(), chosen.begin(), chosen.end());
    drawn_.rejected.insert(drawn_.rejected.end(), rejected.begin(), rejected.end());
    const double weight = mixture.weight_of(rollouts.prompt[i]);
    if (weighted || !drawn_.weight.empty()) drawn_.weight.push_back(weight);
    for (const EdgeId e : second) second_[static_cast<std::size_t>(e)] += weight;
  }
}

PairTable AnnotatedPairs::table() const {
  if (sampled_) return tabulate(drawn_);
  PairTable out = table_of(*listed_);
  if (data_) append(*data_, out);
  return out;
}

Cost AnnotatedPairs::cost() const {
  return {.labels = annotator_.answered() + labels_of_data_, .rollouts = rollouts_};
}

void add_expected_pairs(const World& world, const PairMixture& mixture, const Annotator& annotator,
                        double pairs, ListedPairs& listed) {
  const Completions& all = listed.all;
  std::vector<Worth> worth;
  for (std::size_t i = 0; i < all.rows(); ++i) worth.push_back(annotator.law().worth(all.path(i)));
  std::vector<double> wins;  // of one completion over each of its prompt
  for (std::size_t part = 0; part < mixture.parts.size(); ++part) {
    const std::vector<double> first = probabilities(mixture.parts[part].log_first, all),
                              second = probabilities(mixture.parts[part].log_second, all);
    std::size_t begin = 0;
    for (std::size_t p = 0; p < listed.wins.size(); ++p) {
      const std::size_t count = all.count(p);
      const double drawn = pairs * world.rho[p] * (mixture.share_of(part, p) * mixture.weight_of(p));
      wins.resize(count);
      for (std::size_t y = 0; y < count; ++y) {
        const std::size_t a = begin + y;
        annotator.probabilities_of_first(worth[a], std::span(worth).subspan(begin, count), wins);
        wins[y] = 1;
        for (std::size_t z = 0; z < count; ++z) {
          const std::size_t b = begin + z;
          const double meet = a == b ? first[a] * second[a] : first[a] * second[b] + first[b] * second[a];
          listed.wins[p][y * count + z] += drawn * meet * wins[z];
        }
      }
      begin += count;
    }
  }
}

void check_annotated_pairs(const ArmSpec& spec, const World& world) {
  check_listed_pairs(spec, world);
  require_tested_margins(spec, world);
}

void require_a_minimum(const ArmSpec& spec, const World& world) {
  const Settings options = arm_options(spec);
  const bool held = penalty_kind(spec.penalty) != PenaltyKind::none;
  if (!in_rounds_of_fits(spec) || read_course(spec).steps == 0 || held) return;
  if (read_labels(options) != Labels::best || keep_of(options) == Keep::all) return;
  // What is better after one prompt may be worse after another that shares its parameters.
  const bool alone = !world.shared_classes || prompts_with_data(world) == 1;
  if (!alone || world.cycle || !tells_completions_apart(world)) return;
  if (arm_model(spec, world, Role::policy)->every_policy())
    throw InputError("labels", "arm '" + spec.name +
                                   "': where the better completion is always preferred no round has a "
                                   "minimum over all policies without a penalty; valid: labels = \"bt\", a "
                                   "penalty, such as reference-kl, or a course of kind 'gradient' or "
                                   "'adam', which ends after its steps");
}

double annotated_pairs_bytes(const ArmSpec& spec, const World& world) {
  const Settings options = arm_options(spec);
  const double comparisons = (population_pairs(world.graph) + count_completions(world.graph)) / 2;
  if (options.text("expectation") == "exact")
    return listed_pairs_bytes(world) +
           pair_rounds_bytes(spec, world, std::fmin(comparisons, kMostPopulationPairs));
  const double rounds = keep_of(options) == Keep::round ? 1 : static_cast<double>(read_course(spec).steps);
  const double drawn = rounds * static_cast<double>(options.integer("pairs_per_round"));
  constexpr double of_pair = 4;  // its two completions, twice while the vector grows
  return of_pair * sizeof(EdgeId) * static_cast<double>(world.graph.horizon()) * drawn +
         pair_rounds_bytes(spec, world, std::fmin(comparisons, drawn));
}

}  // namespace twostage
