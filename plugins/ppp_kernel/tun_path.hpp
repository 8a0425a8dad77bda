// User data over TUN devices: one for all callers of a shard, found by their addresses; one of its own for a session
// that dials out, or whose interface the operator has named. What is asked of the kernel is network.hpp's.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <openl2tp/plugin.hpp>

#include "plugins/ppp_kernel/data_path.hpp"
#include "plugins/ppp_kernel/network.hpp"

namespace openl2tp::ppp_kernel {

/// The peers' addresses of all shards: no two callers have the same one. Any thread.
class Claims {
 public:
  [[nodiscard]] bool take(ppp::Ipv4 address) {
    const std::scoped_lock lock(mutex_);
    return taken_.insert(address.value).second;
  }
  void give_back(ppp::Ipv4 address) noexcept {
    const std::scoped_lock lock(mutex_);
    taken_.erase(address.value);
  }

 private:
  std::mutex mutex_;
  std::unordered_set<std::uint32_t> taken_;
};

class TunPath;
class TunDevice;

/// What the TUN devices of one shard share. [shard]
class TunPaths {
 public:
  /// Packets that one device may bring before others have their turn.
  static constexpr std::size_t packets_a_turn = 64;

  TunPaths(Host host, openl2tp_loop* loop, Network& network, Claims& claims);
  ~TunPaths();
  TunPaths(const TunPaths&) = delete;
  TunPaths& operator=(const TunPaths&) = delete;

  /// @param interface_name the operator's wish; empty: none
  /// @param alone a device of its own, whose peer may send from any address: we dial out
  [[nodiscard]] std::unique_ptr<DataPath> make(PathUser& user, std::string_view interface_name, bool alone);

 private:
  friend class TunPath;
  friend class TunDevice;
  /// A device whose descriptor the loop still has.
  struct Closing {
    TunPaths* paths;
    std::shared_ptr<Device> device;
    std::list<Closing>::iterator place;
  };
  void close_later(openl2tp_watch* watch, std::shared_ptr<Device> device);
  void read_later(const std::shared_ptr<TunDevice>& device);
  void read_on();

  Host host_;
  openl2tp_loop* loop_;
  Claims& claims_;
  NetworkQueue queue_;
  std::list<Closing> closing_;
  std::weak_ptr<TunDevice> shared_;
  std::vector<std::shared_ptr<TunDevice>> unread_;
  bool posted_ = false;
  std::vector<std::uint8_t> arena_; // of one turn's packets
  std::vector<openl2tp_frame_out> frames_;
};

/// A device and the sessions on it. Lives as long as one of them is up. [shard]
class TunDevice : public std::enable_shared_from_this<TunDevice> {
 public:
  /// `alone`: all packets go to its one session.
  TunDevice(TunPaths& paths, std::string name, std::uint32_t mtu, bool alone);
  ~TunDevice();
  TunDevice(const TunDevice&) = delete;
  TunDevice& operator=(const TunDevice&) = delete;

  void open();
  void add(TunPath& path);
  void remove(TunPath& path) noexcept;
  /// @return false when the kernel does not take it now
  [[nodiscard]] bool write(ppp::Octets packet) const noexcept;
  [[nodiscard]] const std::shared_ptr<Device>& device() const noexcept { return device_; }
  /// Why there is no interface; empty: nothing is wrong, so far.
  [[nodiscard]] const std::string& fault() const noexcept { return fault_; }

 private:
  friend class TunPaths;
  void handle_opened(const std::string& fault);
  /// @return false when there may be more
  [[nodiscard]] bool read_turn();
  [[nodiscard]] TunPath* find(const std::uint8_t* packet, std::size_t size) const noexcept;

  TunPaths& paths_;
  std::shared_ptr<Device> device_;
  openl2tp_watch* watch_ = nullptr;
  bool alone_;
  std::string fault_;
  std::unordered_map<std::uint32_t, TunPath*> by_peer_;         // by the peer's address; of one alone, by 0
  std::unordered_map<std::uint32_t, std::uint32_t> local_uses_; // sessions that have the local address
};

} // namespace openl2tp::ppp_kernel
