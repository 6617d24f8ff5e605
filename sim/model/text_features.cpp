#include "sim/model/text_features.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "sim/basis/sparse_basis.hpp"
#include "sim/world/prompt_set.hpp"
#include "sim/world/rouge.hpp"

namespace twostage {
namespace {

using Function = std::int32_t;

// Tokens that every state chooses from; 0 where states differ, or are no whole texts.
int alphabet_of_texts(const World& world) {
  const auto stretches = world.graph.stretches();
  return world.edges_are_distinct_prefixes && stretches.size() == 1 ? stretches.front().actions : 0;
}

int require_whole_texts(const World& world, const char* what) {
  const int alphabet = alphabet_of_texts(world);
  if (alphabet > 0) return alphabet;
  throw InputError("class",
                   std::string(what) + " is told by whole texts, and states of this world of family '" +
                       world.family +
                       "' are none; valid: dense, tabular, or world 'tokens' or 'summary' (with states = "
                       "'texts')");
}

const PromptTexts& require_prompt_texts(const World& world, const char* what) {
  if (world.texts) return *world.texts;
  throw InputError("class", std::string(what) + " knows prompts by their tokens, and those of world '" +
                                world.family + "' have none; valid: world 'summary', or dense, tabular");
}

// [states] the edge by which a tree comes to a state; -1 for prompts.
std::vector<EdgeId> edges_into(const TokenGraph& graph) {
  std::vector<EdgeId> into(graph.states(), -1);
  for (EdgeId e = 0; static_cast<std::size_t>(e) < graph.edges(); ++e)
    into[static_cast<std::size_t>(graph.successor(e))] = e;
  return into;
}

// [states] the prompt that leads there.
std::vector<std::size_t> prompts_of_states(const TokenGraph& graph) {
  std::vector<std::size_t> out(graph.states(), 0);
  for (std::size_t p = 0; p < graph.prompts(); ++p)
    for (int h = 0; h <= graph.horizon(); ++h) {
      const StateRange states = graph.prompt_states(h, p);
      std::fill(out.begin() + states.begin, out.begin() + states.end, p);
    }
  return out;
}

// The last `most` tokens before a state of a tree, the latest first.
std::vector<int> tokens_before(const TokenGraph& graph, const std::vector<EdgeId>& into, StateId s,
                               std::size_t most) {
  std::vector<int> out;
  for (EdgeId e = into[static_cast<std::size_t>(s)]; e >= 0 && out.size() < most;
       e = into[static_cast<std::size_t>(graph.source(e))])
    out.push_back(graph.action(e));
  return out;
}

}  // namespace

std::shared_ptr<const EdgeBasis> skip_bigrams(const World& world) {
  const int A = require_whole_texts(world, "class 'skip-bigram'");
  const TokenGraph& graph = world.graph;
  const std::vector<EdgeId> into = edges_into(graph);
  std::vector<int> degree(static_cast<std::size_t>(A - 1), 1);
  degree.resize(static_cast<std::size_t>(A * A - 1), 2);
  std::vector<SparseBasis::Entry> entries;
  for (StateId s = 0; static_cast<std::size_t>(s) < graph.inner_states(); ++s) {
    std::vector<int> count(static_cast<std::size_t>(A), 0);
    for (const int a : tokens_before(graph, into, s, static_cast<std::size_t>(graph.horizon())))
      ++count[static_cast<std::size_t>(a)];
    for (int b = 1; b < A; ++b) {
      entries.push_back({graph.edge(s, b), b - 1, 1});
      for (int a = 0; a < A; ++a)
        if (count[static_cast<std::size_t>(a)] > 0)
          entries.push_back({graph.edge(s, b), (A - 1) + a * (A - 1) + b - 1,
                             static_cast<double>(count[static_cast<std::size_t>(a)])});
    }
  }
  return std::make_shared<SparseBasis>(graph, std::move(degree), std::move(entries));
}

std::shared_ptr<const EdgeBasis> prompt_windows(const World& world, std::int64_t window,
                                                std::int64_t history) {
  const char* const what = "class 'prompt-window'";
  const PromptTexts& texts = require_prompt_texts(world, what);
  const std::size_t length = texts.prompt.front().size();
  if (window < 0) window = texts.known_by;
  if (static_cast<std::size_t>(window) > length)
    throw InputError("window", std::string(what) + ": window = " + std::to_string(window) +
                                   " is longer than a prompt; valid: 0 to " + std::to_string(length) +
                                   ", or -1 for as many as decide a token of the reference");
  if (history > 0 && alphabet_of_texts(world) == 0)
    throw InputError("history",
                     std::string(what) +
                         ": states of this world do not know the tokens before; valid: history = 0, or a "
                         "world with states = 'texts'");
  const TokenGraph& graph = world.graph;
  const std::vector<EdgeId> into = history > 0 ? edges_into(graph) : std::vector<EdgeId>{};
  const std::vector<std::size_t> prompt = prompts_of_states(graph);
  const std::size_t with_data = prompts_with_data(world);
  std::map<std::vector<int>, Function> known;  // what is there, to the function of token 1
  std::vector<SparseBasis::Entry> entries;
  for (const bool learns : {true, false})
    for (int h = 0; h < graph.horizon(); ++h)
      for (StateId s = graph.layer_begin(h); s < graph.layer_end(h); ++s) {
        const std::size_t p = prompt[static_cast<std::size_t>(s)];
        if ((p < with_data) != learns) continue;
        std::vector<int> here = {h};
        for (std::int64_t i = 0; i < window; ++i)
          here.push_back(texts.prompt[p][static_cast<std::size_t>(h + i) % length]);
        if (history > 0)
          for (const int a : tokens_before(graph, into, s, static_cast<std::size_t>(history)))
            here.push_back(a);
        auto at = known.find(here);
        if (at == known.end()) {
          if (!learns) continue;
          at = known.emplace(std::move(here), static_cast<Function>(known.size()) * (texts.alphabet - 1))
                   .first;
        }
        for (int a = 1; a < texts.alphabet; ++a) entries.push_back({graph.edge(s, a), at->second + a - 1, 1});
      }
  std::vector<int> degree(known.size() * static_cast<std::size_t>(texts.alphabet - 1), 1);
  // Token 0 scores nothing: completions that end in such tokens alone give one place's functions after the
  // other.
  return std::make_shared<SparseBasis>(graph, std::move(degree), std::move(entries), true);
}

std::shared_ptr<const EdgeBasis> copying(const World& world) {
  const PromptTexts& texts = require_prompt_texts(world, "class 'copying'");
  require_whole_texts(world, "class 'copying'");
  const TokenGraph& graph = world.graph;
  const std::vector<std::size_t> prompt = prompts_of_states(graph);
  std::vector<CommonSubsequence> in_order(texts.prompt.begin(), texts.prompt.end());
  std::vector<CommonSubsequence::Row> row(graph.states(), CommonSubsequence::kNothing);
  std::vector<SparseBasis::Entry> entries;
  for (int h = 0; h < graph.horizon(); ++h)
    for (EdgeId e = graph.layer_edges(h).begin; e < graph.layer_edges(h).end; ++e) {
      const auto from = static_cast<std::size_t>(graph.source(e));
      const std::vector<int>& text = texts.prompt[prompt[from]];
      const int token = graph.action(e);
      const auto after = in_order[prompt[from]].after(row[from], token);
      row[static_cast<std::size_t>(graph.successor(e))] = after;
      if (static_cast<std::size_t>(h) < text.size() && text[static_cast<std::size_t>(h)] == token)
        entries.push_back({e, 0, 1});
      if (std::ranges::find(text, token) != text.end()) entries.push_back({e, 1, 1});
      if (CommonSubsequence::length(after) > CommonSubsequence::length(row[from]))
        entries.push_back({e, 2, 1});
    }
  return std::make_shared<SparseBasis>(graph, std::vector<int>(3, 1), std::move(entries));
}

}  // namespace twostage
