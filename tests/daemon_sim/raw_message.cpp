#include "tests/daemon_sim/raw_message.hpp"

namespace openl2tp::daemon_sim::raw {

void put16(Bytes& out, unsigned value) {
  out.push_back(static_cast<std::byte>(value >> 8));
  out.push_back(static_cast<std::byte>(value));
}

void put32(Bytes& out, std::uint32_t value) {
  put16(out, value >> 16);
  put16(out, value & 0xffff);
}

void avp(Bytes& out, std::uint16_t attribute, std::size_t octets) {
  put16(out, 0x8000U | static_cast<unsigned>(octets + 6));
  put16(out, 0);
  put16(out, attribute);
}

std::uint16_t get16(std::span<const std::byte> octets, std::size_t at) {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(octets[at]) << 8 |
                                    std::to_integer<unsigned>(octets[at + 1]));
}

namespace {

Bytes header(const Head& head, std::size_t octets) {
  Bytes out;
  put16(out, 0xc802);
  put16(out, static_cast<unsigned>(12 + octets));
  put16(out, head.tunnel);
  put16(out, head.session);
  put16(out, head.ns);
  put16(out, head.nr);
  return out;
}

} // namespace

Bytes control(const Head& head, std::uint16_t type, const Bytes& body) {
  Bytes out = header(head, 8 + body.size());
  avp(out, 0, 2);
  put16(out, type);
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

Bytes zlb(const Head& head) { return header({.tunnel = head.tunnel, .ns = head.ns, .nr = head.nr}, 0); }

Bytes start_of_tunnel(std::uint16_t tunnel) {
  Bytes body;
  avp(body, 2, 2), put16(body, 0x0100);
  avp(body, 7, 3), put16(body, 0x6c61), body.push_back(std::byte{0x63});
  avp(body, 3, 4), put32(body, 3);
  avp(body, 9, 2), put16(body, tunnel);
  avp(body, 10, 2), put16(body, 8);
  return body;
}

Bytes data(std::uint16_t tunnel, std::uint16_t session, std::uint16_t protocol) {
  Bytes out;
  put16(out, 0x0002);
  put16(out, tunnel);
  put16(out, session);
  put16(out, 0xff03);
  put16(out, protocol);
  put16(out, 0x0101);
  put16(out, 4);
  return out;
}

Heard hear(std::span<const std::byte> octets) {
  Heard heard;
  if (octets.size() < 20 || (octets[0] & std::byte{0x80}) == std::byte{0}) return heard; // data, or a ZLB
  if (get16(octets, 2) > octets.size() || get16(octets, 16) != 0) return heard;
  heard = {.type = get16(octets, 18),
           .tunnel = get16(octets, 4),
           .session = get16(octets, 6),
           .ns = get16(octets, 8),
           .octets = octets};
  return heard;
}

std::uint16_t Heard::value(std::uint16_t attribute) const {
  for (std::size_t at = 12; at + 8 <= octets.size();) {
    const std::size_t length = get16(octets, at) & 0x3ffU;
    if (length < 6) break;
    if (get16(octets, at + 4) == attribute) return get16(octets, at + 6);
    at += length;
  }
  return 0;
}

} // namespace openl2tp::daemon_sim::raw
