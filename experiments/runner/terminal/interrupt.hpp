// SIGINT and SIGTERM as a question that can be asked: the first asks to stop and keep what is finished, a
// second one ends the process as usual.
#pragma once

namespace twostage {

class Interrupt {
 public:
  Interrupt();   // takes over the two signals
  ~Interrupt();  // gives them back
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  static bool requested();
  static bool terminated();  // by SIGTERM, as schedulers do, and not by a person at the keyboard
};

}  // namespace twostage
