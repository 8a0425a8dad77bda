// Cuts what a TUN device with offloads gives into the packets that go to the peer: TCP streams and runs of UDP
// datagrams into segments with headers of their own, and checksums that are still to be made (TSO, USO, TX checksum).
#pragma once

#include <array>
#include <optional>

#include "plugins/ppp_kernel/ip_packet.hpp"
#include "plugins/ppp_kernel/offload.hpp"

namespace openl2tp::ppp_kernel {

/// One packet of a device. It makes segments where the packet lies: the next overwrites the last's end.
class Segmenter {
 public:
  /// `packet` stays until all segments were taken. @return nullopt: what the kernel says of it does not fit it
  [[nodiscard]] static std::optional<Segmenter> make(const OffloadHeader& header, std::span<std::byte> packet) noexcept;

  [[nodiscard]] const IpPacket& packet() const noexcept { return packet_; }
  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  /// The longest segment.
  [[nodiscard]] std::size_t largest() const noexcept { return largest_; }
  /// Of all segments.
  [[nodiscard]] std::size_t octets() const noexcept { return whole_.size() + (count_ - 1) * header_size_; }

  /// The next segment, checksums made; empty behind the last. Valid until the next call, and the octets in front of it
  /// are free then: for what goes before it.
  [[nodiscard]] std::span<std::byte> next() noexcept;

 private:
  static constexpr std::size_t header_max = 256; // of all headers: more are not what TCP or UDP sends

  Segmenter() = default;
  bool read_segments(const OffloadHeader& header) noexcept;
  bool make_checksum(const OffloadHeader& header) noexcept;
  void write_header(std::span<std::byte> segment, std::size_t index) noexcept;

  std::span<std::byte> whole_;
  IpPacket packet_;
  std::size_t count_ = 1, next_ = 0, largest_ = 0;
  std::size_t header_size_ = 0, segment_size_ = 0; // of what is cut
  std::array<std::byte, header_max> header_;
};

} // namespace openl2tp::ppp_kernel
