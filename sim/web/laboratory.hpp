// A C interface over worlds, data, fits and exact metrics, for hosts without C++: a browser, which runs this
// very code as WebAssembly. It has what the lesson shows: walks and token worlds, two algorithms, their
// classes, three penalties. One laboratory at a time; a mistake in the settings throws InputError, which ends
// the host's program where there are no exceptions, so the host offers nothing but valid choices.
//
// The order of calls: lab_clear, the world's settings, arms, lab_open; then for each data set lab_replicate,
// lab_draw, lab_fit.
#pragma once

#include <cstdint>

extern "C" {

// 1024 characters in which the host hands over texts, each ended by a zero.
char* lab_text();

void lab_clear();
// Of the world, but for its family. The key stands in the text, for lab_set_text the value behind it.
void lab_set_text();
void lab_set_number(double value);
// One more arm. In the text stand, as studies name them: the algorithm (rm+plan, dpo), the class of its
// reward or else of its policy (terminal, dense, tabular, degree; "planned terminal" for the plans of such
// rewards), and the kind of its penalty (reference-kl, ridge, none). A degree of 0 is that of the truth; dpo
// fits at `beta_factor` times the world's beta.
void lab_arm(double degree, double lambda, double beta_factor);

// The study's name stands in the text, and behind it the world's family (walk, tokens): worlds and data are
// those that the program draws under that name.
void lab_open(double seed);
// Goes to a replicate, without pairs.
void lab_replicate(double number);
// Its first `pairs` comparisons: those that it has, and what is new.
void lab_draw(double pairs);
// Fits one arm to them: its regret, exactly.
double lab_fit(int arm);
// Whether the last fit of that arm reached its tolerance.
bool lab_converged(int arm);
// 64-bit FNV-1a over regret, parameters and log-policy of all fits since the last call, in their order.
std::uint64_t lab_digest();

// Completions of the world, and the reward of each: of the truth (arm -1) or as the last fit of an arm has
// it, which for direct routes is beta log pi/pi_ref, summed over its edges. Valid until the next call.
int lab_completions();
const double* lab_rewards(int arm);

}  // extern "C"
