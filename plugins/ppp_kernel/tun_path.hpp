// User data over TUN devices: one for all callers of a shard, found by their addresses; one of its own for a session
// that dials out, or whose interface the operator has named. Here is what the devices of a shard share; a device is in
// tun_device.hpp, a session's part in tun_session.hpp, what is asked of the kernel in network.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <vector>

#include <openl2tp/plugin.hpp>

#include "plugins/ppp_kernel/data_path.hpp"
#include "plugins/ppp_kernel/network.hpp"

namespace openl2tp::ppp_kernel {

class TunSession;
class TunDevice;

/// What the TUN devices of one shard share. No two callers of any shard may have one IPv4 address: the users see to
/// that. [shard]
class TunPaths {
 public:
  /// Frames that the devices may bring before the loop has its own turn; a packet that is cut may go beyond.
  static constexpr std::size_t frames_a_turn = 256;
  /// Packets that are read before their frames go to the daemon.
  static constexpr std::size_t packets_a_batch = 64;

  TunPaths(Host host, openl2tp_loop* loop, Network& network);
  ~TunPaths();
  TunPaths(const TunPaths&) = delete;
  TunPaths& operator=(const TunPaths&) = delete;

  /// @param interface_name the operator's wish; empty: none
  /// @param alone a device of its own, whose peer may send from any address: we dial out
  [[nodiscard]] std::unique_ptr<DataPath> make(PathUser& user, std::string_view interface_name, bool alone);

  /// Writes what was delivered since the last time. Must come before the octets of the frames go.
  void flush();

 private:
  friend class TunSession;
  friend class TunDevice;
  /// A device whose descriptor the loop still has.
  struct Closing {
    TunPaths* paths;
    std::shared_ptr<Device> device;
    std::vector<std::shared_ptr<const void>> keeps;
    std::list<Closing>::iterator place;
  };
  /// `keeps`: until it is closed
  void close_later(openl2tp_watch* watch, std::shared_ptr<Device> device,
                   std::vector<std::shared_ptr<const void>> keeps);
  void read_later(const std::shared_ptr<TunDevice>& device);
  void read_on();
  /// A copy of a packet that is to be changed, until flush().
  [[nodiscard]] std::span<std::byte> copy(ppp::Octets packet);
  /// Memory for a packet that long, with `room` octets in front of it; one of packets_a_batch.
  [[nodiscard]] std::span<std::byte> slot(std::size_t index, std::size_t room, std::size_t size);
  void send_frames();

  Host host_;
  openl2tp_loop* loop_;
  NetworkQueue queue_;
  std::list<Closing> closing_;
  std::weak_ptr<TunDevice> shared_;
  std::vector<std::shared_ptr<TunDevice>> unread_;
  bool posted_ = false;
  // Of one turn: reused, so that they stop allocating.
  std::unique_ptr<std::byte[]> arena_; // of packets that are read; untouched parts of it cost nothing
  std::size_t arena_size_ = 0;
  std::vector<openl2tp_frame_out> frames_; // to be sent; they view the arena
  std::vector<TunDevice*> unwritten_;
  std::vector<std::byte> copies_;
  std::size_t copied_ = 0;
};

} // namespace openl2tp::ppp_kernel
