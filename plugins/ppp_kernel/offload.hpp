// What stands in front of each packet of a TUN device with IFF_VNET_HDR: that a checksum is still to be made, and that
// the packet is many, to be cut (virtio 1.2, section 5.1.6). linux/virtio_net.h is no C++, and lacks a number.
#pragma once

#include <cstddef>
#include <cstdint>

#include <linux/if_tun.h>

namespace openl2tp::ppp_kernel {

/// Numbers in the machine's order, which is what a TUN device has unless told otherwise.
struct OffloadHeader {
  std::uint8_t flags = 0, gso_type = 0;
  std::uint16_t header_size = 0, gso_size = 0;
  std::uint16_t checksum_start = 0, checksum_offset = 0;
};
constexpr std::size_t offload_header_size = sizeof(OffloadHeader);
static_assert(offload_header_size == 10);

constexpr std::uint8_t needs_checksum = 1; // from checksum_start to the end, into the field checksum_offset behind that
constexpr std::uint8_t gso_none = 0, gso_tcp4 = 1, gso_tcp6 = 4, gso_udp = 5, gso_ecn = 0x80;
constexpr unsigned offload_tcp = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
constexpr unsigned offload_udp = 0x20 | 0x40; // TUN_F_USO4, TUN_F_USO6: Linux 6.2

/// The largest packet of a device: what the kernel cuts no further.
constexpr std::size_t offload_packet_max = 65'535;

} // namespace openl2tp::ppp_kernel
