// The IP Control Protocol, RFC 1332, with the name servers of RFC 1877: addresses of both sides, DNS and NBNS in either
// direction. Header compression is refused. Where addresses come from is link.hpp's.
#pragma once

#include <array>
#include <cstdint>

#include "plugins/ppp_engine/negotiator.hpp"
#include "plugins/ppp_engine/port.hpp"

namespace openl2tp::ppp {

/// What a link knows of addresses when IPCP begins.
struct IpcpPlan {
  Ipv4 peer_address; // what the peer is to have; empty: what it asks for, if the rules allow that
  AddressRules addresses;
};

class Ipcp final : public NegotiatorUser {
 public:
  explicit Ipcp(Port& port) noexcept : port_(port) {}
  ~Ipcp() = default;
  Ipcp(const Ipcp&) = delete;
  Ipcp& operator=(const Ipcp&) = delete;

  [[nodiscard]] State state() const noexcept { return negotiator_.state(); }
  [[nodiscard]] bool opened() const noexcept { return negotiator_.opened(); }
  [[nodiscard]] const Negotiator& negotiator() const noexcept { return negotiator_; }
  [[nodiscard]] TimePoint deadline() const noexcept { return negotiator_.deadline(); }

  void open(const IpcpPlan& plan, TimePoint now); // LCP is up and the peer is known
  void down(TimePoint now);                       // LCP went down; a later open() starts afresh
  void close(TimePoint now);
  bool handle(const Packet& packet, TimePoint now);
  void handle_protocol_reject(TimePoint now) { negotiator_.handle_protocol_reject(limits(), now, *this); }
  void handle_timeout(TimePoint now) { negotiator_.handle_timeout(limits(), now, *this); }

  // Of meaning once opened.
  [[nodiscard]] Ipv4 local_address() const noexcept { return local_; }
  [[nodiscard]] Ipv4 peer_address() const noexcept { return peer_; }
  /// Name servers that the peer told us; empty where none was asked for or given.
  [[nodiscard]] const std::array<Ipv4, 2>& dns() const noexcept { return dns_; }
  [[nodiscard]] const std::array<Ipv4, 2>& nbns() const noexcept { return nbns_; }

 private:
  void write_request(Writer& options) const override;
  void prepare_request() override {}
  Answer judge(Octets options, bool may_nak, Writer& reply) override;
  bool take_nak(Octets options) override;
  bool take_reject(Octets options) override;
  void send(Code code, std::uint8_t id, Octets data) override {
    port_.send(Protocol::ipcp, static_cast<std::uint8_t>(code), id, data);
  }
  std::size_t packet_max() const override { return port_.packet_max(); }
  bool may_refuse(TimePoint now) override { return port_.may_refuse(now); }
  void send_echo_reply(const Packet&, TimePoint) override {} // IPCP has no echo
  void layer_up(TimePoint now) override { port_.layer_up(Protocol::ipcp, now); }
  void layer_down(TimePoint now) override { port_.layer_down(Protocol::ipcp, now); }
  void layer_finished(TimePoint now) override { port_.layer_finished(Protocol::ipcp, now); }
  void not_converging() override { port_.layer_not_converging(Protocol::ipcp); }

  [[nodiscard]] const NegotiationLimits& limits() const { return port_.settings().ncp; }
  Answer judge_address(const Option& option, Ipv4& taken, Writer& naks) const;
  Answer judge_server(const Option& option, Writer& naks) const;

  Port& port_;
  Negotiator negotiator_;
  IpcpPlan plan_;
  Ipv4 local_, peer_;
  std::array<Ipv4, 2> dns_{}, nbns_{};
  bool ask_address_ = false;
  std::array<bool, 2> ask_dns_{}, ask_nbns_{};
};

} // namespace openl2tp::ppp
