#include <algorithm>
#include <array>
#include <optional>

#include "sim/preference/path_index.hpp"
#include "sim/preference/preference_data.hpp"

namespace twostage {

// The completions of a graph that has few, numbered as they come. They are told apart by a code below
// `count`: prompt and actions are its digits, so that every edge adds a number of its own.
class Tabulation::FewCompletions {
 public:
  // None where there may be more than kMost. New completions are appended to `completions`, which is referred
  // to.
  static std::optional<FewCompletions> of(const TokenGraph& graph, std::vector<EdgeId>& completions) {
    std::vector<std::size_t> digits;  // [horizon] values of each, from the last one
    std::size_t count = graph.prompts();
    for (int h = graph.horizon(); h-- > 0;) {
      digits.push_back(1);
      for (StateId s = graph.layer_begin(h); s < graph.layer_end(h); ++s)
        digits.back() = std::max(digits.back(), static_cast<std::size_t>(graph.actions(s)));
      if (count > kMost || (count *= digits.back()) > kMost) return std::nullopt;
    }
    FewCompletions out(completions);
    out.number_.assign(count, kNone);
    out.of_edge_.resize(graph.edges());
    std::size_t unit = 1;
    for (int h = graph.horizon(); h-- > 0;) {
      for (EdgeId e = graph.layer_edges(h).begin; e < graph.layer_edges(h).end; ++e)
        out.of_edge_[static_cast<std::size_t>(e)] =
            static_cast<std::uint32_t>(unit * static_cast<std::size_t>(graph.action(e)));
      unit *= digits[digits.size() - 1 - static_cast<std::size_t>(h)];
    }
    for (EdgeId e = graph.layer_edges(0).begin; e < graph.layer_edges(0).end; ++e)
      out.of_edge_[static_cast<std::size_t>(e)] +=
          static_cast<std::uint32_t>(unit * static_cast<std::size_t>(graph.source(e)));
    return out;
  }

  std::uint32_t seek(std::span<const EdgeId> path) const {
    std::uint32_t code = 0;
    for (const EdgeId e : path) code += of_edge_[static_cast<std::size_t>(e)];
    return code;
  }
  std::uint32_t number(std::span<const EdgeId> path, std::uint32_t code) {
    std::uint32_t& number = number_[code];
    if (number == kNone) {
      number = static_cast<std::uint32_t>(completions_->size() / path.size());
      completions_->insert(completions_->end(), path.begin(), path.end());
    }
    return number;
  }

 private:
  static constexpr std::size_t kMost = 1 << 12;  // each has a place that is made ready at once
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  explicit FewCompletions(std::vector<EdgeId>& completions) : completions_(&completions) {}

  std::vector<EdgeId>* completions_;
  std::vector<std::uint32_t> of_edge_;  // [edges]
  std::vector<std::uint32_t> number_;   // [codes]
};

// Where the row of two completions is found again: open addressing, at least twice as many slots as rows.
class Tabulation::RowIndex {
 public:
  explicit RowIndex(const PairTable& table) : table_(table), slots_(1 << 10) {}

  // The row of two completions, whichever comes first; of others the next one, which is to be theirs. In two
  // steps as in PathIndex.
  std::uint32_t seek(std::uint32_t a, std::uint32_t b) const {
    const std::uint64_t key = std::uint64_t{std::min(a, b)} << 32 | std::max(a, b);
    const auto tag = static_cast<std::uint32_t>((key ^ key >> 23) * 0x9e3779b97f4a7c15ULL >> 32);
    __builtin_prefetch(&slots_[tag & (slots_.size() - 1)]);
    return tag;
  }
  std::uint32_t row(std::uint32_t a, std::uint32_t b, std::uint32_t tag) {
    if (2 * (table_.rows() + 1) > slots_.size()) double_slots();
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = tag;; ++i) {
      Slot& slot = slots_[i & mask];
      if (slot.row == kFree) {
        slot = {tag, static_cast<std::uint32_t>(table_.rows())};
        return slot.row;
      }
      if (slot.tag != tag) continue;
      const std::uint32_t first = table_.first[slot.row], second = table_.second[slot.row];
      if ((first == a && second == b) || (first == b && second == a)) return slot.row;
    }
  }

