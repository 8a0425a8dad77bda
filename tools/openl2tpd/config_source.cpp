#include "tools/openl2tpd/config_source.hpp"

#include <unistd.h>

#include <cerrno>

#include "tools/openl2tpd/options.hpp"

namespace openl2tp::daemon {

ConfigSource::ConfigSource(std::optional<std::string> given, ConfigDefaults defaults, runtime::Log& log,
                           std::string default_file)
    : file_(given                  ? std::move(*given)
            : default_file.empty() ? std::string(config_file_default)
                                   : std::move(default_file)),
      required_(given.has_value()), defaults_(defaults), log_(log) {}

tl::expected<Configuration, std::vector<std::string>> ConfigSource::load() {
  if (!required_ && ::access(file_.c_str(), F_OK) != 0 && errno == ENOENT) return Configuration{};
  auto read = load_configuration(file_, defaults_);
  if (!read) {
    std::vector<std::string> lines;
    for (const FileFault& fault : read.error())
      lines.push_back(fault_text(file_, fault));
    return tl::unexpected(std::move(lines));
  }
  for (const FileFault& note : read->notes)
    log_.warning(fault_text(file_, note));
  required_ = true; // a file that vanishes would take everything with it, so that is a mistake
  return std::move(read->configuration);
}

} // namespace openl2tp::daemon
