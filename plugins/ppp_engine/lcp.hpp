// The Link Control Protocol, RFC 1661 sections 5 and 6 and RFC 1570 section 2: its options (MRU, ACCM, authentication
// protocol, magic number with loop detection, PFC, ACFC), echo, rejects, identification. Not here: when the link goes
// on to authentication, and what ends it (link.hpp).
#pragma once

#include <algorithm>
#include <cstdint>

#include "plugins/ppp_engine/negotiator.hpp"
#include "plugins/ppp_engine/port.hpp"

namespace openl2tp::ppp {

/// What one side asked for and the other acknowledged; the defaults are the RFC's.
struct LcpOptions {
  std::uint32_t accm = 0xffffffff;
  std::uint32_t magic = 0; // 0: not negotiated
  std::uint16_t mru = 1500;
  AuthMethod auth = AuthMethod::none; // how the other side is to prove who it is
  bool pfc = false, acfc = false;
};

class Lcp final : public NegotiatorUser {
 public:
  explicit Lcp(Port& port) noexcept : port_(port) {}
  ~Lcp() = default;
  Lcp(const Lcp&) = delete;
  Lcp& operator=(const Lcp&) = delete;

  [[nodiscard]] State state() const noexcept { return negotiator_.state(); }
  [[nodiscard]] bool opened() const noexcept { return negotiator_.opened(); }
  [[nodiscard]] const Negotiator& negotiator() const noexcept { return negotiator_; }
  [[nodiscard]] TimePoint deadline() const noexcept { return std::min(negotiator_.deadline(), echo_at_); }
  /// Ours: what the peer acknowledged; the peer's: what we acknowledged. Of meaning once opened.
  [[nodiscard]] const LcpOptions& local() const noexcept { return local_; }
  [[nodiscard]] const LcpOptions& peer() const noexcept { return peer_; }
  /// A method that we were to prove ourselves with and offer none for.
  [[nodiscard]] AuthMethod rejected_demand() const noexcept { return rejected_demand_; }

  void open(TimePoint now); // and up: the layer below is an L2TP session, which is there
  void close(TimePoint now);
  /// Takes over what a LAC negotiated with the peer: the options of its last CONFREQ sent and received.
  /// @return false, with nothing changed, when they are malformed or not what we would have agreed to: then open().
  bool adopt(Octets last_sent, Octets last_received, TimePoint now);
  /// @return false when the packet was discarded.
  bool handle(const Packet& packet, TimePoint now);
  void handle_timeout(TimePoint now);
  /// The longest packet that fits the peer's MRU (sections 5.6, 5.7), of any protocol.
  [[nodiscard]] std::size_t packet_max() const noexcept override;
  /// Answers a frame of a protocol that is refused. Only while opened, and bounded.
  void reject_protocol(Protocol protocol, Octets information, TimePoint now);
  /// While opened: Echo-Requests begin anew, in the settings' interval.
  void begin_echo(TimePoint now);
  /// The peer was heard, in whatever way: adaptive echo has no need to ask.
  void note_heard() noexcept { heard_ = true; }
  /// What we ask for now; for a LAC's Last Sent LCP CONFREQ.
  void write_request(Writer& options) const override;

 private:
  void prepare_request() override;
  Answer judge(Octets options, bool may_nak, Writer& reply) override;
  bool take_nak(Octets options) override;
  bool take_reject(Octets options) override;
  void send(Code code, std::uint8_t id, Octets data) override;
  bool may_refuse(TimePoint now) override { return port_.may_refuse(now); }
  void send_echo_reply(const Packet& request, TimePoint now) override;
  void layer_up(TimePoint now) override;
  void layer_down(TimePoint now) override;
  void layer_finished(TimePoint now) override { port_.layer_finished(Protocol::lcp, now); }
  void not_converging() override { port_.fail(EndReason::not_converging); }

  [[nodiscard]] const NegotiationLimits& limits() const { return port_.settings().lcp; }
  void take_settings();
  void heard_own_magic();

  Answer judge_option(const Option& option, LcpOptions& taken, Writer& suggestion);
  bool adopt_sent(Octets last_sent);
  /// @return false: none is left, and one is needed
  [[nodiscard]] bool refuse_method(AuthMethod method);
  AuthMethod next_suggestion();

  Port& port_;
  Negotiator negotiator_;
  TimePoint echo_at_ = never;
  LcpOptions local_, peer_;
  // Which options our requests have; a Reject takes one out.
  bool ask_mru_ = false, ask_accm_ = false, ask_magic_ = false, ask_pfc_ = false, ask_acfc_ = false;
  bool fresh_ = true;      // no request has been made yet
  bool heard_ = false;     // since the last Echo-Request
  std::uint8_t loops_ = 0; // times that our own magic number came back
  std::uint8_t unanswered_ = 0;
  AuthMethod rejected_demand_ = AuthMethod::none;
  AuthMethods untried_;     // ways to ask for that the peer has not refused
  AuthMethods unsuggested_; // ways that we offer and have not named to it yet
};

} // namespace openl2tp::ppp
