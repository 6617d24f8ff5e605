#include "results/verdict/precision.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include "results/verdict/verdict.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage {
namespace {

using claims::Estimand;

constexpr std::string_view kOpening = "mean(";

bool is_expression(std::string_view text) {
  return !text.starts_with("mean(") && !text.starts_with("ratio(");
}

// The formula as an estimand; a plain expression is read as its mean.
Estimand parse_quantity(const std::string& text) {
  const bool plain = is_expression(text);
  Estimand estimand =
      claims::parse_interval(fmt::format("{}{}{} in (0, inf)", plain ? kOpening : "", text, plain ? ")" : ""))
          .estimand;
  if (estimand.kind != Estimand::Kind::mean && estimand.kind != Estimand::Kind::ratio)
    throw ClaimError("", 1, "a precision is of mean(...), ratio(..., ...) or a plain expression");
  return estimand;
}

// A column of what was parsed as one of what was written.
std::size_t written_column(const std::string& text, std::size_t column) {
  const std::size_t before = is_expression(text) ? kOpening.size() : 0;
  return std::clamp<std::size_t>(column > before ? column - before : 1, 1, text.size() + 1);
}

constexpr std::string_view kBefore = "mean(1) in (0, inf) where ";

claims::Condition parse_where(const std::string& text) {
  try {
    return claims::parse_interval(fmt::format("{}{}", kBefore, text)).where;
  } catch (const ClaimError& error) {
    throw ClaimError("precision.where", error.column() - kBefore.size(), error.what());
  }
}

// Of the logarithm of a mean, or of the ratio of two means over the same replicates.
double log_error(const std::vector<std::vector<double>>& columns) {
  const std::size_t n = columns.front().size();
  if (n < 2) return 0;
  std::vector<double> contrast(n, 0.0);
  double sign = 1;
  for (const std::vector<double>& column : columns) {
    const double mean = num::sum(column) / static_cast<double>(n);
    if (!(mean > 0)) return std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < n; ++i) contrast[i] += sign * (column[i] / mean - 1);
    sign = -1;
  }
  for (double& c : contrast) c *= c;
  return std::sqrt(num::sum(contrast) / static_cast<double>(n - 1) / static_cast<double>(n));
}

}  // namespace

PrecisionRule::PrecisionRule(const Precision& precision, const Dataset& data)
    : precision_(precision), grid_(data) {
  for (std::size_t i = 0; i < precision.of.size(); ++i) {
    try {
      const Estimand estimand = parse_quantity(precision.of[i]);
      claims::Reads reads;
      Target target;
      for (const auto& term : estimand.terms) target.terms.emplace_back(grid_, term, reads);
      if (data.has_variable("status"))
        for (const std::size_t arm : reads.arms)
          target.status.emplace_back(grid_, data.variable("status"), std::vector{arm});
      targets_.push_back(std::move(target));
    } catch (const ClaimError& error) {
      throw ClaimError(fmt::format("precision.of.{}", i), written_column(precision.of[i], error.column()),
                       error.what());
    }
  }
  if (precision.where.empty()) return;
  try {
    claims::Reads reads;
    where_.emplace(grid_, parse_where(precision.where), reads);
  } catch (const ClaimError& error) {
    if (!error.key().empty()) throw;
    throw ClaimError("precision.where", error.column() - kBefore.size(), error.what());
  }
}

double PrecisionRule::relative_error(const std::vector<std::size_t>& point, std::size_t replicates) const {
  double largest = 0;
  for (const Target& target : targets_) {
    std::vector<std::vector<double>> columns(target.terms.size());
    for (std::size_t r = 0; r < replicates; ++r) {
      const auto finished = [&](const claims::Column& status) { return status(point, r) == 0; };
      if (!std::ranges::all_of(target.status, finished)) continue;
      std::vector<double> values;
      for (const claims::Quantity& term : target.terms) values.push_back(term(point, r));
      if (!std::ranges::all_of(values, [](double x) { return std::isfinite(x); })) continue;
      for (std::size_t k = 0; k < values.size(); ++k) columns[k].push_back(values[k]);
    }
    largest = std::max(largest, log_error(columns));
  }
  return largest;
}

std::int64_t PrecisionRule::needed(const std::vector<std::size_t>& point, std::int64_t first_stage,
                                   std::int64_t batch) const {
  if (where_ && !where_->contains(point, static_cast<std::size_t>(first_stage))) return first_stage;
  const double error = relative_error(point, static_cast<std::size_t>(first_stage));
  return second_stage(first_stage, error, precision_.relative, batch, precision_.cap);
}

void check_where(const Precision& precision, const Dataset& shape) {
  if (precision.where.empty()) return;
  try {
    claims::refuse_empty(claims::Grid(shape), parse_where(precision.where));
  } catch (const ClaimError& error) {
    if (!error.key().empty()) throw;
    throw ClaimError("precision.where", error.column() - kBefore.size(), error.what());
  }
}

std::vector<claims::Named> names_in_where(const Precision& precision) {
  if (precision.where.empty()) return {};
  auto names = claims::names_in(parse_where(precision.where));
  for (claims::Named& named : names) named.column -= kBefore.size();
  return names;
}

std::int64_t second_stage(std::int64_t first_stage, double error, double wanted, std::int64_t batch,
                          std::int64_t cap) {
  const double excess = error / wanted;
  if (!(excess > 1) || first_stage >= cap) return first_stage;
  const auto have = static_cast<double>(first_stage);
  const double batches = std::ceil((have * (excess * excess) - have) / static_cast<double>(batch));
  const double whole = have + batches * static_cast<double>(batch);
  return whole < static_cast<double>(cap) ? static_cast<std::int64_t>(whole) : cap;
}

}  // namespace twostage
