#include "runtime/dataplane/kernel_journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <sstream>

#include "runtime/dataplane/kernel_l2tp.hpp"
#include "runtime/descriptors.hpp"

namespace openl2tp::runtime {

namespace {

constexpr std::size_t kSlack = 4096; // lines of the past before the file is written anew
constexpr std::size_t kReadMax = std::size_t{64} << 20;

std::string line_of(const KernelJournal::Entry& entry) {
  return "+ " + std::to_string(entry.tunnel) + ' ' + std::to_string(entry.peer_tunnel) + ' ' + entry.local + ' ' +
         entry.peer + '\n';
}

std::string failure(const std::string& what, const std::string& path) {
  return "cannot " + what + " " + path + ": " + error_text(errno);
}

} // namespace

tl::expected<std::unique_ptr<KernelJournal>, std::string> KernelJournal::open(const std::string& folder) {
  struct stat space{};
  if (::stat("/proc/self/ns/net", &space) != 0) return tl::unexpected(failure("look at", "/proc/self/ns/net"));
  if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) return tl::unexpected(failure("make", folder));
  const std::string path = folder + "/kernel-tunnels." + std::to_string(space.st_ino);
  std::unique_ptr<KernelJournal> journal(new KernelJournal);
  journal->file_.reset(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!journal->file_) return tl::unexpected(failure("open", path));
  if (::flock(journal->file_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return tl::unexpected(path + " belongs to another openl2tpd, which runs");
    return tl::unexpected(failure("lock", path));
  }
  journal->read();
  return journal;
}

void KernelJournal::read() {
  std::string text;
  std::array<char, 65536> part{};
  while (text.size() < kReadMax) {
    const ssize_t octets = ::pread(file_.get(), part.data(), part.size(), static_cast<off_t>(text.size()));
    if (octets <= 0) break;
    text.append(part.data(), static_cast<std::size_t>(octets));
  }
  std::istringstream lines(text);
  std::unordered_map<std::uint16_t, Entry> found;
  for (std::string line; std::getline(lines, line); ++lines_) {
    std::istringstream words(line);
    std::string kind;
    Entry entry;
    if (!(words >> kind >> entry.tunnel) || entry.tunnel == 0) continue;
    if (kind == "-") found.erase(entry.tunnel);
    if (kind == "+" && words >> entry.peer_tunnel >> entry.local >> entry.peer) found[entry.tunnel] = entry;
  }
  for (auto& [tunnel, entry] : found)
    leftovers_.push_back(std::move(entry));
}

void KernelJournal::add(const KernelTunnel& tunnel, const protocol::Path& path) {
  const Entry entry{.tunnel = tunnel.tunnel.value,
                    .peer_tunnel = tunnel.peer_tunnel.value,
                    .local = to_string(path.local),
                    .peer = to_string(path.peer)};
  const std::scoped_lock lock(mutex_);
  entries_[entry.tunnel] = entry;
  append(line_of(entry));
}

void KernelJournal::remove(protocol::TunnelId tunnel) {
  const std::scoped_lock lock(mutex_);
  if (entries_.erase(tunnel.value) != 0) append("- " + std::to_string(tunnel.value) + '\n');
}

void KernelJournal::forget_leftovers() {
  const std::scoped_lock lock(mutex_);
  leftovers_.clear();
  rewrite();
}

// A full disk costs no tunnel: the next run then knows less.
void KernelJournal::append(const std::string& line) {
  if (++lines_ > 2 * entries_.size() + kSlack) return rewrite();
  static_cast<void>(!::write(file_.get(), line.data(), line.size()));
}

void KernelJournal::rewrite() {
  std::string text;
  for (const Entry& entry : leftovers_)
    text += line_of(entry);
  for (const auto& [tunnel, entry] : entries_)
    text += line_of(entry);
  lines_ = leftovers_.size() + entries_.size();
  if (::ftruncate(file_.get(), 0) != 0) return;
  static_cast<void>(!::write(file_.get(), text.data(), text.size()));
}

std::size_t remove_leftovers(KernelL2tp& kernel, KernelJournal& journal) {
  std::size_t removed = 0;
  if (!journal.leftovers().empty()) {
    const auto tunnels = kernel.list_tunnels(); // without netlink there is no way, and they went with their sockets
    for (const KernelTunnelReport& tunnel : tunnels.value_or(std::vector<KernelTunnelReport>{})) {
      if (tunnel.protocol_version != 2 || tunnel.tunnel > 0xffff || tunnel.peer_tunnel > 0xffff) continue;
      const KernelJournal::Entry shown{.tunnel = static_cast<std::uint16_t>(tunnel.tunnel),
                                       .peer_tunnel = static_cast<std::uint16_t>(tunnel.peer_tunnel),
                                       .local = to_string(tunnel.path.local),
                                       .peer = to_string(tunnel.path.peer)};
      for (const KernelJournal::Entry& entry : journal.leftovers())
        if (entry == shown && kernel.delete_tunnel(protocol::TunnelId{entry.tunnel})) ++removed;
    }
  }
  journal.forget_leftovers();
  return removed;
}

} // namespace openl2tp::runtime
