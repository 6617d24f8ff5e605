#include "sim/algorithm/unpenalised.hpp"

#include <algorithm>
#include <set>

#include "sim/algorithm/entries.hpp"
#include "sim/existence/existence.hpp"
#include "sim/existence/visited_features.hpp"
#include "sim/fit/settling.hpp"
#include "sim/model/dense_model.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage {
namespace {

constexpr double kMostNumbers = 1 << 23;  // of features (64 MB)

bool through_reward(const ArmSpec& spec) {
  return algorithms().at(spec.algorithm).extra.uses_reward;
}

bool is_every_policy(const LinearModel& model, const World& world) {
  return dynamic_cast<const DenseModel*>(&model) != nullptr && tabular_is_every_policy(world);
}

std::span<const double> block(std::span<const double> edges, EdgeRange range) {
  return edges.subspan(static_cast<std::size_t>(range.begin), range.size());
}

// Each (chosen edge, other edge of its state), once.
std::vector<std::pair<EdgeId, EdgeId>> choices(const TokenGraph& graph, const PreferenceData& data) {
  const std::set<EdgeId> chosen(data.chosen.begin(), data.chosen.end());
  std::vector<std::pair<EdgeId, EdgeId>> out;
  for (const EdgeId e : chosen) {
    const EdgeRange edges = graph.leaving(graph.source(e));
    for (EdgeId other = edges.begin; other < edges.end; ++other)
      if (other != e) out.emplace_back(e, other);
  }
  return out;
}

bool choices_fit(const LinearModel& model, const World& world, const PreferenceData& data) {
  return model.parameters() <= ExistenceLimits{}.parameters &&
         VisitedFeatures::most_numbers(model, world, data.size()) <= kMostNumbers;
}

KnownExistence known(const ExistenceCertificate& certificate) {
  return {certificate.outcome, certificate.columns.size()};
}

void disown(Certificate& certificate) {
  certificate.converged = false;
  certificate.optimum = Optimum::none;
}

// Too large for any test. In a linear class with a loss below log 2 every margin is positive, so theta
// separates the data. And fewer comparisons than dimensions leave some of those unseen.
void judge_by_counting(const LinearModel& model, bool linear, const PairTable& table, ArmResult& result) {
  std::size_t comparisons = 0;
  double selves = 0;  // pairs of a completion with itself, which cost log 2 whatever theta is
  for (std::size_t k = 0; k < table.rows(); ++k)
    if (std::ranges::equal(table.first_path(k), table.second_path(k)))
      selves += table.wins[k] + table.losses[k];
    else
      ++comparisons;
  const double loss = result.certificate.objective - selves * num::softplus(0);
  if (comparisons > 0 && loss < (linear ? 0.999 * num::softplus(0) : 1e-6)) {
    result.existence = linear ? Existence::not_attained : Existence::diverging;
    disown(result.certificate);
  } else if (comparisons < model.rank()) {
    result.certificate.optimum = Optimum::not_unique;
  }
}

}  // namespace

bool margins_are_affine(const LinearModel& model, const World& world) {
  const TokenGraph& graph = world.graph;
  if (graph.horizon() == 1) return true;
  const std::vector<bool> reached = reachable_states(graph);
  const std::span<const double> offset = model.offset();
  std::vector<double> unit(model.parameters(), 0.0), column(graph.edges());
  for (std::size_t k = model.parameters(); k-- > 0;) {
    unit[k] = 1;
    model.scores(unit, column);
    unit[k] = 0;
    if (!offset.empty()) num::axpy(-1, offset, column);
    for (int h = 1; h < graph.horizon(); ++h)
      for (std::size_t prompt = 0; prompt < graph.prompts(); ++prompt) {
        const EdgeRange layer = prompt_edges(graph, h, prompt);
        std::optional<EdgeRange> first;
        for (EdgeId e = layer.begin; e < layer.end; e += graph.actions(h)) {
          if (!reached[static_cast<std::size_t>(graph.source(e))]) continue;
          const EdgeRange here{e, e + graph.actions(h)};
          if (!first) first = here;
          const std::span<const double> scores = block(column, here);
          if (!std::ranges::equal(scores, block(column, *first))) return false;
          const bool acts = std::ranges::adjacent_find(scores, std::ranges::not_equal_to{}) != scores.end();
          if (!acts) continue;
          if (!std::ranges::equal(block(world.log_reference, here), block(world.log_reference, *first)))
            return false;
          if (!offset.empty() && !std::ranges::equal(block(offset, here), block(offset, *first)))
            return false;
        }
      }
  }
  return true;
}

