#include "sim/loss/comparison_rows.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "sim/loss/distinct_rows.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage {
namespace {

// Equal indices keep their order. Rows are short, and std::stable_sort asks for memory each time.
void sort_by_index(std::span<Term> terms) {
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

// The features of the completions that are compared, sorted by index; an index may come several times. Those
// of many completions may be the same.
class Features {
 public:
  Features(const LinearModel& model, const PairTable& table)
      : model_(model), rows_(table.completion_count()) {
    of_completion_.reserve(table.completion_count());
    const bool last_edge_decides = model.by_end() || table.horizon == 1;
    for (std::size_t c = 0; c < table.completion_count(); ++c) {
      const auto path = table.completion(c);
      of_completion_.push_back(last_edge_decides ? number_by_end(path) : number(path));
    }
  }

  std::size_t count() const { return rows_.size(); }
  std::uint32_t of_completion(std::size_t c) const { return of_completion_[c]; }  // their number
  std::span<const Term> at(std::size_t number) const { return rows_.row(number); }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  std::uint32_t number(std::span<const EdgeId> path) {
    row_.clear();
    model_.add_path(path, 1, row_);
    terms_.clear();
    for (std::size_t i = 0; i < row_.index.size(); ++i) terms_.push_back({row_.index[i], row_.value[i]});
    sort_by_index(terms_);
    return rows_.number(terms_);
  }
  std::uint32_t number_by_end(std::span<const EdgeId> path) {
    const auto last = static_cast<std::size_t>(path.back());
    if (last >= of_last_edge_.size()) of_last_edge_.resize(last + 1, kNone);
    if (of_last_edge_[last] == kNone) of_last_edge_[last] = number(path);
    return of_last_edge_[last];
  }

  const LinearModel& model_;
  DistinctRows rows_;
  std::vector<std::uint32_t> of_completion_;
  std::vector<std::uint32_t> of_last_edge_;
  FeatureRow row_;
  std::vector<Term> terms_;
};

// first - second, sorted by index, equal indices added up in their order, zeros dropped.
void subtract(std::span<const Term> first, std::span<const Term> second, std::vector<Term>& out) {
  out.clear();
  std::size_t i = 0, j = 0;
  while (i < first.size() || j < second.size()) {
    const bool from_first = j == second.size() || (i < first.size() && first[i].index <= second[j].index);
    Term sum = from_first ? first[i++] : Term{second[j].index, -second[j].value};
    if (!from_first) ++j;
    while (i < first.size() && first[i].index == sum.index) sum.value += first[i++].value;
    while (j < second.size() && second[j].index == sum.index) sum.value -= second[j++].value;
    if (sum.value != 0) out.push_back(sum);
  }
}

// Differences of features as rows with the first term above 0.
class Differences {
 public:
  Differences(const Features& features, std::size_t most_rows)
      : features_(features),
        rows_(most_rows),
        known_(features.count() <= kMostRemembered ? features.count() * features.count() : 0, kUnknown) {}

  // One more than the number of the row that is first less second, below 0 where it is the row's opposite;
  // 0 where nothing is left.
  std::int32_t signed_row(std::size_t first, std::size_t second) {
    if (known_.empty()) return find(first, second);
    std::int32_t& known = known_[first * features_.count() + second];
    if (known == kUnknown) known = find(first, second);
    return known;
  }
  DistinctRows take() && { return std::move(rows_); }

 private:
  static constexpr std::size_t kMostRemembered = 64;
  static constexpr std::int32_t kUnknown = std::numeric_limits<std::int32_t>::min();

  std::int32_t find(std::size_t first, std::size_t second) {
    subtract(features_.at(first), features_.at(second), terms_);
    if (terms_.empty()) return 0;
    const bool opposite = terms_.front().value < 0;
    if (opposite)
      for (Term& t : terms_) t.value = -t.value;
    const auto row = static_cast<std::int32_t>(rows_.number(terms_)) + 1;
    return opposite ? -row : row;
  }

  const Features& features_;
  DistinctRows rows_;
  std::vector<std::int32_t> known_;  // [features x features]; empty where there are many
  std::vector<Term> terms_;
};

}  // namespace

ComparisonRows::ComparisonRows(const LinearModel& model, const PairTable& table)
    : columns_(model.parameters()) {
  const Features features(model, table);
  Differences differences(features, table.rows());
  for (std::size_t k = 0; k < table.rows(); ++k) {
    const std::int32_t row = differences.signed_row(features.of_completion(table.first[k]),
                                                    features.of_completion(table.second[k]));
    if (row == 0) {
      ties_ += table.wins[k] + table.losses[k];
      continue;
    }
    const auto r = static_cast<std::size_t>(row < 0 ? -row : row) - 1;
    if (r == rows()) {
      wins_.push_back(0);
      losses_.push_back(0);
    }
    wins_[r] += row < 0 ? table.losses[k] : table.wins[k];
    losses_[r] += row < 0 ? table.wins[k] : table.losses[k];
  }

  DistinctRows distinct = std::move(differences).take();
  const std::span<const Term> all = distinct.terms();
  if (3 * all.size() > rows() * columns_) {
    value_.assign(rows() * columns_, 0.0);
    for (std::size_t r = 0; r < rows(); ++r)
      for (const Term& t : distinct.row(r))
        value_[r * columns_ + static_cast<std::size_t>(t.index)] = t.value;
    return;
  }
  index_.reserve(all.size());
  value_.reserve(all.size());
  for (const Term& t : all) {
    index_.push_back(t.index);
    value_.push_back(t.value);
  }
  begin_ = std::move(distinct).begin();
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

void ComparisonRows::add_gram_diagonal(std::span<const double> weight, std::span<double> out) const {
  for (std::size_t r = 0; r < rows(); ++r) {
    if (dense()) {
      const double* x = value_.data() + r * columns_;
      for (std::size_t j = 0; j < columns_; ++j) out[j] += weight[r] * (x[j] * x[j]);
      continue;
    }
    for (std::size_t k = begin_[r]; k < begin_[r + 1]; ++k)
      out[static_cast<std::size_t>(index_[k])] += weight[r] * (value_[k] * value_[k]);
  }
}

void ComparisonRows::add_gram_times(std::span<const double> weight, std::span<const double> v,
                                    std::span<double> out) const {
  for (std::size_t r = 0; r < rows(); ++r) {
    if (dense()) {
      const std::span<const double> x = std::span(value_).subspan(r * columns_, columns_);
      num::axpy(weight[r] * num::dot(x, v), x, out);
      continue;
    }
    const std::size_t begin = begin_[r], end = begin_[r + 1];
    double margin = 0;
    for (std::size_t k = begin; k < end; ++k) margin += value_[k] * v[static_cast<std::size_t>(index_[k])];
    const double weighted = weight[r] * margin;
    for (std::size_t k = begin; k < end; ++k)
      out[static_cast<std::size_t>(index_[k])] += weighted * value_[k];
  }
}

std::vector<double> ComparisonRows::column_squares() const {
  std::vector<double> count(rows()), out(columns_, 0.0);
  for (std::size_t r = 0; r < rows(); ++r) count[r] = wins_[r] + losses_[r];
  add_gram_diagonal(count, out);
  return out;
}

void ComparisonRows::add_gram(std::span<const double> weight, std::span<double> lower) const {
  const std::size_t p = columns_;
  constexpr std::size_t kFew = 8;  // up to which to guess which are 0 takes longer than to add nothing
  const bool few = p <= kFew;
  for (std::size_t r = 0; r < rows(); ++r) {
    if (dense()) {
      const double* x = value_.data() + r * p;
      for (std::size_t i = 0; i < p; ++i)
        if (few || x[i] != 0) num::axpy(weight[r] * x[i], {x, i + 1}, lower.subspan(i * p, i + 1));
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
