#include "plugins/ppp_kernel/segmenter.hpp"

#include <algorithm>

namespace openl2tp::ppp_kernel {

std::optional<Segmenter> Segmenter::make(const OffloadHeader& header, std::span<std::byte> packet) noexcept {
  const auto read = read_ip(packet);
  if (!read) return std::nullopt;
  Segmenter made;
  made.packet_ = *read;
  made.whole_ = packet.first(read->octets.size());
  made.largest_ = made.whole_.size();
  const bool good = header.gso_type == gso_none ? made.make_checksum(header) : made.read_segments(header);
  if (!good) return std::nullopt;
  return made;
}

/// The field holds the pseudo header's sum.
bool Segmenter::make_checksum(const OffloadHeader& header) noexcept {
  if ((header.flags & needs_checksum) == 0) return true;
  const std::size_t at = std::size_t{header.checksum_start} + header.checksum_offset;
  if (at + 2 > whole_.size()) return false;
  const auto checksum = static_cast<std::uint16_t>(~fold(sum_of(whole_.subspan(header.checksum_start))));
  put_folded(whole_, at, checksum == 0 ? 0xffff : checksum); // UDP's 0 means that there is none
  return true;
}

bool Segmenter::read_segments(const OffloadHeader& header) noexcept {
  const std::uint8_t kind = header.gso_type & static_cast<std::uint8_t>(~gso_ecn);
  const bool tcp = (kind == gso_tcp4 && packet_.version == 4) || (kind == gso_tcp6 && packet_.version == 6);
  if (!tcp && kind != gso_udp) return false;
  if (tcp) {
    const std::size_t size = tcp_header_size(packet_);
    header_size_ = size == 0 ? 0 : packet_.transport + size;
  } else if (packet_.is(IpProtocol::udp) && packet_.rest().size() >= udp_header) {
    header_size_ = packet_.transport + udp_header;
  }
  if (header_size_ == 0 || header_size_ > header_max || header.gso_size == 0) return false;
  segment_size_ = header.gso_size;
  const std::size_t payload = whole_.size() - header_size_;
  count_ = payload <= segment_size_ ? 1 : (payload + segment_size_ - 1) / segment_size_;
  largest_ = header_size_ + std::min(payload, segment_size_);
  std::memcpy(header_.data(), whole_.data(), header_size_);
  return true;
}

std::span<std::byte> Segmenter::next() noexcept {
  if (next_ == count_) return {};
  const std::size_t index = next_++;
  if (segment_size_ == 0) return whole_;
  const std::size_t at = index * segment_size_, payload = whole_.size() - header_size_;
  const auto segment = whole_.subspan(at, header_size_ + std::min(segment_size_, payload - at));
  write_header(segment, index);
  return segment;
}

void Segmenter::write_header(std::span<std::byte> segment, std::size_t index) noexcept {
  std::memcpy(segment.data(), header_.data(), header_size_);
  const std::size_t transport = packet_.transport;
  if (packet_.version == 4) {
    put_u16(segment, 2, static_cast<std::uint16_t>(segment.size()));
    put_u16(segment, 4, static_cast<std::uint16_t>(u16_at(segment, 4) + index)); // identification
    put_u16(segment, 10, 0);
    put_folded(segment, 10, static_cast<std::uint16_t>(~fold(sum_of(segment.first(transport)))));
  } else {
    put_u16(segment, 4, static_cast<std::uint16_t>(segment.size() - ipv6_header));
  }
  const auto rest = segment.subspan(transport);
  const bool tcp = packet_.is(IpProtocol::tcp);
  const std::size_t checksum_at = tcp ? tcp_checksum : udp_checksum;
  if (tcp) {
    put_u32(rest, tcp_sequence, static_cast<std::uint32_t>(u32_at(rest, tcp_sequence) + index * segment_size_));
    unsigned flags = u8_at(rest, tcp_flags);
    if (index + 1 != count_) flags &= ~unsigned{tcp_fin | tcp_psh};
    if (index != 0) flags &= ~unsigned{tcp_cwr};
    rest[tcp_flags] = static_cast<std::byte>(flags);
  } else {
    put_u16(rest, udp_length, static_cast<std::uint16_t>(rest.size()));
  }
  put_u16(rest, checksum_at, 0);
  const IpProtocol protocol = tcp ? IpProtocol::tcp : IpProtocol::udp;
  // The addresses are those of packet_, whose octets may be overwritten by now: they are read from the segment.
  IpPacket mine = packet_;
  mine.octets = segment;
  const auto checksum = static_cast<std::uint16_t>(~fold(pseudo_sum(mine, protocol, rest.size()) + sum_of(rest)));
  put_folded(rest, checksum_at, !tcp && checksum == 0 ? 0xffff : checksum);
}

} // namespace openl2tp::ppp_kernel
