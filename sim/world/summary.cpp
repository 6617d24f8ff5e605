// Summary: prompts are short texts, each with a reference text, and a completion is worth what it has in
// common with the reference of its prompt (sim/DEFINITIONS.md, "Worlds"):
//   r*(xi) = ROUGE-L of xi and the reference, times what the headroom asks for.
// Nobody is told the reference. What there is to learn is how it comes from the prompt, and `reference_text`
// says how complex that is:
//   copy      it is the prompt
//   function  each token is a random function of k tokens of the prompt, from its own place on: k is the dial
//   salient   the tokens of the prompt that are salient, in their order; which tokens are is drawn
//   hidden    it is drawn for each prompt, and nothing is to be learned of one from another
//
// States are whole texts, for every class there is, or rows of the table by which the longest common
// subsequence is worked out (rouge.hpp): 2^R at most, of R tokens in the reference, so that longer texts stay
// exact.
#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "sim/basis/polynomial_basis.hpp"
#include "sim/world/family.hpp"
#include "sim/world/rouge.hpp"

namespace twostage {
namespace {

constexpr std::int64_t kLongest = 16;  // tokens of a text
constexpr std::int64_t kMostLetters = 16;

using Text = std::vector<int>;

double power(double base, std::int64_t exponent) {
  double out = 1;
  for (std::int64_t i = 0; i < exponent; ++i) out *= base;
  return out;
}

int reference_length(const Settings& resolved) {
  const auto stated = resolved.integer("reference_length");
  return static_cast<int>(stated == 0 ? resolved.integer("horizon") : stated);
}

// Texts of one length, all different, drawn one after the other: the first are the same however many follow.
std::vector<Text> draw_prompts(const Settings& resolved, const WorldSeed& seed) {
  const auto A = static_cast<std::size_t>(resolved.integer("alphabet"));
  const auto length = static_cast<std::size_t>(resolved.integer("prompt_length"));
  std::vector<Text> out;
  std::set<Text> taken;
  while (out.size() < prompt_count(resolved)) {
    Text text(length);
    for (std::size_t attempt = 0;; ++attempt) {
      for (std::size_t i = 0; i < length; ++i)
        text[i] = static_cast<int>(static_cast<double>(A) *
                                   world_uniform(seed, WorldPart::places, out.size(), attempt * length + i));
      if (taken.insert(text).second) break;
    }
    out.push_back(text);
  }
  return out;
}

// Of the alphabet: item numbers of its draws begin at `first`.
Text draw_permutation(const WorldSeed& seed, WorldPart part, std::size_t first, std::size_t alphabet) {
  std::vector<double> key(alphabet);
  for (std::size_t a = 0; a < alphabet; ++a) key[a] = world_uniform(seed, part, 0, first + a);
  Text order(alphabet);
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [&](int a) { return key[static_cast<std::size_t>(a)]; });
  return order;
}

// The functions of k tokens: for each place of the reference, and for each choice of the k - 1 tokens that
// follow, a permutation of the token itself. So every token of the reference is as likely as any other,
// whatever k is.
class RandomFunctions {
 public:
  RandomFunctions(const Settings& resolved, const WorldSeed& seed)
      : seed_(seed),
        alphabet_(static_cast<std::size_t>(resolved.integer("alphabet"))),
        k_(static_cast<std::size_t>(resolved.integer("k"))) {}

  int operator()(std::size_t place, const Text& prompt) {
    std::size_t item = place;
    for (std::size_t i = 1; i < k_; ++i)
      item = item * alphabet_ + static_cast<std::size_t>(prompt[(place + i) % prompt.size()]);
    auto at = known_.find(item);
    if (at == known_.end())
      at = known_.emplace(item, draw_permutation(seed_, WorldPart::features, item * alphabet_, alphabet_))
               .first;
    return at->second[static_cast<std::size_t>(prompt[place % prompt.size()])];
  }

