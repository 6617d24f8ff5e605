// A C interface over worlds, data, fits and exact metrics, for hosts without C++: a browser, which runs this
// very code as WebAssembly. One laboratory at a time; a mistake in the settings throws InputError, which ends
// the host's program where there are no exceptions, so the host offers nothing but valid choices.
//
// The order of calls: lab_clear, settings, lab_open; then for each data set lab_replicate, lab_draw, lab_fit.
#pragma once

#include <cstdint>

namespace twostage {

// What a setting is of: the world, or a part of arm a, which is kArmPart + kArmParts * a + its number here.
enum LaboratoryPart { kWorldPart = 0, kArmPart = 1, kArmParts = 4 };
enum LaboratoryArmPart { kAlgorithm = 0, kReward = 1, kPolicy = 2, kPenalty = 3 };

}  // namespace twostage

extern "C" {

// 1024 characters in which the host hands over texts, each ended by a zero.
char* lab_text();

void lab_clear();
// The key stands in the text, for lab_set_text the value behind it; of an algorithm, the value alone counts.
void lab_set_text(int part);
void lab_set_number(int part, double value);

// The study's name stands in the text: worlds and data are those that the program draws under it.
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
