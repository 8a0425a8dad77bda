#include "runtime/net/peer_troubles.hpp"
#include "runtime/descriptors.hpp"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

#include <cerrno>
#include <string_view>

namespace openl2tp::runtime {

namespace {

std::string too_big(std::uint32_t mtu) {
  return mtu == 0 ? "packet too big" : "packet too big for the path, whose MTU is " + std::to_string(mtu);
}

std::string local_text(const Trouble& trouble, const std::string& peer) {
  switch (trouble.error) {
  case ENETUNREACH: return "no route to " + peer;
  case EHOSTUNREACH: return peer + " is unreachable by this host's routes, or the next hop does not answer";
  case ENETDOWN:
  case ENODEV: return "the interface to " + peer + " is down";
  case EPERM: return "a packet filter of this host drops what goes to " + peer;
  case EACCES: return peer + " is a broadcast address, or a route of this host prohibits it";
  case EADDRNOTAVAIL: return "the source address " + protocol::to_string(trouble.offender) + " is not one of this host";
  case EINVAL: return "a blackhole route leads to " + peer;
  case EMSGSIZE: return too_big(trouble.mtu);
  case ENOBUFS:
  case ENOMEM:
  case EAGAIN: return "no buffer space for what goes to " + peer;
  case ECONNREFUSED: return "port unreachable";
  default: return "sending to " + peer + " fails: " + error_text(trouble.error);
  }
}

std::string icmp_text(const Trouble& trouble) {
  if (trouble.type == ICMP_TIME_EXCEEDED) return "time to live exceeded on the way (a routing loop?)";
  if (trouble.type != ICMP_UNREACH)
    return "ICMP type " + std::to_string(trouble.type) + " code " + std::to_string(trouble.code);
  switch (trouble.code) {
  case ICMP_UNREACH_NET:
  case ICMP_UNREACH_NET_UNKNOWN: return "network unreachable";
  case ICMP_UNREACH_HOST:
  case ICMP_UNREACH_HOST_UNKNOWN: return "host unreachable";
  case ICMP_UNREACH_PROTOCOL: return "protocol unreachable";
  case ICMP_UNREACH_PORT: return "port unreachable";
  case ICMP_UNREACH_NEEDFRAG: return too_big(trouble.mtu);
  case ICMP_UNREACH_NET_PROHIB:
  case ICMP_UNREACH_HOST_PROHIB:
  case ICMP_UNREACH_FILTER_PROHIB: return "administratively prohibited";
  default: return "destination unreachable, code " + std::to_string(trouble.code);
  }
}

std::string icmp6_text(const Trouble& trouble) {
  if (trouble.type == ICMP6_PACKET_TOO_BIG) return too_big(trouble.mtu);
  if (trouble.type == ICMP6_TIME_EXCEEDED) return "hop limit exceeded on the way (a routing loop?)";
  if (trouble.type != ICMP6_DST_UNREACH)
    return "ICMPv6 type " + std::to_string(trouble.type) + " code " + std::to_string(trouble.code);
  switch (trouble.code) {
  case ICMP6_DST_UNREACH_NOROUTE: return "network unreachable";
  case ICMP6_DST_UNREACH_ADMIN: return "administratively prohibited";
  case ICMP6_DST_UNREACH_ADDR: return "host unreachable";
  case ICMP6_DST_UNREACH_NOPORT: return "port unreachable";
  default: return "destination unreachable, code " + std::to_string(trouble.code);
  }
}

} // namespace

std::string to_string(const Trouble& trouble, const protocol::IpAddress& peer) {
  const std::string name = protocol::to_string(peer);
  if (trouble.origin == Trouble::Origin::local) return local_text(trouble, name);
  if (trouble.own_host && trouble.error == EHOSTUNREACH)
    return std::string("the next hop to ") + name + " does not answer " +
           (trouble.origin == Trouble::Origin::icmp ? "ARP" : "neighbour discovery");
  std::string text = trouble.origin == Trouble::Origin::icmp ? icmp_text(trouble) : icmp6_text(trouble);
  if (trouble.offender.family != 0) text += ", says " + protocol::to_string(trouble.offender);
  return text;
}

bool PeerTroubles::note(const protocol::IpAddress& peer, const Trouble& trouble, protocol::TimePoint now) {
  const bool is_new = peers_.try_emplace(peer).second;
  if (is_new) {
    order_.push_back(peer);
    if (peers_.size() > peers_max) {
      peers_.erase(order_.front());
      order_.pop_front();
    }
  }
  Entry& entry = peers_.at(peer);
  const bool news = is_new || !(entry.trouble == trouble) || now - entry.told_at >= again;
  entry.trouble = trouble;
  entry.at = now;
  if (news) entry.told_at = now;
  ++entry.count;
  return news;
}

const PeerTroubles::Entry* PeerTroubles::find(const protocol::IpAddress& peer) const {
  const auto found = peers_.find(peer);
  return found == peers_.end() ? nullptr : &found->second;
}

} // namespace openl2tp::runtime
