// Where the configuration comes from, now and at every SIGHUP.
#pragma once

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

  /// Trace flags of new objects, for what load() builds from now on.
  void trace_new_objects(runtime::TraceMask trace) { defaults_.trace = trace; }

 private:
  std::string file_;
  bool required_;
  ConfigDefaults defaults_;
  runtime::Log& log_;
};

} // namespace openl2tp::daemon
