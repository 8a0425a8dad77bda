#include "tools/openl2tpd/config_source.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "tools/openl2tpd/options.hpp"

namespace openl2tp::daemon {

ConfigSource::ConfigSource(std::optional<std::string> given, ConfigDefaults defaults, runtime::Log& log,
                           std::string default_file)
    : file_(given                  ? std::move(*given)
            : default_file.empty() ? std::string(config_file_default)
                                   : std::move(default_file)),
      required_(given.has_value()), defaults_(defaults), log_(log) {}

tl::expected<Configuration, std::vector<std::string>> ConfigSource::load() {
  if (!required_ && ::access(file_.c_str(), F_OK) != 0 && errno == ENOENT) {
    unresolved_ = false;
    return Configuration{};
  }
  auto text = read_configuration_text(file_);
  if (!text) return tl::unexpected(std::vector{fault_text(file_, {0, {}, "cannot be read: " + text.error()})});
  std::string before = std::exchange(text_, std::move(*text));
  Loaded loaded = understand(true);
  if (loaded)
    required_ = true; // a file that vanishes would take everything with it, so that is a mistake
  else
    text_ = std::move(before); // what is in force
  return loaded;
}

tl::expected<Configuration, std::vector<std::string>> ConfigSource::resolve_again() { return understand(false); }

ConfigSource::Loaded ConfigSource::understand(bool remarks) {
  ConfigDefaults defaults = defaults_;
  defaults.resolver = [this](const std::string& name, bool v4_only) { return address_of(name, v4_only); };
  auto read = read_configuration(file_, text_, defaults);
  if (!read) {
    std::vector<std::string> lines;
    for (const FileFault& fault : read.error())
      lines.push_back(fault_text(file_, fault));
    return tl::unexpected(std::move(lines));
  }
  if (remarks)
    for (const FileFault& note : read->notes)
      log_.warning(fault_text(file_, note));
  unresolved_ = read->unresolved;
  return std::move(read->configuration);
}

tl::expected<protocol::IpAddress, std::string> ConfigSource::address_of(const std::string& name, bool v4_only) {
  const std::string key = name + (v4_only ? "/4" : "");
  const auto known = addresses_.find(key);
  const auto found = cli::addresses_of_host(name, v4_only);
  if (known != addresses_.end() && (!found || std::ranges::find(*found, known->second) != found->end()))
    return known->second;
  if (!found) return tl::unexpected(found.error());
  const auto v4 = std::ranges::find(*found, 4, &protocol::IpAddress::family);
  return addresses_[key] = v4 == found->end() ? found->front() : *v4;
}

} // namespace openl2tp::daemon
