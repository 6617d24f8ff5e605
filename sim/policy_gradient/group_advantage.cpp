#include "sim/policy_gradient/group_advantage.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage {
namespace {

double divisor(double squares, double size, const GroupRule& rule) {
  if (rule.spread == Spread::none) return 1;
  const double count = rule.spread == Spread::sample ? size - 1 : size;
  return std::sqrt(squares / count) + rule.epsilon;
}

// Goes through the groups of the others: how many of them have value k is chosen for k = 0, 1, ... in turn.
class Groups {
 public:
  Groups(std::span<const double> value, std::span<const double> mass, const GroupRule& rule)
      : rule_(rule),
        size_(static_cast<double>(rule.size)),
        value_(value.begin(), value.end()),
        log_mass_(mass.size()),
        count_(mass.size(), 0),
        log_factorial_(rule.size + 1, 0.0),
        out_(mass.size(), 0.0) {
    num::log(mass, log_mass_);
    for (std::size_t k = 1; k <= rule.size; ++k)
      log_factorial_[k] = log_factorial_[k - 1] + num::log(static_cast<double>(k));
    choose(0, rule.size - 1, log_factorial_[rule.size - 1]);
  }
  std::vector<double> take() && { return std::move(out_); }

 private:
  void choose(std::size_t k, std::size_t left, double log_weight) {
    if (k + 1 == value_.size()) {
      if (left > 0 && !possible(k)) return;
      take(k, left);
      add(log_weight + of(k, left));
      take(k, 0);
      return;
    }
    for (std::size_t n = 0; n <= left; ++n) {
      if (n > 0 && !possible(k)) break;
      take(k, n);
      choose(k + 1, left - n, log_weight + of(k, n));
    }
    take(k, 0);
  }
  // Values are taken in turn, so that the one taken last is the last of `members_`.
  void take(std::size_t k, std::size_t n) {
    if (n > 0 && count_[k] == 0) members_.push_back(k);
    if (n == 0 && count_[k] > 0) members_.pop_back();
    count_[k] = n;
  }
  bool possible(std::size_t k) const { return log_mass_[k] > -std::numeric_limits<double>::infinity(); }
  double of(std::size_t k, std::size_t n) const {
    return n == 0 ? 0 : static_cast<double>(n) * log_mass_[k] - log_factorial_[n];
  }

  // Squares are summed about the mean of each group: differences of large sums would lose a small spread.
  // Most groups hold few of many values.
  void add(double log_weight) {
    const double weight = num::exp(log_weight);
    double sum = 0;
    for (const std::size_t i : members_) sum += static_cast<double>(count_[i]) * value_[i];
    for (std::size_t k = 0; k < value_.size(); ++k) {
      if (count_[k] + 1 == rule_.size) continue;  // all have this value
      const double mean = (sum + value_[k]) / size_;
      const auto square = [&](std::size_t i) { return (value_[i] - mean) * (value_[i] - mean); };
      double squares = square(k);
      for (const std::size_t i : members_) squares += static_cast<double>(count_[i]) * square(i);
      if (squares > 0) out_[k] += weight * (value_[k] - mean) / divisor(squares, size_, rule_);
    }
  }

  const GroupRule& rule_;
  double size_;
  std::vector<double> value_, log_mass_;
  std::vector<std::size_t> count_;    // [values] of the others
  std::vector<std::size_t> members_;  // values that are among them
  std::vector<double> log_factorial_;
  std::vector<double> out_;
};

// (v - E v) times `factor`, over sd(v) where there is a spread.
std::vector<double> linear_advantages(std::span<const double> value, std::span<const double> mass,
                                      double factor, const GroupRule& rule) {
  std::vector<double> out(value.begin(), value.end());
  const double mean = num::dot(out, mass);
  double squares = 0;
  for (std::size_t k = 0; k < out.size(); ++k) {
    out[k] -= mean;
    squares += mass[k] * out[k] * out[k];
  }
  const double spread = rule.spread == Spread::none ? 1 : std::sqrt(squares) + rule.epsilon;
  for (double& a : out) a = spread > 0 ? factor * a / spread : 0;
  return out;
}

}  // namespace

double count_groups(std::size_t values, const GroupRule& rule) {
  if (rule.size == 0 || rule.spread == Spread::none) return 1;
  double out = 1;  // (size - 1 + values - 1) over (values - 1)
  for (std::size_t k = 1; k < values; ++k)
    out = out * static_cast<double>(rule.size - 1 + k) / static_cast<double>(k);  // whole at every k
  return out;
}

std::vector<double> group_advantages(std::span<const double> value, std::span<const double> mass,
                                     const GroupRule& rule) {
  if (rule.size == 0) return linear_advantages(value, mass, 1, rule);
  if (rule.spread == Spread::none)  // its own share of the mean takes 1/G away
    return linear_advantages(value, mass, 1 - 1 / static_cast<double>(rule.size), rule);
  if (value.size() < 2) return std::vector<double>(value.size(), 0.0);
  if (!(count_groups(value.size(), rule) * static_cast<double>(value.size()) <= kMostGroups))
    throw std::invalid_argument("group_advantages: too many groups");
  return Groups(value, mass, rule).take();
}

void group_advantages_of(std::span<const double> value, double tolerance, const GroupRule& rule,
                         std::span<double> out) {
  const auto [low, high] = std::ranges::minmax(value);
  const auto size = static_cast<double>(value.size());
  const double mean = num::sum(value) / size;
  double squares = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = value[i] - mean;
    squares += out[i] * out[i];
  }
  const bool all_alike = high - low <= tolerance || !(squares > 0);
  const double spread = all_alike ? 1 : divisor(squares, size, rule);
  for (double& a : out) a = all_alike && rule.spread != Spread::none ? 0 : a / spread;
}

}  // namespace twostage
