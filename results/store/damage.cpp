#include "results/store/damage.hpp"

#include "results/file/child.hpp"
#include "results/store/handle.hpp"
#include "results/store/layout.hpp"

namespace twostage {

std::string locate_damage(const std::filesystem::path& path) {
  const ChildAnswer found = ask_child(std::filesystem::file_size(path), [&]() -> std::string {
    try {
      const hdf5::Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
      return hdf5::find_damage(file);
    } catch (const std::exception&) {
      return "";  // not even the structure can be read: no variable to name
    }
  });
  return found.given && !found.text.empty() ? found.text
                                            : "damaged since it was written (its seal does not match)";
}

}  // namespace twostage
