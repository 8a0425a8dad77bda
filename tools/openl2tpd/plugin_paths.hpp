// Which plugin files to load: the names of the command line made absolute while the working directory is still the
// operator's.
#pragma once

#include <string>
#include <vector>

#include <tl/expected.hpp>

namespace openl2tp::daemon {

/// lib/openl2tp beside the directory of the running program when that exists (a build tree, a relocated installation);
/// otherwise the directory of the installation prefix.
[[nodiscard]] std::string plugin_directory();

/// Absolute paths of `names`, in order. A file's name with its ending, "my.so", that is not in the plugin directory
/// means the one in the working directory, where there is one. Call it before daemonising. @error the working directory
/// is gone.
[[nodiscard]] tl::expected<std::vector<std::string>, std::string> plugin_files(const std::vector<std::string>& names);

} // namespace openl2tp::daemon
