// The pid file: holds the process id, and a lock for as long as the daemon lives. The lock decides, not the file: one
// left behind by a daemon that died does not stop the next.
#pragma once

#include <string>

#include <tl/expected.hpp>

#include "tools/openl2tpd/unique_fd.hpp"

namespace openl2tp::daemon {

/// Removes the file when destroyed, by the process that wrote it.
class PidFile {
 public:
  /// Creates or takes over `path` and writes our process id. Call it in the process that stays.
  /// @error one line: who holds it ("already running as process 123"), or why it cannot be written.
  [[nodiscard]] static tl::expected<PidFile, std::string> write(std::string path);

  PidFile(PidFile&& other) noexcept = default;
  PidFile& operator=(PidFile&&) = delete;
  ~PidFile();

 private:
  PidFile(std::string path, UniqueFd file) : path_(std::move(path)), file_(std::move(file)) {}
  std::string path_;
  UniqueFd file_; // holds the lock
};

} // namespace openl2tp::daemon
