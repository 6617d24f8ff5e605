// Where studies live: a folder each, with study.toml, figure.py and README.md. The folder of all studies is
// $TWOSTAGE_STUDIES if set, else the one beside this program's sources or its installation. Beside it, in
// experiments/teaching, lie the small ones of the lesson: known by name, and in no list.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/runner/study/study.hpp"

namespace twostage {

// Holds experiments/studies and results/{figures,report}.
std::filesystem::path home_folder();

std::vector<std::string> study_names();

// What a claim of the paper is called in experiments/paper.toml, and the studies that answer it.
struct PaperClaim {
  std::string name;
  std::vector<std::string> studies;  // the first of them speaks for it
};
std::vector<PaperClaim> paper_claims();

// The study file that a name (a folder of the library) or a path to a file means; InputError with the nearest
// name. The name of a claim of the paper means the first of its studies, which is said on stderr. The study's
// name stands in the file, not in its place: random numbers are addressed by it, so a copied or moved file
// keeps its worlds. In the library it is that of the folder; a study of the lesson may show the data of one
// of the library under a title of its own, so its results lie under its folder's name.
struct StudyFile {
  std::string name;
  std::string results;  // the folder of its results in results/out
  std::filesystem::path path;
  std::string text;
};
StudyFile find_study(const std::string& name_or_path);

Study load_study(const std::string& name_or_path, const std::string& preset,
                 const std::vector<std::string>& arguments);

}  // namespace twostage
