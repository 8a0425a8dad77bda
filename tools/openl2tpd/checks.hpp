// What an operator can ask before the daemon runs: is this file in order, and does this machine have what is needed?
// Neither starts anything.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/openl2tpd/options.hpp"

namespace openl2tp::daemon {

/// One thing that the daemon needs or can use.
struct Finding {
  enum class State : unsigned char {
    there,
    optional, // missing, and something works less well or not at all; `cure` says what
    missing,  // the daemon does not work without it
  };
  State state = State::there;
  std::string text; // what was looked at, and what was found
  std::string cure; // what to do about it; empty where nothing is missing
};

/// Looks at the machine as the process may see it. May wait for the kernel to load modules.
[[nodiscard]] std::vector<Finding> look_at_system(const Options& options);
/// A line for each, with the cure below it.
[[nodiscard]] std::string describe(const std::vector<Finding>& findings);

/// --check-system: prints the findings. @return exit status: 1 when something is missing that the daemon needs
[[nodiscard]] int check_system(const Options& options);

/// --check: reads the configuration file as the daemon would and prints every mistake and remark. Host names are looked
/// up. @return exit status: 1 when the daemon would not start with it
[[nodiscard]] int check_configuration(const Options& options);

} // namespace openl2tp::daemon
