// A configuration file to a Configuration: its commands are those of l2tpconfig, and l2tpconfig's own code runs them,
// against a model that writes down what they ask for (staged_control.hpp). The running daemon is not touched.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "tools/l2tpconfig/values.hpp"
#include "tools/openl2tpd/config_text.hpp"
#include "tools/openl2tpd/configuration.hpp"

namespace openl2tp::daemon {

struct ConfigDefaults {
  runtime::SystemConfig system; // where the file sets nothing
  runtime::TraceMask trace = 0; // trace flags of new objects
  cli::Resolver resolver = cli::resolve_host;
};

inline constexpr std::size_t config_faults_max = 20; // reported of one file

struct ReadConfiguration {
  Configuration configuration;
  bool unresolved = false;      // host names had no address; the commands that give them were passed over, with a note
  std::vector<FileFault> notes; // commands that were passed over, and values that are used otherwise than given
};

/// Understands and checks a whole file. First every command is parsed; only when all are right they run, all of them:
/// what is refused does not end it. A host name that has no address for now is
/// no fault. May block: the resolver is asked. One thread at a time.
/// @error what is wrong, at least one fault and at most config_faults_max.
[[nodiscard]] tl::expected<ReadConfiguration, std::vector<FileFault>>
read_configuration(const std::string& file, std::string_view text, const ConfigDefaults& defaults);

/// The text of a configuration file. @error why it cannot be read
[[nodiscard]] tl::expected<std::string, std::string> read_configuration_text(const std::string& name);

/// As read_configuration, for a file of this name. @error also why it cannot be read (line 0).
[[nodiscard]] tl::expected<ReadConfiguration, std::vector<FileFault>>
load_configuration(const std::string& file, const ConfigDefaults& defaults);

/// "FILE:LINE: command: what is wrong".
[[nodiscard]] std::string fault_text(std::string_view file, const FileFault& fault);

} // namespace openl2tp::daemon
