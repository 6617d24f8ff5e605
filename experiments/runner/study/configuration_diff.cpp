#include "experiments/runner/study/configuration_diff.hpp"

#include <map>
#include <set>

#include "experiments/runner/study/document.hpp"

namespace twostage {
namespace {

using Flat = std::map<std::string, std::string>;

// Leaves by dotted path; tables in a list go by their name or id.
void flatten(const Node& node, const std::string& path, Flat& out) {
  if (const auto* table = node.table()) {
    for (const Member& member : *table)
      flatten(member.node, path.empty() ? member.key : path + "." + member.key, out);
  } else if (const auto* list = node.list()) {
    std::string items;
    for (std::size_t i = 0; i < list->size(); ++i) {
      const Node& item = (*list)[i];
      if (item.table()) {
        std::string label = std::to_string(i + 1);
        for (const Member& member : *item.table())
          if (const auto* text = std::get_if<std::string>(&member.node.value);
              text && (member.key == "name" || member.key == "id"))
            label = *text;
        flatten(item, path + "." + label, out);
      } else {
        items += (i ? ", " : "") + to_text(to_value(item, path));
      }
    }
    if (list->empty() || !list->front().table()) out[path] = "[" + items + "]";
  } else {
    out[path] = to_text(to_value(node, path));
  }
}

}  // namespace

std::string configuration_difference(const std::string& there, const std::string& here, std::size_t most) {
  Flat a, b;
  flatten(read_toml(there, "configuration"), "", a);
  flatten(read_toml(here, "configuration"), "", b);
  std::set<std::string> keys;
  for (const Flat* flat : {&a, &b})
    for (const auto& item : *flat) keys.insert(item.first);
  const auto text = [](const Flat& flat, const std::string& key) {
    const auto it = flat.find(key);
    return it == flat.end() ? std::string("absent") : it->second;
  };
  std::string out;
  std::size_t count = 0;
  for (const std::string& key : keys) {
    const std::string was = text(a, key), is = text(b, key);
    if (was == is || ++count > most) continue;
    out.append(out.empty() ? "" : "; ").append(key).append(" is ").append(was).append(" there and ");
    out.append(is).append(" here");
  }
  if (count > most) out += "; and " + std::to_string(count - most) + " more";
  return out;
}

}  // namespace twostage
