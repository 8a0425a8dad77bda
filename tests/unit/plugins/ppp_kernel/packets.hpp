// IP packets for the tests of the TUN path, built and checked octet by octet: nothing here is shared with what is
// tested.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace openl2tp::ppp_kernel::test {

using Bytes = std::vector<std::byte>;

inline std::uint8_t get(std::span<const std::byte> octets, std::size_t at) {
  return std::to_integer<std::uint8_t>(octets[at]);
}
inline std::uint32_t get(std::span<const std::byte> octets, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i)
    value = value << 8 | get(octets, at + i);
  return value;
}
inline void set(std::span<std::byte> octets, std::size_t at, std::size_t count, std::uint32_t value) {
  for (std::size_t i = 0; i < count; ++i)
    octets[at + i] = static_cast<std::byte>(value >> (8 * (count - 1 - i)));
}

/// RFC 1071, as its text has it. @return the complement; 0 over octets with a right checksum
inline std::uint16_t slow_checksum(std::span<const std::byte> octets, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < octets.size(); ++i)
    sum += i % 2 == 0 ? std::uint32_t{get(octets, i)} << 8 : get(octets, i);
  while (sum > 0xffff)
    sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

struct Make {
  bool v6 = false;
  bool udp = false;
  std::uint8_t flags = 0x10; // of TCP: ACK
  std::uint32_t sequence = 1'000, acknowledgement = 77;
  std::uint16_t source_port = 40'000, port = 80;
  std::uint16_t identification = 5;
  std::uint8_t fragment = 0x40; // of IPv4: don't
  std::uint8_t hops = 64;
  std::vector<std::uint8_t> options = {}; // of TCP, a multiple of four
  std::size_t payload = 0;
  std::uint8_t first = 1; // octet of the payload; it counts on from there
};

inline std::size_t ip_size(std::span<const std::byte> packet) { return get(packet, 0) >> 4 == 4 ? 20 : 40; }
inline std::uint32_t pseudo(std::span<const std::byte> packet) {
  const bool v4 = ip_size(packet) == 20;
  std::uint32_t sum = get(packet, v4 ? 9 : 6) + static_cast<std::uint32_t>(packet.size() - ip_size(packet));
  for (std::size_t at = v4 ? 12 : 8; at < ip_size(packet); at += 2)
    sum += get(packet, at, 2);
  return sum;
}
/// Whether all checksums are right, and all lengths.
inline bool is_right(std::span<const std::byte> packet) {
  const std::size_t ip = ip_size(packet);
  if (ip == 20 && (get(packet, 2, 2) != packet.size() || slow_checksum(packet.first(20)) != 0)) return false;
  if (ip == 40 && get(packet, 4, 2) != packet.size() - 40) return false;
  if (get(packet, ip == 20 ? 9 : 6) == 17 && get(packet, ip + 4, 2) != packet.size() - ip) return false;
  return slow_checksum(packet.subspan(ip), pseudo(packet)) == 0;
}

inline Bytes make(const Make& how) {
  const std::size_t ip = how.v6 ? 40 : 20, transport = how.udp ? 8 : 20 + how.options.size();
  Bytes packet(ip + transport + how.payload);
  if (how.v6) {
    packet[0] = std::byte{0x60};
    set(packet, 4, 2, static_cast<std::uint32_t>(packet.size() - 40));
    set(packet, 6, 1, how.udp ? 17 : 6);
    set(packet, 7, 1, how.hops);
    set(packet, 8, 2, 0xfe80);
    set(packet, 20, 4, 0x0a0b0c0d);
    set(packet, 24, 2, 0xfe80);
    set(packet, 36, 4, 0x01020304);
  } else {
    packet[0] = std::byte{0x45};
    set(packet, 2, 2, static_cast<std::uint32_t>(packet.size()));
    set(packet, 4, 2, how.identification);
    set(packet, 6, 1, how.fragment);
    set(packet, 8, 1, how.hops);
    set(packet, 9, 1, how.udp ? 17 : 6);
    set(packet, 12, 4, 0x0a00000a);
    set(packet, 16, 4, 0x0a000001);
    set(packet, 10, 2, slow_checksum(std::span(packet).first(20)));
  }
  set(packet, ip, 2, how.source_port);
  set(packet, ip + 2, 2, how.port);
  if (how.udp) {
    set(packet, ip + 4, 2, static_cast<std::uint32_t>(packet.size() - ip));
  } else {
    set(packet, ip + 4, 4, how.sequence);
    set(packet, ip + 8, 4, how.acknowledgement);
    set(packet, ip + 12, 1, static_cast<std::uint32_t>(transport / 4 << 4));
    set(packet, ip + 13, 1, how.flags);
    set(packet, ip + 14, 2, 512);
    for (std::size_t i = 0; i < how.options.size(); ++i)
      packet[ip + 20 + i] = static_cast<std::byte>(how.options[i]);
  }
  for (std::size_t i = 0; i < how.payload; ++i)
    packet[ip + transport + i] = static_cast<std::byte>(how.first + i);
  set(packet, ip + (how.udp ? 6 : 16), 2, slow_checksum(std::span(packet).subspan(ip), pseudo(packet)));
  return packet;
}

/// The checksum as the kernel leaves it to a device: the sum of the pseudo header.
inline void leave_checksum(std::span<std::byte> packet) {
  const std::size_t ip = ip_size(packet);
  const bool udp = get(packet, ip == 20 ? 9 : 6) == 17;
  std::uint32_t sum = pseudo(packet);
  while (sum > 0xffff)
    sum = (sum & 0xffff) + (sum >> 16);
  set(packet, ip + (udp ? 6 : 16), 2, sum);
}

} // namespace openl2tp::ppp_kernel::test
