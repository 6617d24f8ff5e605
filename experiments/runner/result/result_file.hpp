// Reading a result: the one way from a file to numbers, for every command. The store has checked the bytes;
// here the dataset is checked against what the configuration inside it demands, before anything relies on it:
//
//   configuration   one text, a study that can be read, whole (no file of variants beside it); its hash, the
//                   name, seed, title, question and references it is stored under agree with it
//   dimensions      the study's axes with the type and values of their coordinates, replicate (counted from
//   0,
//                   as many as the study asks for), arm, arm_b; no others
//   variables       those that the study stores, over their dimensions, of their type; no others but texts
//                   without a dimension
//   attributes      the units and flags that give values their meaning, and no others that could change it
//   values          flags have a value with a name; an arm was run in a replicate where the others were, and
//                   holds nothing where it was not
//
// Dimensions and variables come back in the order of the study, whatever order the file has them in.
#pragma once

#include <filesystem>

#include "experiments/runner/study/study.hpp"
#include "results/dataset/dataset.hpp"

namespace twostage {

struct ResultFile {
  std::filesystem::path path;
  Study study;  // as it was run
  Dataset data;
  std::size_t missing = 0;  // results that are due and not here: they are in other shards
};

// StoreError or InputError with the file, the variable or key, and what is wrong.
ResultFile read_result(const std::filesystem::path& path);
// The same of a dataset that was read from there.
ResultFile checked_result(const std::filesystem::path& path, Dataset data);

// Of a replicate that explain saved, which is no result of a study.
bool is_saved_cell(const Dataset& data);

}  // namespace twostage