 private:
  static constexpr std::uint32_t kFree = ~std::uint32_t{0};
  struct Slot {
    std::uint32_t tag = 0;  // of the two, and where the search for them begins
    std::uint32_t row = kFree;
  };

  void double_slots() {
    std::vector<Slot> old(2 * slots_.size());
    old.swap(slots_);
    const std::size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.row == kFree) continue;
      std::size_t i = slot.tag;
      while (slots_[i & mask].row != kFree) ++i;
      slots_[i & mask] = slot;
    }
  }

  const PairTable& table_;
  std::vector<Slot> slots_;
};

class Tabulation::Index {
 public:
  virtual ~Index() = default;
  // Counts the pairs of the data that the table has not counted yet.
  virtual void count(const PreferenceData& data) = 0;

 protected:
  explicit Index(PairTable& table) : table_(table), rows_(table) {}

  // The same; `completions` numbers what is compared. So many pairs take each step together, since what they
  // need is far apart in memory.
  template <typename Completions>
  void count_by(Completions& completions, const PreferenceData& data) {
    constexpr std::size_t most = 32;
    std::array<std::uint32_t, most> winner, loser, sought;
    for (std::size_t& begin = table_.pairs; begin < data.size();) {
      const std::size_t n = std::min(most, data.size() - begin);
      for (std::size_t k = 0; k < n; ++k) {
        winner[k] = completions.seek(data.chosen_path(begin + k));
        loser[k] = completions.seek(data.rejected_path(begin + k));
      }
      for (std::size_t k = 0; k < n; ++k) {
        winner[k] = completions.number(data.chosen_path(begin + k), winner[k]);
        loser[k] = completions.number(data.rejected_path(begin + k), loser[k]);
        sought[k] = rows_.seek(winner[k], loser[k]);
      }
      for (std::size_t k = 0; k < n; ++k)
        count_one(rows_.row(winner[k], loser[k], sought[k]), winner[k], loser[k], data.weight_of(begin + k));
      begin += n;
    }
  }

  void count_one(std::uint32_t row, std::uint32_t winner, std::uint32_t loser, double weight) {
    if (row == table_.rows()) {
      table_.first.push_back(winner);
      table_.second.push_back(loser);
      table_.wins.push_back(weight);
      table_.losses.push_back(0);
      return;
    }
    // Which of the two won is a guess, so none is branched on.
    const bool first_won = table_.first[row] == winner;
    table_.wins[row] += first_won ? weight : 0;
    table_.losses[row] += first_won ? 0 : weight;
  }

  PairTable& table_;

 private:
  RowIndex rows_;
};

class Tabulation::IndexByPath final : public Tabulation::Index {
 public:
  explicit IndexByPath(PairTable& table) : Index(table), completions_(table.horizon, table.completions) {}
  void count(const PreferenceData& data) override {
    completions_.expect(2 * (data.size() - table_.pairs));
    count_by(completions_, data);
  }

 private:
  PathIndex completions_;
};

class Tabulation::IndexByCode final : public Tabulation::Index {
 public:
  IndexByCode(PairTable& table, FewCompletions completions)
      : Index(table), completions_(std::move(completions)) {}
  void count(const PreferenceData& data) override { count_by(completions_, data); }

 private:
  FewCompletions completions_;
};

Tabulation::Tabulation(std::size_t horizon)
    : table_{.horizon = horizon, .completions = {}, .first = {}, .second = {}, .wins = {}, .losses = {}},
      index_(std::make_unique<IndexByPath>(table_)) {}

Tabulation::Tabulation(const TokenGraph& graph) : Tabulation(static_cast<std::size_t>(graph.horizon())) {
  if (auto few = FewCompletions::of(graph, table_.completions))
    index_ = std::make_unique<IndexByCode>(table_, *std::move(few));
}

Tabulation::~Tabulation() = default;

void Tabulation::add(const PreferenceData& data) {
  index_->count(data);
}

PairTable tabulate(const PreferenceData& data) {
  Tabulation tabulation(data.horizon);
  tabulation.add(data);
  return std::move(tabulation).take();
}

PairTable tabulate(const PreferenceData& data, const TokenGraph& graph) {
  Tabulation tabulation(graph);
  tabulation.add(data);
  return std::move(tabulation).take();
}

}  // namespace twostage
