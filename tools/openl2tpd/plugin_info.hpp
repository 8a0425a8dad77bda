// --plugin-info: loads one plugin as the daemon would and tells what was negotiated with it.
#pragma once

#include <string>

#include <tl/expected.hpp>

namespace openl2tp::daemon {

/// Text for standard output. `path` is absolute. @error one sentence: why the daemon would not load it.
[[nodiscard]] tl::expected<std::string, std::string> plugin_info(const std::string& path);

} // namespace openl2tp::daemon
