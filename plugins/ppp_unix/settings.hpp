// What an operator may set about this plugin, and where it finds its programs. Not here: the PPP profile, which comes
// with each session.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>

namespace openl2tp::ppp_unix {

struct Settings {
  std::string pppd = "/usr/sbin/pppd";
  std::string pppd_plugin;                // our part inside pppd; absolute path
  std::uint64_t setup_limit_ms = 120'000; // PPP that is not up by then never will be
};

/// A variable of the environment by its name; nullptr: not set.
using Lookup = std::function<const char*(const char*)>;

/// Reads the settings. `own_folder`: where this plugin's own file lies.
///
///   OPENL2TP_PPPD               the program instead of /usr/sbin/pppd; an absolute path
///   OPENL2TP_PPP_SETUP_TIMEOUT  1 to 3600 seconds
///
/// @return the settings, or the sentence that says what is wrong.
[[nodiscard]] std::variant<Settings, std::string> read_settings(const Lookup& environment,
                                                                const std::string& own_folder);

} // namespace openl2tp::ppp_unix
