// One TUN device and the sessions on it: packets read, cut and handed to the session that has their destination, and
// packets of peers joined and written. It lives as long as one of its sessions is up.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <unordered_map>

#include "plugins/ppp_kernel/coalescer.hpp"
#include "plugins/ppp_kernel/segmenter.hpp"
#include "plugins/ppp_kernel/tun_path.hpp"

namespace openl2tp::ppp_kernel {

/// [shard]
class TunDevice : public std::enable_shared_from_this<TunDevice> {
 public:
  /// `alone`: all packets go to its one session.
  TunDevice(TunPaths& paths, std::string name, std::uint32_t mtu, bool alone);
  ~TunDevice();
  TunDevice(const TunDevice&) = delete;
  TunDevice& operator=(const TunDevice&) = delete;

  void open();
  /// @return empty, or why it cannot be on this device
  [[nodiscard]] std::string add(TunSession& session, ppp::Network network);
  void remove(TunSession& session, ppp::Network network) noexcept;
  /// Takes a packet of a peer until TunPaths::flush(). @param mtu that TCP is held to @return false: it is not open
  [[nodiscard]] bool write(const IpPacket& packet, std::size_t mtu);
  [[nodiscard]] const std::shared_ptr<Device>& device() const noexcept { return device_; }
  /// Why there is no interface; empty: nothing is wrong, so far.
  [[nodiscard]] const std::string& fault() const noexcept { return fault_; }

  // ---- for TunPaths
  [[nodiscard]] bool readable() const noexcept { return watch_ != nullptr; }
  /// @return false when there may be more
  [[nodiscard]] bool read_turn();
  void write_out();

 private:
  void handle_opened(const std::string& fault);
  /// Sends one packet of the host. @return frames
  std::size_t handle_packet(std::span<std::byte> octets);
  [[nodiscard]] TunSession* find(const IpPacket& packet) const noexcept;

  TunPaths& paths_;
  std::shared_ptr<Device> device_;
  openl2tp_watch* watch_ = nullptr;
  std::string fault_;
  std::vector<std::shared_ptr<const void>> keeps_; // what goes with the device
  TunSession* only_ = nullptr;                     // of one alone
  bool alone_;
  std::uint32_t sessions_ = 0;                                                 // networks of sessions
  std::array<std::unordered_map<std::uint64_t, TunSession*>, 2> by_peer_;      // by network, by the peer's address
  std::array<std::unordered_map<std::uint64_t, std::uint32_t>, 2> local_uses_; // sessions that have the local address
  std::unique_ptr<Coalescer> unwritten_;                                       // once it is open
};

} // namespace openl2tp::ppp_kernel
