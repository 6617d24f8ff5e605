// list paper: the paper's claims, and the studies and claims that answer them (experiments/paper.toml).
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "experiments/runner/commands/commands.hpp"
#include "experiments/runner/study/study_library.hpp"
#include "experiments/runner/terminal/printing.hpp"
#include "results/file/regular_file.hpp"

namespace twostage {
namespace {

std::string text_of(const Node::Table& row, std::string_view key) {
  for (const Member& member : row)
    if (member.key == key) return std::get<std::string>(member.node.value);
  return "";
}

std::vector<std::string> texts_of(const Node::Table& row, std::string_view key) {
  std::vector<std::string> out;
  for (const Member& member : row)
    if (member.key == key)
      for (const Node& entry : *member.node.list()) out.push_back(std::get<std::string>(entry.value));
  return out;
}

}  // namespace

void print_paper() {
  const auto path = home_folder() / "experiments" / "paper.toml";
  const Node document = read_toml(read_text_file(path), path.string());
  print_text("the paper, claim by claim (" + text_of(*document.table(), "source") +
                 "): what it says, what came out here, and study:claim where it does",
             "", 2);
  for (const Member& member : *document.table()) {
    if (member.key != "claims") continue;
    for (const Node& row : *member.node.list()) {
      const Node::Table& its = *row.table();
      const std::string name = text_of(its, "name");
      print_text((name.empty() ? "" : name + ": ") + text_of(its, "claim"), "  ", 4);
      const auto line = [&](const char* opening, const std::string& text) {
        if (!text.empty()) print_text(fmt::format("{}: {}", opening, text), "      ", 8);
      };
      line("theirs", text_of(its, "theirs"));
      line("ours", text_of(its, "ours"));
      line("claims that say so", fmt::format("{}", fmt::join(texts_of(its, "agree"), ", ")));
      line("claims that say otherwise", fmt::format("{}", fmt::join(texts_of(its, "differ"), ", ")));
      line("see", fmt::format("{}", fmt::join(texts_of(its, "see"), ", ")));
    }
  }
}

}  // namespace twostage