std::vector<double> choice_matrix(const LinearModel& model, const World& world, const PreferenceData& data) {
  const VisitedFeatures features(model, world, {data.chosen});
  const auto pairs = choices(world.graph, data);
  const std::size_t p = model.parameters();
  std::vector<double> out(pairs.size() * p);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const auto row = std::span(out).subspan(i * p, p);
    std::ranges::copy(features.at(pairs[i].first), row.begin());
    num::axpy(-1, features.at(pairs[i].second), row);
  }
  return out;
}

KnownExistence exact_existence(const ArmSpec& spec, const ArmInput& input) {
  const Role role = through_reward(spec) ? Role::reward : Role::policy;
  const auto model = arm_model(spec, input.world, role);
  if (spec.algorithm == "sft") {
    if (!choices_fit(*model, input.world, input.data)) return {};
    const VisitedFeatures features(*model, input.world, {input.data.chosen});
    FeatureRow rows;
    std::vector<std::size_t> end;
    for (const auto& [chosen, other] : choices(input.world.graph, input.data)) {
      for (std::size_t k = 0; k < model->parameters(); ++k)
        for (const auto& [e, sign] : {std::pair(chosen, 1.0), std::pair(other, -1.0)})
          if (const double x = features.at(e)[k]; x != 0) {
            rows.index.push_back(static_cast<std::int32_t>(k));
            rows.value.push_back(sign * x);
          }
      end.push_back(rows.index.size());
    }
    const ScaledDifferences scaled = scaled_rows(*model, rows, end);
    if (!scaled.refusal.empty()) return {};
    return known(test_existence(scaled.matrix, model->rank()));
  }
  if (role == Role::policy && !is_every_policy(*model, input.world) &&
      (model->parameters() > ExistenceLimits{}.parameters || !margins_are_affine(*model, input.world)))
    return {};
  return known(test_existence(*model, *input.table));
}

void judge_unpenalised(const ArmSpec& spec, const ArmInput& input, ArmResult& result) {
  // A small gradient far out along a separating direction is no minimum.
  if (result.existence == Existence::not_attained) disown(result.certificate);
  if (result.existence != Existence::no_exact_test) return;
  // Where nobody has looked for such a direction, nothing global is proved.
  if (result.certificate.optimum == Optimum::global) result.certificate.optimum = Optimum::stationary;
  if (!input.exact_existence || !result.certificate.converged || spec.algorithm == "sft") return;
  const bool reward = through_reward(spec);
  const auto model = arm_model(spec, input.world, reward ? Role::reward : Role::policy);
  const PairTable& table = *input.table;
  if (!reward && !is_every_policy(*model, input.world)) {
    const double beta = input.world.beta * arm_options(spec).real("beta_factor");
    const Settling told = settling(*model, input.world, table, beta, result.theta,
                                   input.source.stream(Purpose::optimiser, input.replicate, 0, 0));
    if (told.told) {
      if (!told.settled) {
        result.existence = Existence::diverging;
        disown(result.certificate);
      } else if (told.flat) {
        result.certificate.optimum = Optimum::not_unique;
      }
      return;
    }
  }
  judge_by_counting(*model, reward || is_every_policy(*model, input.world), table, result);
}

}  // namespace twostage
