#include "plugins/ppp_kernel/configuration_file.hpp"
#include "plugins/descriptors.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "plugins/ppp_kernel/network.hpp"

namespace openl2tp::ppp_kernel {

std::shared_ptr<const Options> ConfigurationFile::options() const {
  const std::scoped_lock lock(mutex_);
  return options_;
}

void ConfigurationFile::look(const Log& warn) {
  const std::scoped_lock looking(looking_);
  if (!path_.empty()) read(warn);
  add_default_scripts();
}

void ConfigurationFile::read(const Log& warn) {
  struct stat now{};
  const Descriptor fd(open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (fd.get() < 0 || fstat(fd.get(), &now) < 0) {
    const int fault = errno;
    const bool was_there = seen_.changed.tv_sec != -1;
    const bool said = std::exchange(missing_, true);
    if (!said && (required_ || was_there || fault != ENOENT))
      warn(path_ + ": " + plugins::error_text(fault) + (was_there ? "; what it said stays" : ""));
    return;
  }
  missing_ = false;
  const Seen seen{now.st_mtim, now.st_ino, static_cast<std::uint64_t>(now.st_size)};
  if (seen == seen_) return;
  seen_ = seen;
  if (!S_ISREG(now.st_mode) || seen.size > configuration_text_max)
    return warn(path_ + ": not a file, or larger than 1 MiB; nothing of it counts");
  std::string text(seen.size, '\0');
  std::size_t have = 0;
  while (have < text.size()) {
    const ssize_t got = ::read(fd.get(), text.data() + have, text.size() - have);
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  text.resize(have);
  auto parsed = parse_configuration(text);
  if (!parsed) {
    for (const ConfigurationProblem& problem : parsed.error())
      warn(path_ + ":" + std::to_string(problem.line) + ": " + problem.what);
    return warn(path_ + ": nothing of it counts, all stays as it was");
  }
  pools_.define(std::move(parsed->pools), warn);
  said_ = std::move(parsed->options);
}

/// Scripts may come and go without the file.
void ConfigurationFile::add_default_scripts() {
  Options made = said_;
  for (std::size_t i = 0; i < script_kinds && !scripts_.empty(); ++i) {
    std::string path = scripts_ + "/" + std::string(name(static_cast<ScriptKind>(i)));
    if (!made.scripts_said[i] && access(path.c_str(), X_OK) == 0) made.scripts[i] = std::move(path);
  }
  auto shared = std::make_shared<const Options>(std::move(made));
  const std::scoped_lock lock(mutex_);
  options_ = std::move(shared);
}

} // namespace openl2tp::ppp_kernel
