#include "sim/loss/comparison_rows.hpp"

#include <algorithm>
#include <bit>
#include <unordered_map>

#include "sim/numerics/reduce.hpp"

namespace twostage {
namespace {

struct Term {
  std::int32_t index;
  double value;
  bool operator==(const Term&) const = default;
};

// Equal indices keep their order. Rows are short, and std::stable_sort asks for memory each time.
void sort_by_index(std::vector<Term>& terms) {
  constexpr std::size_t short_row = 32;
  if (terms.size() > short_row) {
    std::ranges::stable_sort(terms, {}, &Term::index);
    return;
  }
  for (std::size_t k = 1; k < terms.size(); ++k) {
    const Term moved = terms[k];
    std::size_t to = k;
    for (; to > 0 && terms[to - 1].index > moved.index; --to) terms[to] = terms[to - 1];
    terms[to] = moved;
  }
}

// Sorted, equal indices added up, zeros dropped.
void canonicalise(const FeatureRow& row, std::vector<Term>& terms) {
  terms.clear();
  for (std::size_t k = 0; k < row.index.size(); ++k) terms.push_back({row.index[k], row.value[k]});
  sort_by_index(terms);
  std::size_t kept = 0;
  for (std::size_t k = 0; k < terms.size();) {
    Term sum = terms[k++];
    while (k < terms.size() && terms[k].index == sum.index) sum.value += terms[k++].value;
    if (sum.value != 0) terms[kept++] = sum;
  }
  terms.resize(kept);
}

std::uint64_t hash(std::span<const Term> terms) {
  std::uint64_t h = 0x9e3779b97f4a7c15u;
  for (const Term& t : terms) {
    h = (h ^ static_cast<std::uint64_t>(t.index)) * 0x100000001b3u;
    h = (h ^ (std::bit_cast<std::uint64_t>(t.value) >> 20)) * 0x100000001b3u;
  }
  return h ^ (h >> 29);
}

}  // namespace

ComparisonRows::ComparisonRows(const LinearModel& model, const PairTable& table)
    : columns_(model.parameters()) {
  std::vector<Term> all;  // rows one after another, bounded by begin_
  begin_.push_back(0);
  std::unordered_multimap<std::uint64_t, std::size_t> seen;
  seen.reserve(table.rows());
  FeatureRow row;
  std::vector<Term> terms;
  for (std::size_t k = 0; k < table.rows(); ++k) {
    row.clear();
    model.add_path(table.first_path(k), 1, row);
    model.add_path(table.second_path(k), -1, row);
    canonicalise(row, terms);
    double wins = table.wins[k];
    double losses = table.losses[k];
    if (terms.empty()) {
      ties_ += wins + losses;
      continue;
    }
    if (terms[0].value < 0) {
      for (Term& t : terms) t.value = -t.value;
      std::swap(wins, losses);
    }
    const std::uint64_t key = hash(terms);
    const auto [first, last] = seen.equal_range(key);
    const auto match = std::find_if(first, last, [&](const auto& entry) {
      const std::size_t r = entry.second;
      return std::ranges::equal(std::span(all).subspan(begin_[r], begin_[r + 1] - begin_[r]), terms);
    });
    if (match != last) {
      wins_[match->second] += wins;
      losses_[match->second] += losses;
      continue;
    }
    seen.emplace(key, rows());
    all.insert(all.end(), terms.begin(), terms.end());
    begin_.push_back(all.size());
    wins_.push_back(wins);
    losses_.push_back(losses);
  }

  if (3 * all.size() > rows() * columns_) {
    value_.assign(rows() * columns_, 0.0);
    for (std::size_t r = 0; r < rows(); ++r)
      for (std::size_t k = begin_[r]; k < begin_[r + 1]; ++k)
        value_[r * columns_ + static_cast<std::size_t>(all[k].index)] = all[k].value;
    begin_.clear();
    return;
  }
  for (const Term& t : all) {
    index_.push_back(t.index);
    value_.push_back(t.value);
  }
}

void ComparisonRows::margins(std::span<const double> theta, std::span<double> out) const {
  for (std::size_t r = 0; r < rows(); ++r) {
    if (dense()) {
      out[r] = num::dot(std::span(value_).subspan(r * columns_, columns_), theta);
      continue;
    }
    double sum = 0;
    for (std::size_t k = begin_[r]; k < begin_[r + 1]; ++k)
      sum += value_[k] * theta[static_cast<std::size_t>(index_[k])];
    out[r] = sum;
  }
}

void ComparisonRows::add_row(std::size_t r, double weight, std::span<double> out) const {
  if (dense()) return num::axpy(weight, std::span(value_).subspan(r * columns_, columns_), out);
  for (std::size_t k = begin_[r]; k < begin_[r + 1]; ++k)
    out[static_cast<std::size_t>(index_[k])] += weight * value_[k];
}

void ComparisonRows::add_transposed(std::span<const double> weight, std::span<double> out) const {
  for (std::size_t r = 0; r < rows(); ++r) add_row(r, weight[r], out);
}

std::vector<double> ComparisonRows::column_squares() const {
  std::vector<double> out(columns_, 0.0);
  for (std::size_t r = 0; r < rows(); ++r) {
    const double count = wins_[r] + losses_[r];
    if (dense()) {
      for (std::size_t j = 0; j < columns_; ++j)
        out[j] += count * (value_[r * columns_ + j] * value_[r * columns_ + j]);
      continue;
    }
    for (std::size_t k = begin_[r]; k < begin_[r + 1]; ++k)
      out[static_cast<std::size_t>(index_[k])] += count * (value_[k] * value_[k]);
  }
  return out;
}

void ComparisonRows::add_gram(std::span<const double> weight, std::span<double> lower) const {
  const std::size_t p = columns_;
  for (std::size_t r = 0; r < rows(); ++r) {
    if (dense()) {
      const double* x = value_.data() + r * p;
      for (std::size_t i = 0; i < p; ++i)
        if (x[i] != 0) num::axpy(weight[r] * x[i], {x, i + 1}, lower.subspan(i * p, i + 1));
      continue;
    }
    for (std::size_t k = begin_[r]; k < begin_[r + 1]; ++k) {
      double* out = lower.data() + static_cast<std::size_t>(index_[k]) * p;
      const double wx = weight[r] * value_[k];
      for (std::size_t j = begin_[r]; j <= k; ++j) out[index_[j]] += wx * value_[j];
    }
  }
}

}  // namespace twostage
