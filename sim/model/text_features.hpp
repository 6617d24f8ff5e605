// Functions of texts, as bases on edges: of a completion alone, and of a completion beside its prompt. The
// latter are how classes are shared by prompts that differ: prompts are alike to them where their tokens are.
//
// Edges stand for tokens: action a of a state is token a. What depends on the tokens before an edge needs a
// tree.
#pragma once

#include <cstdint>
#include <memory>

#include "sim/world/world.hpp"

namespace twostage {

inline constexpr double kMostTokens = 31;  // of a text

// n_a, how often token a >= 1 occurs (degree 1), and n_ab, how often token a stands before a token b >= 1,
// near or far (degree 2): A^2 - 1 functions. With the constant they span all of the A^2 counts of ordered
// pairs (skip-bigrams, Lin 2004), and so the counts of tokens, too, which these give. InputError of the key
// `class` for a world whose states are not whole texts.
std::shared_ptr<const EdgeBasis> skip_bigrams(const World& world);

// 1 for token a >= 1 in place h of the completion, where `window` tokens of the prompt, from place h on (its
// first follow its last), and the `history` tokens of the completion before h are such and such; window = -1:
// as many as decide a token of the reference. Only what occurs at a prompt with data has a function;
// elsewhere nothing is scored. InputError where prompts are no texts, the window is longer than they are, or
// a history is asked for where states are not whole texts.
std::shared_ptr<const EdgeBasis> prompt_windows(const World& world, std::int64_t window,
                                                std::int64_t history);

// Of a completion beside its prompt: how many of its tokens are the prompt's in the same place, how many
// occur in the prompt at all, and how many they have in common in order (the longest common subsequence).
// InputError as above.
std::shared_ptr<const EdgeBasis> copying(const World& world);

}  // namespace twostage
