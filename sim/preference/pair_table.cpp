#include <algorithm>
#include <optional>

#include "sim/preference/path_index.hpp"
#include "sim/preference/preference_data.hpp"

namespace twostage {

// The completions of a graph that has few, by numbers below `count`: prompt and actions are the digits, so
// that every edge adds a number of its own.
struct Tabulation::FewCompletions {
  static constexpr std::size_t kMost = 128;  // so that a place for each two of them takes 64 kB at most
  std::size_t count = 1;
  std::vector<std::uint32_t> of_edge;

  // None where there may be more.
  static std::optional<FewCompletions> of(const TokenGraph& graph) {
    FewCompletions out;
    out.of_edge.resize(graph.edges());
    for (int h = graph.horizon(); h-- > 0;) {
      std::size_t digits = 1;
      for (StateId s = graph.layer_begin(h); s < graph.layer_end(h); ++s)
        digits = std::max(digits, static_cast<std::size_t>(graph.actions(s)));
      if (out.count * digits > kMost) return std::nullopt;
      for (EdgeId e = graph.layer_edges(h).begin; e < graph.layer_edges(h).end; ++e)
        out.of_edge[static_cast<std::size_t>(e)] =
            static_cast<std::uint32_t>(out.count * static_cast<std::size_t>(graph.action(e)));
      out.count *= digits;
    }
    if (out.count * graph.prompts() > kMost) return std::nullopt;
    for (EdgeId e = graph.layer_edges(0).begin; e < graph.layer_edges(0).end; ++e)
      out.of_edge[static_cast<std::size_t>(e)] +=
          static_cast<std::uint32_t>(out.count * static_cast<std::size_t>(graph.source(e)));
    out.count *= graph.prompts();
    return out;
  }

  std::size_t number(std::span<const EdgeId> path) const {
    std::size_t sum = 0;
    for (const EdgeId e : path) sum += of_edge[static_cast<std::size_t>(e)];
    return sum;
  }
};

// Rows by the unordered pair of their paths.
class Tabulation::RowIndex {
 public:
  virtual ~RowIndex() = default;
  // Counts the pairs of the data that the table has not counted yet.
  virtual void count(const PreferenceData& data) = 0;

 protected:
  explicit RowIndex(PairTable& table) : table_(table) {}

  void add_row(std::span<const EdgeId> winner, std::span<const EdgeId> loser, double weight) {
    table_.first.insert(table_.first.end(), winner.begin(), winner.end());
    table_.second.insert(table_.second.end(), loser.begin(), loser.end());
    table_.wins.push_back(weight);
    table_.losses.push_back(0);
  }

  // Which of the two won is a guess, so none is branched on.
  void add_to(std::size_t row, bool first_won, double weight) {
    table_.wins[row] += first_won ? weight : 0;
    table_.losses[row] += first_won ? 0 : weight;
  }

  PairTable& table_;
};

// Of few completions: a place for each ordered pair of them.
class Tabulation::RowPlaces final : public Tabulation::RowIndex {
 public:
  RowPlaces(PairTable& table, FewCompletions completions)
      : RowIndex(table),
        completions_(std::move(completions)),
        row_(completions_.count * completions_.count, 0) {}

  void count(const PreferenceData& data) override {
    const std::size_t n = completions_.count;
    for (std::size_t& i = table_.pairs; i < data.size(); ++i) {
      const std::size_t winner = completions_.number(data.chosen_path(i));
      const std::size_t loser = completions_.number(data.rejected_path(i));
      const std::int32_t row = row_[winner * n + loser];
      if (row != 0) {
        add_to(static_cast<std::size_t>(row < 0 ? -row : row) - 1, row > 0, data.weight_of(i));
        continue;
      }
      add_row(data.chosen_path(i), data.rejected_path(i), data.weight_of(i));
      const auto next = static_cast<std::int32_t>(table_.rows());
      row_[loser * n + winner] = -next;
      row_[winner * n + loser] = next;
    }
  }

 private:
  FewCompletions completions_;
  // [completions x completions] one more than the row, negative where its second won.
  std::vector<std::int32_t> row_;
};

// Of any completions: open addressing, at least twice as many slots as rows.
class Tabulation::RowHashes final : public Tabulation::RowIndex {
 public:
  explicit RowHashes(PairTable& table) : RowIndex(table), slots_(64) {}

  void count(const PreferenceData& data) override {
    for (std::size_t& i = table_.pairs; i < data.size(); ++i)
      count_one(data.chosen_path(i), data.rejected_path(i), data.weight_of(i));
  }

 private:
  static constexpr std::int32_t kFree = -1;
  struct Slot {
    std::uint32_t tag = 0;  // of the row, and where the search for it begins
    std::int32_t row = kFree;
  };

  // One more comparison, won by the first.
  void count_one(std::span<const EdgeId> winner, std::span<const EdgeId> loser, double weight) {
    if (2 * (table_.rows() + 1) > slots_.size()) double_slots();
    // The sum does not depend on the order of the two.
    const std::uint64_t sum = (hash_path(winner) + hash_path(loser)) * 0xc4ceb9fe1a85ec53ULL;
    const auto tag = static_cast<std::uint32_t>(sum >> 32);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = tag;; ++i) {
      Slot& slot = slots_[i & mask];
      if (slot.row == kFree) {
        slot = {tag, static_cast<std::int32_t>(table_.rows())};
        return add_row(winner, loser, weight);
      }
      if (slot.tag != tag) continue;
      const auto k = static_cast<std::size_t>(slot.row);
      const EdgeId* const first = table_.first.data() + k * table_.horizon;
      const EdgeId* const second = table_.second.data() + k * table_.horizon;
      EdgeId apart = 0, crossed = 0;
      for (std::size_t h = 0; h < table_.horizon; ++h) {
        apart |= (winner[h] ^ first[h]) | (loser[h] ^ second[h]);
        crossed |= (winner[h] ^ second[h]) | (loser[h] ^ first[h]);
      }
      if (apart == 0 || crossed == 0) return add_to(k, apart == 0, weight);
    }
  }

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

  std::vector<Slot> slots_;
};

Tabulation::Tabulation(std::size_t horizon)
    : table_{.horizon = horizon, .first = {}, .second = {}, .wins = {}, .losses = {}},
      index_(std::make_unique<RowHashes>(table_)) {}

Tabulation::Tabulation(const TokenGraph& graph) : Tabulation(static_cast<std::size_t>(graph.horizon())) {
  if (auto few = FewCompletions::of(graph)) index_ = std::make_unique<RowPlaces>(table_, *std::move(few));
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
