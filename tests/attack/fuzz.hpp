// Damage by chance: bytes of result and batch files flipped, set, inserted, left out and cut off, and whole
// datasets bent and stamped anew. Whatever comes, the answer is a refusal in words or the very content of the
// file before: no crash, no hang, nothing wrong accepted. Each case is a function of its number.
#pragma once

#include <fmt/format.h>

#include "experiments/runner/result/batch_file.hpp"
#include "results/dataset/content_hash.hpp"
#include "results/store/batches.hpp"
#include "sim/random/stream.hpp"
#include "tests/attack/forgery.hpp"

namespace twostage::test {

class Dice {
 public:
  explicit Dice(std::uint64_t number)
      : engine_(RandomSource(1, "attack").stream(Purpose::optimiser, number, 0, 0)) {}
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(engine_() % n); }
  template <typename Item>
  Item& one_of(std::vector<Item>& items) {
    return items[below(items.size())];
  }

 private:
  Philox4x64 engine_;
};

// One to three small damages.
inline std::string damaged(std::string bytes, Dice& dice) {
  for (std::size_t left = 1 + dice.below(3); left > 0; --left) {
    const std::size_t at = dice.below(bytes.size());
    const std::size_t length = std::min(1 + dice.below(16), bytes.size() - at);
    switch (dice.below(7)) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << dice.below(8)));
        break;
      case 1:
        bytes[at] = static_cast<char>(dice.below(256));
        break;
      case 2:
        bytes.replace(at, length, length, '\0');
        break;
      case 3:
        bytes.replace(at, length, length, '\xff');
        break;
      case 4:
        bytes.insert(at, length, static_cast<char>(dice.below(256)));
        break;
      case 5:
        bytes.erase(at, length);
        break;
      default:
        bytes.resize(at + 1);
    }
  }
  return bytes;
}

// Bends a dataset. Whether the result can never be one of a study: another configuration may be (`reproduce`
// tells), and a remark may be absent.
inline bool bend(Dataset& data, Dice& dice) {
  std::vector<std::size_t> arrays;
  for (std::size_t i = 0; i < data.variables.size(); ++i)
    if (!data.variables[i].dimensions.empty()) arrays.push_back(i);
  Variable& array = data.variables[dice.one_of(arrays)];
  Dimension& dimension = dice.one_of(data.dimensions);
  const std::string name = dimension.name;
  const std::size_t count = size(array);
  switch (dice.below(12)) {
    case 0:
      drop(data, name);
      return true;
    case 1:
      shorten(data, name, dice.below(dimension.size()));
      return true;
    case 2:
      array.name += "x";
      return true;
    case 3:
      array.data = std::vector<std::int64_t>(count, 1);
      return true;
    case 4:
      array.data = std::vector<std::string>(count, "1");
      return true;
    case 5:
      array.data = std::vector<double>(dice.below(count));
      return true;
    case 6:
      std::ranges::reverse(array.dimensions);
      return true;
    case 7: {
      const auto attribute = std::next(array.attributes.begin(),
                                       static_cast<std::ptrdiff_t>(dice.below(array.attributes.size())));
      const bool remark = attribute->first == "comment";
      array.attributes.erase(attribute);
      return !remark;
    }
    case 8:
      array.attributes["units"] = static_cast<double>(dice.below(9));
      return true;
    case 9:
      dimension.coordinate = std::vector<double>(dimension.size(), 1e300);
      return true;
    case 10: {
      const std::vector<std::string> identity = {"study", "seed", "title", "config_hash", "rng"};
      data.attributes[identity[dice.below(identity.size())]] = std::int64_t{-1};
      return true;
    }
    default: {
      std::string& text = values_of<std::string>(variable_of(data, "configuration"))[0];
      text = damaged(text, dice);
      data.attributes["config_hash"] = sha256(text);
      return false;
    }
  }
}

class Fuzz : public Forgery {
 protected:
  // Reads as every command does.
  static void expect_refused_or_equal(const std::filesystem::path& file, const std::string& hash,
                                      const std::string& what) {
    SCOPED_TRACE(what);
    try {
      EXPECT_EQ(content_hash(read_result(file).data), hash) << "accepted, and not what was written";
    } catch (const InputError&) {
    }
  }

  void damage_results(std::uint64_t cases) {
    const std::string intact = read_text(folder / "whole.h5");
    const std::string hash = content_hash(read_dataset(folder / "whole.h5"));
    for (std::uint64_t i = 0; i < cases; ++i)
      for (const bool with_seal : {true, false}) {
        Dice dice(i);
        write_text(folder / "d.h5", damaged(with_seal ? intact : unsealed(intact), dice));
        expect_refused_or_equal(folder / "d.h5", hash,
                                fmt::format("case {}, {}", i, with_seal ? "sealed" : "without a seal"));
      }
  }

  // As if they had been written and read again, which the tests beside this one do.
  void bend_results(std::uint64_t cases) {
    const Dataset intact = read_dataset(folder / "whole.h5");
    for (std::uint64_t i = 0; i < cases; ++i) {
      Dice dice(i);
      Dataset bent = intact;
      const bool never = bend(bent, dice);
      const std::string here = fmt::format("case {}", i);
      SCOPED_TRACE(here);
      try {
        validate(bent);
        checked_result("bent.h5", std::move(bent));
        EXPECT_FALSE(never) << "accepted";
      } catch (const std::invalid_argument&) {  // not even a dataset
      } catch (const InputError&) {
      }
    }
  }

  void damage_batches(std::uint64_t cases) {
    const Study study = small_study();
    const Columns columns = columns_of(study);
    const std::string hash = batch_hash(study, columns);
    const Batch batch = {1, 2, 2};
    BatchResult intact = empty_batch(study, columns, batch);
    for (std::size_t i = 0; i < intact.arm_values.size(); ++i) intact.arm_values[i] = std::nan("");
    intact.errors.push_back({1, 3, "dpo", "no"});
    save_batch(folder.path(), study, hash, intact);
    const std::filesystem::path file = batch_path(folder.path(), batch_id(study, batch));
    const std::string bytes = read_text(file);
    for (std::uint64_t i = 0; i < cases; ++i)
      for (const bool with_seal : {true, false}) {
        Dice dice(i);
        write_text(file, damaged(with_seal ? bytes : unsealed(bytes), dice));
        testing::internal::CaptureStderr();
        const auto found = load_batch(folder.path(), study, columns, hash, batch);
        testing::internal::GetCapturedStderr();
        if (!found) continue;
        EXPECT_EQ(found->status, intact.status) << "case " << i;
        EXPECT_EQ(found->errors.size(), 1u) << "case " << i;
      }
  }
};

}  // namespace twostage::test
