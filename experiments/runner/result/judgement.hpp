// The verdicts on a result file, with all that has to stand beside them wherever they are shown: whether the
// file is a part of its study, and which claims are post hoc.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "experiments/runner/study/study.hpp"

namespace twostage {

struct Judgement {
  Study study;
  std::string part;  // "16 of 48 replicates, at 4 of 4 points"; empty when the file is whole
  std::vector<Verdict> verdicts;
};

// StoreError when it is no result of a study.
Judgement judge_file(const std::filesystem::path& path);

// The study's title, and that its file is a part, where it is one.
void print_heading(std::ostream& out, const Study& study, const std::string& part, std::size_t width);

// That and the table, in lines of at most `width` places.
void print(std::ostream& out, const Judgement& judgement, std::size_t width);
std::string json(const Judgement& judgement);

}  // namespace twostage
