#include "sim/preference/given_pairs.hpp"

#include <algorithm>
#include <cmath>

#include "sim/numerics/reduce.hpp"
#include "sim/preference/pair_sampler.hpp"

namespace twostage {
namespace {

constexpr std::size_t kColumns = 4;  // first, second, wins, losses

class Comparisons {
 public:
  Comparisons(const std::vector<double>& numbers, const TokenGraph& graph)
      : graph_(graph), below_(completions_from(graph)) {
    for (std::size_t p = 0; p < graph.prompts(); ++p) before_.push_back(before_.back() + below_[p]);
    if (numbers.empty() || numbers.size() % kColumns != 0)
      refuse("needs rows of four numbers: first, second, wins, losses; it has " +
             std::to_string(numbers.size()) + " numbers");
    data_.horizon = static_cast<std::size_t>(graph.horizon());
    for (std::size_t k = 0; k < numbers.size(); k += kColumns)
      add_row(k / kColumns, numbers[k], numbers[k + 1], numbers[k + 2], numbers[k + 3]);
  }

  PreferenceData take() { return std::move(data_); }

 private:
  [[noreturn]] static void refuse(const std::string& why) {
    throw InputError("comparisons", "pair sampler 'given': comparisons " + why);
  }

  std::size_t prompt_of(std::size_t row, double completion) const {
    const double last = before_.back() - 1;
    if (!(completion >= 0 && completion <= last) || completion != std::floor(completion))
      refuse("row " + std::to_string(row) + " names completion " + to_text(completion) + "; valid: 0 to " +
             to_text(last));
    return static_cast<std::size_t>(std::ranges::upper_bound(before_, completion) - before_.begin() - 1);
  }

  // The path of completion `index` of a prompt, in lexicographic order: each action has the completions of
  // those before it in front of its own.
  void add_path(std::size_t prompt, double index, std::vector<EdgeId>& out) const {
    auto s = static_cast<StateId>(prompt);
    for (int h = 0; h < graph_.horizon(); ++h) {
      EdgeId e = graph_.leaving(s).begin;
      for (; index >= below_[static_cast<std::size_t>(graph_.successor(e))]; ++e)
        index -= below_[static_cast<std::size_t>(graph_.successor(e))];
      out.push_back(e);
      s = graph_.successor(e);
    }
  }

  void add_row(std::size_t row, double first, double second, double wins, double losses) {
    const std::size_t prompt = prompt_of(row, first);
    if (prompt_of(row, second) != prompt)
      refuse("row " + std::to_string(row) + " compares completions of two prompts, " + to_text(first) +
             " and " + to_text(second));
    if (!(wins + losses > 0)) refuse("row " + std::to_string(row) + " has neither wins nor losses");
    const auto add = [&](double chosen, double rejected, double weight) {
      if (weight == 0) return;
      add_path(prompt, chosen - before_[prompt], data_.chosen);
      add_path(prompt, rejected - before_[prompt], data_.rejected);
      data_.weight.push_back(weight);
    };
    add(first, second, wins);
    add(second, first, losses);
  }

  const TokenGraph& graph_;
  std::vector<double> below_;         // [states] completions from each on
  std::vector<double> before_ = {0};  // [prompts + 1] completions of the prompts before each
  PreferenceData data_;
};

}  // namespace

namespace {

// The fewest pairs in which comparisons that come to `total` are a whole number of times.
std::string fewest_pairs(double total) {
  constexpr int most = 1000;
  constexpr double rounding = 1e-9;
  for (int times = 1; times <= most; ++times) {
    const double pairs = std::floor(times * total + 0.5);
    if (pairs < 1 || std::fabs(times * total - pairs) > rounding * pairs) continue;
    return "valid: pairs = " + to_text(pairs) + " for each of them " +
           (times == 1 ? "once" : to_text(static_cast<double>(times)) + " times");
  }
  return "no number of pairs is: let wins and losses add up to a whole number";
}

}  // namespace

bool gives_pairs(const Settings& sampler) {
  return pair_samplers().at(sampler.text("kind"), "kind").extra.make == nullptr;
}

PreferenceData given_pairs(const Settings& resolved, const World& world, std::size_t pairs) {
  PreferenceData data = Comparisons(resolved.reals("comparisons"), world.graph).take();
  constexpr double rounding = 1e-9;
  double total = num::sum(data.weight);
  if (const double near = std::floor(total + 0.5); std::fabs(total - near) <= rounding * near) total = near;
  const double times = static_cast<double>(pairs) / total;
  const double whole = std::floor(times + 0.5);
  if (whole < 1 || std::fabs(times - whole) > rounding * whole)
    throw InputError("pairs", "pairs = " + std::to_string(pairs) + " is no multiple of the " +
                                  to_text(total) + " comparisons given; " + fewest_pairs(total));
  for (double& w : data.weight) w *= whole;
  return data;
}

}  // namespace twostage
