#include "tools/openl2tpd/status_tree.hpp"
#include "runtime/descriptors.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

namespace openl2tp::daemon {

namespace {

// The directory may hold files of others, so what is ours is listed.
constexpr std::array ours{"system",           "peers",        "tunnels", "peer-profiles", "tunnel-profiles",
                          "session-profiles", "ppp-profiles", ".new"};
constexpr const char* half_written = ".new";
constexpr std::size_t file_name_max = 255;

std::string problem(const std::string& path, int error) { return path + ": " + runtime::error_text(error); }

} // namespace

tl::expected<StatusTree, std::string> StatusTree::open(const std::string& directory) {
  std::error_code fault;
  std::filesystem::create_directories(directory, fault);
  UniqueFd lock(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock) return tl::unexpected(problem(directory, errno));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
    return tl::unexpected(directory + ": another daemon writes its status files there");
  StatusTree tree(directory, std::move(lock));
  tree.clear();
  return tree;
}

tl::expected<void, std::string> StatusTree::write(const std::string& name, std::string_view text) {
  const std::string path = directory_ + '/' + name, fresh = directory_ + '/' + half_written;
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored); // opening tells
  ::unlink(fresh.c_str());
  UniqueFd file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!file) return tl::unexpected(problem(fresh, errno));
  while (!text.empty()) {
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      const int error = errno;
      ::unlink(fresh.c_str());
      return tl::unexpected(problem(fresh, error));
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  file.close();
  if (::rename(fresh.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(fresh.c_str());
    return tl::unexpected(problem(path, error));
  }
  return {};
}

void StatusTree::remove(const std::string& name) {
  std::error_code ignored;
  std::filesystem::remove_all(directory_ + '/' + name, ignored);
}

void StatusTree::clear() {
  for (const char* name : ours)
    remove(name);
}

std::string file_name(std::string_view name) {
  std::string text;
  for (const char c : name) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 || octet == 0x7f || c == '/' || c == '%' || (c == '.' && text.empty()))
      text += fmt::format("%{:02X}", octet);
    else
      text += c;
  }
  return text.size() > file_name_max ? std::string() : text;
}

} // namespace openl2tp::daemon
