#include "sim/loss/comparison_rows.hpp"

#include <algorithm>
#include <bit>

#include "sim/numerics/reduce.hpp"
#include "sim/preference/path_index.hpp"

namespace twostage {
namespace {

struct Term {
  std::int32_t index;
  double value;
  bool operator==(const Term&) const = default;
};

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

// Rows of terms, one after another, bounded by `begin`.
struct Rows {
  std::vector<Term> terms;
  std::vector<std::size_t> begin = {0};

  std::span<const Term> row(std::size_t r) const {
    return std::span(terms).subspan(begin[r], begin[r + 1] - begin[r]);
  }
};

// The features of the completions of comparisons: each stands in many of them.
class Features {
 public:
  Features(const LinearModel& model, std::size_t horizon)
      : model_(model), last_edge_decides_(model.by_end() || horizon == 1), index_(horizon) {}

  // The number of what has its features.
  std::size_t number(std::span<const EdgeId> path) {
    return last_edge_decides_ ? number_of_end(path) : number_of_path(path);
  }
  // psi by that number, sorted by index; an index may come several times.
  std::span<const Term> of(std::size_t number) const { return rows_.row(number); }

 private:
  std::size_t number_of_path(std::span<const EdgeId> path) {
    const std::size_t known = index_.size();
    const std::size_t k = index_.number(path);
    if (k == known) add(path);
    return k;
  }
  std::size_t number_of_end(std::span<const EdgeId> path) {
    const auto last = static_cast<std::size_t>(path.back());
    if (last >= of_last_edge_.size()) of_last_edge_.resize(last + 1, kNone);
    std::uint32_t& k = of_last_edge_[last];
    if (k == kNone) {
      k = static_cast<std::uint32_t>(rows_.begin.size() - 1);
      add(path);
    }
    return k;
  }
  void add(std::span<const EdgeId> path) {
    row_.clear();
    model_.add_path(path, 1, row_);
    for (std::size_t i = 0; i < row_.index.size(); ++i) rows_.terms.push_back({row_.index[i], row_.value[i]});
    sort_by_index(std::span(rows_.terms).subspan(rows_.begin.back()));
    rows_.begin.push_back(rows_.terms.size());
  }

  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  const LinearModel& model_;
  bool last_edge_decides_;
  PathIndex index_;
  std::vector<std::uint32_t> of_last_edge_;  // where that is all that features depend on
  Rows rows_;
  FeatureRow row_;
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

std::uint64_t hash(std::span<const Term> terms) {
  std::uint64_t h = 0x9e3779b97f4a7c15u;
  for (const Term& t : terms) {
    h = (h ^ static_cast<std::uint64_t>(t.index)) * 0x100000001b3u;
    h = (h ^ (std::bit_cast<std::uint64_t>(t.value) >> 20)) * 0x100000001b3u;
  }
  h *= 0xc4ceb9fe1a85ec53u;  // values such as 1 have few bits that differ: all are to reach the low ones
  return h ^ (h >> 32);
}

// Where equal rows are found again: open addressing, at least twice as many slots as rows.
class EqualRows {
 public:
  explicit EqualRows(std::size_t most_rows) : slots_(std::bit_ceil(2 * most_rows + 2), kFree) {}

  // The number of the row of `rows` that equals `terms`, or of the next one, which they are to become.
  std::size_t number(std::span<const Term> terms, const Rows& rows) {
    for (std::size_t i = hash(terms);; ++i) {
      std::uint32_t& slot = slots_[i & (slots_.size() - 1)];
      if (slot == kFree) return slot = static_cast<std::uint32_t>(rows.begin.size() - 1);
      if (std::ranges::equal(rows.row(slot), terms)) return slot;
    }
  }

 private:
  static constexpr std::uint32_t kFree = ~std::uint32_t{0};
  std::vector<std::uint32_t> slots_;
};

}  // namespace

ComparisonRows::ComparisonRows(const LinearModel& model, const PairTable& table)
    : columns_(model.parameters()) {
  Features features(model, table.horizon);
  Rows distinct;
  EqualRows equal(table.rows());
  std::vector<Term> terms;
  for (std::size_t k = 0; k < table.rows(); ++k) {
    const std::size_t first = features.number(table.first_path(k));
    const std::size_t second = features.number(table.second_path(k));
    subtract(features.of(first), features.of(second), terms);
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
    const std::size_t r = equal.number(terms, distinct);
    if (r < rows()) {
      wins_[r] += wins;
      losses_[r] += losses;
      continue;
    }
    distinct.terms.insert(distinct.terms.end(), terms.begin(), terms.end());
    distinct.begin.push_back(distinct.terms.size());
    wins_.push_back(wins);
    losses_.push_back(losses);
  }

  const std::vector<Term>& all = distinct.terms;
  begin_ = std::move(distinct.begin);
  if (3 * all.size() > rows() * columns_) {
    value_.assign(rows() * columns_, 0.0);
    for (std::size_t r = 0; r < rows(); ++r)
      for (std::size_t k = begin_[r]; k < begin_[r + 1]; ++k)
        value_[r * columns_ + static_cast<std::size_t>(all[k].index)] = all[k].value;
    begin_.clear();
    return;
  }
  index_.reserve(all.size());
  value_.reserve(all.size());
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
