// IP_PKTINFO and IPV6_PKTINFO: which of our addresses a datagram was sent to, and which one an answer must leave from.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstring>
#include <span>

#include "protocol/endpoint.hpp"

namespace openl2tp::runtime {

/// Octets of control data that one packet info needs, either family.
inline constexpr std::size_t kPacketInfoOctets = CMSG_SPACE(sizeof(in6_pktinfo));

/// Writes the control message that pins the source address `local`. @param control  aligned for cmsghdr,
/// kPacketInfoOctets long.
/// @return octets used; 0 when `local` is no particular address.
inline std::size_t write_packet_info(const protocol::IpAddress& local, std::uint32_t scope_id,
                                     std::byte* control) noexcept {
  if (local.is_unspecified()) return 0;
  cmsghdr header{};
  if (local.family == 4) {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, local.octets.data(), 4);
    std::memcpy(&info.ipi_addr, local.octets.data(), 4);
    header.cmsg_level = IPPROTO_IP;
    header.cmsg_type = IP_PKTINFO;
    header.cmsg_len = CMSG_LEN(sizeof info);
    std::memcpy(control, &header, sizeof header);
    std::memcpy(control + CMSG_LEN(0), &info, sizeof info);
    return CMSG_SPACE(sizeof info);
  }
  if (local.family == 6) {
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, local.octets.data(), 16);
    info.ipi6_ifindex = scope_id;
    header.cmsg_level = IPPROTO_IPV6;
    header.cmsg_type = IPV6_PKTINFO;
    header.cmsg_len = CMSG_LEN(sizeof info);
    std::memcpy(control, &header, sizeof header);
    std::memcpy(control + CMSG_LEN(0), &info, sizeof info);
    return CMSG_SPACE(sizeof info);
  }
  return 0;
}

/// Finds the local address in received control data. @return false when it is not there.
inline bool read_packet_info(std::span<const std::byte> control, protocol::IpAddress& local) noexcept {
  while (control.size() >= sizeof(cmsghdr)) {
    cmsghdr header;
    std::memcpy(&header, control.data(), sizeof header);
    if (header.cmsg_len < CMSG_LEN(0) || header.cmsg_len > control.size()) return false;
    const std::byte* const data = control.data() + CMSG_LEN(0);
    const std::size_t length = header.cmsg_len - CMSG_LEN(0);
    if (header.cmsg_level == IPPROTO_IP && header.cmsg_type == IP_PKTINFO && length >= sizeof(in_pktinfo)) {
      in_pktinfo info;
      std::memcpy(&info, data, sizeof info);
      local = {.family = 4, .octets = {}};
      // The address to answer from: for a broadcast this is ours, ipi_addr would be the broadcast address.
      std::memcpy(local.octets.data(), &info.ipi_spec_dst, 4);
      return true;
    }
    if (header.cmsg_level == IPPROTO_IPV6 && header.cmsg_type == IPV6_PKTINFO && length >= sizeof(in6_pktinfo)) {
      local = {.family = 6, .octets = {}};
      std::memcpy(local.octets.data(), data + offsetof(in6_pktinfo, ipi6_addr), 16);
      return true;
    }
    const std::size_t step = CMSG_ALIGN(header.cmsg_len);
    if (step >= control.size()) return false;
    control = control.subspan(step);
  }
  return false;
}

} // namespace openl2tp::runtime
