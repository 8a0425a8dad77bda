// A directory of status files: each replaced whole, so that a reader never sees half of one. What is in them is
// status_files.hpp's business.
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "tools/openl2tpd/unique_fd.hpp"

namespace openl2tp::daemon {

/// One thread. Holds a lock on the directory for as long as it lives.
class StatusTree {
 public:
  /// Makes the directory where there is none, and empties it of what a daemon that died left there; files of others
  /// stay. @error one line: it cannot be made, or another daemon writes there.
  [[nodiscard]] static tl::expected<StatusTree, std::string> open(const std::string& directory);

  /// Writes the file `name` (relative, with slashes), making the directories it needs. @error one line
  [[nodiscard]] tl::expected<void, std::string> write(const std::string& name, std::string_view text);
  /// Removes a file or a directory with all that is in it; what is not there is fine.
  void remove(const std::string& name);
  /// Removes all that is ours.
  void clear();

 private:
  StatusTree(std::string directory, UniqueFd lock) : directory_(std::move(directory)), lock_(std::move(lock)) {}
  std::string directory_;
  UniqueFd lock_;
};

/// A name as one component of a path: a slash, a percent sign, control characters and a leading dot become %NN.
/// @return empty when that is longer than a file name can be.
[[nodiscard]] std::string file_name(std::string_view name);

} // namespace openl2tp::daemon
