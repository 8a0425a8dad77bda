// The IPv6 Control Protocol, RFC 5072: interface identifiers of both sides. Header compression is refused.
#pragma once

#include <cstdint>

#include "plugins/ppp_engine/negotiator.hpp"
#include "plugins/ppp_engine/port.hpp"

namespace openl2tp::ppp {

class Ipv6cp final : public NegotiatorUser {
 public:
  explicit Ipv6cp(Port& port) noexcept : port_(port) {}
  ~Ipv6cp() = default;
  Ipv6cp(const Ipv6cp&) = delete;
  Ipv6cp& operator=(const Ipv6cp&) = delete;

  [[nodiscard]] State state() const noexcept { return negotiator_.state(); }
  [[nodiscard]] bool opened() const noexcept { return negotiator_.opened(); }
  [[nodiscard]] const Negotiator& negotiator() const noexcept { return negotiator_; }
  [[nodiscard]] TimePoint deadline() const noexcept { return negotiator_.deadline(); }

  void open(TimePoint now);
  void down(TimePoint now);
  void close(TimePoint now);
  bool handle(const Packet& packet, TimePoint now);
  void handle_protocol_reject(TimePoint now) { negotiator_.handle_protocol_reject(limits(), now, *this); }
  void handle_timeout(TimePoint now) { negotiator_.handle_timeout(limits(), now, *this); }

  /// The lower 64 bits of the link-local addresses. Of meaning once opened.
  [[nodiscard]] std::uint64_t local_id() const noexcept { return local_; }
  [[nodiscard]] std::uint64_t peer_id() const noexcept { return peer_; }

 private:
  void write_request(Writer& options) const override;
  void prepare_request() override {}
  Answer judge(Octets options, bool may_nak, Writer& reply) override;
  bool take_nak(Octets options) override;
  bool take_reject(Octets options) override;
  void send(Code code, std::uint8_t id, Octets data) override {
    port_.send(Protocol::ipv6cp, static_cast<std::uint8_t>(code), id, data);
  }
  std::size_t packet_max() const override { return port_.packet_max(); }
  bool may_refuse(TimePoint now) override { return port_.may_refuse(now); }
  void send_echo_reply(const Packet&, TimePoint) override {} // IPV6CP has no echo
  void layer_up(TimePoint now) override { port_.layer_up(Protocol::ipv6cp, now); }
  void layer_down(TimePoint now) override { port_.layer_down(Protocol::ipv6cp, now); }
  void layer_finished(TimePoint now) override { port_.layer_finished(Protocol::ipv6cp, now); }
  void not_converging() override { port_.layer_not_converging(Protocol::ipv6cp); }

  [[nodiscard]] const NegotiationLimits& limits() const { return port_.settings().ncp; }
  /// Random, with the universal/local bit at 0 (section 4.1), and neither side's.
  [[nodiscard]] std::uint64_t new_id() const;

  Port& port_;
  Negotiator negotiator_;
  std::uint64_t local_ = 0, peer_ = 0;
  bool ask_id_ = true;
};

} // namespace openl2tp::ppp
