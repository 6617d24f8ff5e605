// A way out of long computations: whoever starts one says how to ask whether it is still wanted, and every
// iteration within it asks. So a minimiser can be interrupted wherever it is called from, and nothing between
// the two has to pass the question on.
//
// The question is this thread's and lasts as long as the object that put it. It decides whether there is a
// result, never what the result is.
#pragma once

#include <functional>

namespace twostage::num {

class Interruptible {
 public:
  // `ask` throws what the computation is to end by. It takes the place of the question of whoever is further
  // out, which asks along if it wants to be heard. An empty one leaves things as they are.
  explicit Interruptible(std::function<void()> ask);
  ~Interruptible();
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;

 private:
  std::function<void()> ask_;
  const std::function<void()>* outer_;
};

// For iterations of a millisecond or more, and before each evaluation of a function that is minimised.
void may_interrupt();

}  // namespace twostage::num
