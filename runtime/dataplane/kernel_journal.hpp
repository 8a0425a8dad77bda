// Which tunnels this daemon has in the kernel, on disk, so that the next run knows which ones a killed one left. The
// kernel itself does not say whose a tunnel is.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include <tl/expected.hpp>

#include "runtime/dataplane/kernel_types.hpp"
#include "runtime/ring/unique_fd.hpp"

namespace openl2tp::runtime {

struct KernelTunnelReport;
class KernelL2tp;

/// A file with a line for each tunnel that was made or taken away, locked while its daemon lives. Any thread.
class KernelJournal {
 public:
  /// What identifies a tunnel of an earlier run beyond doubt: both ids and both ends of its socket.
  struct Entry {
    std::uint16_t tunnel = 0, peer_tunnel = 0;
    std::string local, peer; // "192.0.2.1:1701"
    bool operator==(const Entry&) const = default;
  };

  /// Locks the file, creating it with mode 0600, and reads what an earlier run left; lines that make no sense are
  /// passed over. @param folder  made if it is missing; the file's name holds the network namespace, where tunnels
  /// live.
  /// @error one line: it cannot be opened, or another daemon of this namespace has it.
  [[nodiscard]] static tl::expected<std::unique_ptr<KernelJournal>, std::string> open(const std::string& folder);

  /// Before the tunnel is made.
  void add(const KernelTunnel& tunnel, const protocol::Path& path);
  /// After it went.
  void remove(protocol::TunnelId tunnel);

  /// Of the earlier run; they stay in the file until forget_leftovers().
  [[nodiscard]] const std::vector<Entry>& leftovers() const noexcept { return leftovers_; }
  void forget_leftovers();

 private:
  KernelJournal() = default;
  void read();
  void append(const std::string& line);
  void rewrite();

  UniqueFd file_;
  std::mutex mutex_;
  std::vector<Entry> leftovers_;
  std::unordered_map<std::uint16_t, Entry> entries_;
  std::size_t lines_ = 0; // in the file
};

/// Deletes from the kernel those tunnels that the journal says an earlier run left, and that the kernel still shows
/// with the same ids and addresses; everything else there is somebody else's. Waits; at start, before a tunnel is made.
/// @return how many were deleted.
std::size_t remove_leftovers(KernelL2tp& kernel, KernelJournal& journal);

} // namespace openl2tp::runtime