 private:
  const WorldSeed& seed_;
  std::size_t alphabet_;
  std::size_t k_;
  std::map<std::size_t, Text> known_;
};

std::vector<Text> references_of(const std::vector<Text>& prompts, const Settings& resolved,
                                const WorldSeed& seed) {
  const std::string& kind = resolved.text("reference_text");
  const auto length = static_cast<std::size_t>(reference_length(resolved));
  const auto A = static_cast<std::size_t>(resolved.integer("alphabet"));
  RandomFunctions function(resolved, seed);
  Text salient;
  if (kind == "salient") {
    salient = draw_permutation(seed, WorldPart::support, 0, A);
    salient.resize(static_cast<std::size_t>(resolved.integer("salient")));
  }
  std::vector<Text> out;
  for (std::size_t p = 0; p < prompts.size(); ++p) {
    Text text;
    if (kind == "salient")
      std::ranges::copy_if(prompts[p], std::back_inserter(text),
                           [&](int a) { return std::ranges::find(salient, a) != salient.end(); });
    else
      for (std::size_t j = 0; j < length; ++j)
        text.push_back(kind == "copy"       ? prompts[p][j % prompts[p].size()]
                       : kind == "function" ? function(j, prompts[p])
                                            : static_cast<int>(static_cast<double>(A) *
                                                               world_uniform(seed, WorldPart::truth, p, j)));
    out.push_back(std::move(text));
  }
  return out;
}

// The rows that texts lead to, layer by layer, as one prompt's graph.
TokenGraph graph_of_rows(const CommonSubsequence& reference, int alphabet, int horizon) {
  std::vector<StateId> layers = {0};
  std::vector<StateId> successors;
  std::vector<CommonSubsequence::Row> here = {CommonSubsequence::kNothing};
  for (int h = 0; h < horizon; ++h) {
    layers.push_back(layers.back() + static_cast<StateId>(here.size()));
    std::vector<CommonSubsequence::Row> next;
    for (const auto row : here)
      for (int a = 0; a < alphabet; ++a) next.push_back(reference.after(row, a));
    std::vector<CommonSubsequence::Row> distinct = next;
    std::ranges::sort(distinct);
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    for (const auto row : next)
      successors.push_back(layers.back() +
                           static_cast<StateId>(std::ranges::lower_bound(distinct, row) - distinct.begin()));
    here = std::move(distinct);
  }
  layers.push_back(layers.back() + static_cast<StateId>(here.size()));
  return {alphabet, layers, std::move(successors)};
}

TokenGraph graph_of_rows(const std::vector<CommonSubsequence>& references, const Settings& resolved) {
  std::vector<TokenGraph> graphs;
  graphs.reserve(references.size());
  for (const CommonSubsequence& reference : references)
    graphs.push_back(graph_of_rows(reference, static_cast<int>(resolved.integer("alphabet")),
                                   static_cast<int>(resolved.integer("horizon"))));
  return join(graphs);
}

// Each edge adds what the common subsequence grows by.
void score(World& world, const std::vector<CommonSubsequence>& references) {
  const TokenGraph& graph = world.graph;
  std::vector<CommonSubsequence::Row> row(graph.states(), CommonSubsequence::kNothing);
  for (std::size_t p = 0; p < graph.prompts(); ++p) {
    const double of_one = rouge_l(1, graph.horizon(), static_cast<int>(world.texts->reference[p].size()));
    for (int h = 0; h < graph.horizon(); ++h)
      for (EdgeId e = graph.prompt_edges(h, p).begin; e < graph.prompt_edges(h, p).end; ++e) {
        const auto before = row[static_cast<std::size_t>(graph.source(e))];
        const auto after = references[p].after(before, graph.action(e));
        row[static_cast<std::size_t>(graph.successor(e))] = after;
        world.reward[static_cast<std::size_t>(e)] =
            of_one * (CommonSubsequence::length(after) - CommonSubsequence::length(before));
      }
  }
}

// Where there is something to gain, some prompt that has data has better completions and worse ones: its
// reference has a token, and not so many that every completion has as much in common with it.
void expect_a_choice(const World& world, const Settings& resolved) {
  if (resolved.real("headroom") == 0) return;
  const std::vector<double> spread = reward_spread(world);
  for (std::size_t p = 0; p < spread.size(); ++p)
    if (world.rho[p] > 0 && spread[p] > 0) return;
  if (resolved.text("reference_text") == "salient")
    throw Undrawable{
        "salient", "no prompt had a salient token; raise salient, prompt_length or prompts, or headroom = 0"};
  throw Undrawable{"reference_length",
                   "all completions of a prompt were worth the same, having as much in common with its "
                   "reference; lower reference_length, raise horizon or alphabet, or headroom = 0"};
}

World make(const Settings& resolved, const WorldSeed& seed) {
  const int A = static_cast<int>(resolved.integer("alphabet"));
  const int H = static_cast<int>(resolved.integer("horizon"));
  PromptTexts texts{.alphabet = A, .prompt = draw_prompts(resolved, seed), .reference = {}};
  texts.reference = references_of(texts.prompt, resolved, seed);
  const std::string& kind = resolved.text("reference_text");
  texts.known_by = static_cast<int>(kind == "copy"       ? 1
                                    : kind == "function" ? resolved.integer("k")
                                                         : resolved.integer("prompt_length"));
  const std::vector<CommonSubsequence> references(texts.reference.begin(), texts.reference.end());
  const bool whole = resolved.text("states") == "texts";
  World world = whole ? blank_forest(resolved, seed, prefix_tree(std::vector(static_cast<std::size_t>(H), A)))
                      : blank_world(resolved, seed, graph_of_rows(references, resolved));
  world.edges_are_distinct_prefixes = whole || H == 1;
  if (whole) {
    world.basis = std::make_shared<PolynomialBasis>(A, H, world.graph.prompts());
    world.truth_degree = H;
  }
  world.texts = std::make_shared<const PromptTexts>(std::move(texts));
  score(world, references);
  expect_a_choice(world, resolved);
  scale_truth(world, resolved);
  return world;
}

void check(const Settings& resolved) {
  const auto A = static_cast<double>(resolved.integer("alphabet"));
  const auto length = resolved.integer("prompt_length");
  const auto refuse = [](const std::string& key, const std::string& why) {
    throw InputError(key, "world 'summary': " + why);
  };
  if (const double texts = power(A, length); static_cast<double>(prompt_count(resolved)) > texts)
    refuse("prompts", "prompts and held_out are " + std::to_string(prompt_count(resolved)) +
                          ", and there are " + to_text(texts) + " texts of prompt_length = " +
                          to_text(length) + " to be prompts; raise prompt_length or alphabet");
  if (resolved.integer("k") > length)
    refuse("k", "k = " + to_text(resolved.integer("k")) +
                    " is larger than prompt_length = " + to_text(length) +
                    ", the tokens that a function can be of; valid: 1 to " + to_text(length));
  if (power(A, resolved.integer("k")) * static_cast<double>(reference_length(resolved)) > kMaxPromptEdges)
    refuse("k", "functions of k = " + to_text(resolved.integer("k")) + " tokens have more than " +
                    to_text(kMaxPromptEdges) + " values to draw; lower k or alphabet");
  if (resolved.integer("salient") >= resolved.integer("alphabet"))
    refuse("salient", "salient = " + to_text(resolved.integer("salient")) +
                          " leaves no token that is not; valid: 1 to " +
                          to_text(resolved.integer("alphabet") - 1));
  if (resolved.text("states") == "rows" && resolved.boolean("shared_classes") && prompt_count(resolved) > 1)
    refuse("shared_classes",
           "states that are rows are other states for each prompt, which share no parameters; valid: "
           "shared_classes = false (the classes prompt-window and copying are shared whatever it says), or "
           "states = 'texts'");
}

// Whole texts; or rows, of which a layer has no more than texts, and no more than sets of bits.
double edges_of_prompt(const Settings& resolved) {
  const auto A = static_cast<double>(resolved.integer("alphabet"));
  const auto R = resolved.text("reference_text") == "salient" ? resolved.integer("prompt_length")
                                                              : reference_length(resolved);
  const double rows = resolved.text("states") == "texts" ? kMaxEdges : power(2, R);
  double edges = 0;
  double texts = 1;
  for (std::int64_t h = 0; h < resolved.integer("horizon"); ++h, texts *= A)
    edges += A * std::min(texts, rows);
  return edges;
}

double edges(const Settings& resolved) {
  return static_cast<double>(prompt_count(resolved)) * edges_of_prompt(resolved);
}

double basis_bytes(const Settings& resolved) {
  return resolved.text("states") == "texts" ? edges_of_prompt(resolved) * PolynomialBasis::kBytesPerEdge : 0;
}

// Prompts differ in what is true, and classes are their own unless a study says otherwise.
std::vector<Knob> knobs() {
  std::vector<Knob> out = family_knobs(
      {4, 1, kLongest},
      {{"alphabet", std::int64_t{3}, 2, kMostLetters, {}, "tokens to choose from, A"},
       {"prompt_length", std::int64_t{4}, 1, kLongest, {}, "tokens of a prompt"},
       {"reference_text",
        "function",
        0,
        0,
        {"copy", "function", "salient", "hidden"},
        "the prompt; random functions of k of its tokens; its salient tokens; or drawn apart from it"},
       {"k",
        std::int64_t{1},
        1,
        kLongest,
        {},
        "tokens of the prompt that a token of the reference depends on"},
       {"salient", std::int64_t{1}, 1, kMostLetters, {}, "how many tokens of the alphabet are salient"},
       {"reference_length", std::int64_t{0}, 0, kLongest, {}, "tokens of the reference; 0 = horizon"},
       {"states",
        "texts",
        0,
        0,
        {"texts", "rows"},
        "what states tell apart: whole texts, or what they are worth"}});
  std::erase_if(out, [](const Knob& knob) { return knob.name == "shared_truth"; });
  std::ranges::find(out, "shared_classes", &Knob::name)->fallback = false;
  return out;
}

}  // namespace

Entry<WorldFamily> summary_family() {
  return {"summary",
          "short texts to be summarised, truth ROUGE-L against a reference text that the prompt decides",
          "Lin 2004; sim/DEFINITIONS.md: worlds",
          Status::exact,
          knobs(),
          {make, check, edges, basis_bytes, {"horizon", "alphabet", "prompts", "held_out"}}};
}

}  // namespace twostage
