// Joins what came from peers before it goes into a TUN device with offloads: TCP segments of one stream that follow
// each other, and equally long UDP datagrams of one flow, become one packet that the kernel handles at once (receive
// offload). All that a receiver could tell apart stays as it was; what does not fit goes alone, in its order.
#pragma once

#include <array>
#include <vector>

#include <sys/uio.h>

#include "plugins/ppp_kernel/ip_packet.hpp"
#include "plugins/ppp_kernel/offload.hpp"

namespace openl2tp::ppp_kernel {

/// The packets of one turn for one device.
class Coalescer {
 public:
  /// Packets that wait at most; the owner writes them out when so many do.
  static constexpr std::size_t packets_max = 1'024;

  /// `offloads`: the device takes joined packets, and wants an OffloadHeader in front of each.
  explicit Coalescer(bool offloads) noexcept : offloads_(offloads) {}

  /// Views the packet until clear().
  void add(const IpPacket& packet);
  [[nodiscard]] std::size_t packets() const noexcept { return pieces_.size(); }
  /// What is to be written, a packet each. Valid until the next call of anything else.
  [[nodiscard]] std::span<const std::span<const iovec>> outputs();
  void clear() noexcept;

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  static constexpr std::size_t header_max = 100;       // IPv6 and the longest of TCP
  static constexpr std::size_t streams_max = 8;        // that are joined to at a time: the least recent one is left
  static constexpr std::uint32_t pieces_a_packet = 64; // the kernel's own bound for what it receives

  struct Piece {
    ppp::Octets octets;
    std::uint32_t next = none;
  };
  /// A packet to be written.
  struct Output {
    OffloadHeader offload;
    std::uint16_t header_size = 0; // of `header`; 0: all of it is in its one piece, as it came
    std::uint32_t first = none, last = none, pieces = 1;
    std::array<std::byte, header_max> header;
  };
  /// An output that others may be joined to.
  struct Stream {
    IpPacket packet; // the first
    std::uint32_t output = none;
    std::size_t header_size = 0, segment_size = 0;
    std::size_t size = 0;                  // of the joined packet
    std::uint32_t next_sequence = 0;       // of TCP
    std::uint16_t next_identification = 0; // of IPv4
    std::uint8_t flags = 0;                // of TCP, all together
  };

  [[nodiscard]] bool join(Stream& stream, const IpPacket& packet, std::size_t header_size);
  std::uint32_t add_output(const IpPacket& packet);
  void begin(const IpPacket& packet, std::uint32_t output, std::size_t header_size);
  void finish(const Stream& stream) noexcept;
  void forget(std::size_t index) noexcept;

  bool offloads_;
  std::vector<Piece> pieces_;
  std::vector<Output> outputs_;
  std::array<Stream, streams_max> streams_; // the most recent first
  std::size_t streams_used_ = 0;
  std::vector<iovec> vectors_;
  std::vector<std::span<const iovec>> written_;
};

} // namespace openl2tp::ppp_kernel
