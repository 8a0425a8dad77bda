// Where the configuration comes from, now and at every SIGHUP.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/trace/log.hpp"
#include "tools/openl2tpd/config_reader.hpp"

namespace openl2tp::daemon {

/// One thread.
class ConfigSource {
 public:
  /// `given`: the file of -c; without one the default file is read where there is one. `log` outlives it.
  ConfigSource(std::optional<std::string> given, ConfigDefaults defaults, runtime::Log& log,
               std::string default_file = {});

  /// The configuration that the file asks for; an empty one when there is no file and none was given or read before.
  /// Remarks go to the log. @error lines for the operator.
  [[nodiscard]] tl::expected<Configuration, std::vector<std::string>> load();

  /// True when host names of the file that was loaded last have no address yet.
  [[nodiscard]] bool has_unresolved() const noexcept { return unresolved_; }
  /// What the text that was loaded last asks for, with the addresses that its names have now; the file is not read.
  /// Says nothing again about those that still have none.
  [[nodiscard]] tl::expected<Configuration, std::vector<std::string>> resolve_again();

  /// Trace flags of new objects, for what load() builds from now on.
  void trace_new_objects(runtime::TraceMask trace) { defaults_.trace = trace; }

 private:
  using Loaded = tl::expected<Configuration, std::vector<std::string>>;
  [[nodiscard]] Loaded understand(bool remarks);
  /// A name keeps its address as long as it has it among others, or none at all: living tunnels are not moved about.
  [[nodiscard]] tl::expected<protocol::IpAddress, std::string> address_of(const std::string& name, bool v4_only);

  std::string file_;
  std::string text_;                                     // of the file, as it was loaded last
  std::map<std::string, protocol::IpAddress> addresses_; // of names
  bool unresolved_ = false;
  bool required_;
  ConfigDefaults defaults_;
  runtime::Log& log_;
};

} // namespace openl2tp::daemon
