// One PPP link (RFC 1661 section 3), without I/O, clock or threads: phases, and the protocols that they are made of.
// Four verbs: handle_frame, handle_timeout, next_deadline, take_actions; and commands. All calls come from one thread,
// none from inside another; after each of them the owner takes the actions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/ppp_engine/action.hpp"
#include "plugins/ppp_engine/auth_peer.hpp"
#include "plugins/ppp_engine/authenticator.hpp"
#include "plugins/ppp_engine/ipcp.hpp"
#include "plugins/ppp_engine/ipv6cp.hpp"
#include "plugins/ppp_engine/lcp.hpp"
#include "plugins/ppp_engine/proxy.hpp"

namespace openl2tp::ppp {

/// RFC 1661 section 3.2, with the LAC's hand-over beside Network.
enum class Phase : std::uint8_t { dead, establish, authenticate, network, handed_over, terminate, finished };
[[nodiscard]] std::string_view name(Phase phase) noexcept;

/// What became of a frame.
struct Received {
  enum class Kind : std::uint8_t {
    control, // it was for the engine, which has dealt with it
    ipv4,    // a packet of an open network, for the owner
    ipv6,
    forward, // the link was handed over: the whole frame is for the LNS
    dropped, // not for now, or malformed
  };
  Kind kind = Kind::dropped;
  Octets packet; // of ipv4 and ipv6: views the frame
};

/// What was agreed. Views live until the next call.
struct LinkFacts {
  std::string_view user;                     // the peer's name; empty when it was not asked. Octets of any value.
  AuthMethod peer_method = AuthMethod::none; // how the peer proved who it is
  AuthMethod own_method = AuthMethod::none;  // how we did
  std::uint16_t mru = 1500;                  // what we may receive
  std::uint16_t mtu = 1500;                  // what we may send: the peer's MRU, and no more than the profile's MTU
  std::uint32_t accm = 0xffffffff, peer_accm = 0xffffffff; // receive and send
  Compression receive, send;         // headers that the peer may leave out, and that we do leave out
  Ipv4 local_address, peer_address;  // of an open ipv4; peer_address may be empty when the peer said none
  std::array<Ipv4, 2> dns{}, nbns{}; // that the peer told us
  std::uint64_t local_interface_id = 0, peer_interface_id = 0;
  bool proxied = false; // LCP was taken over from the LAC
};

struct LinkCounters {
  std::uint32_t received = 0;  // frames of all kinds
  std::uint32_t sent = 0;      // of the engine's own
  std::uint32_t malformed = 0; // frames and packets that could not be read
  std::uint32_t discarded = 0; // well-formed and not for now
  std::uint32_t rejected = 0;  // of protocols that are refused
};

/// The question of a NeedVerdict as an Authority takes it. Views `batch` and `server`.
[[nodiscard]] VerdictRequest verdict_request(const NeedVerdict& question, const ActionBatch& batch,
                                             std::string_view server);

class Link final : private Port {
 public:
  /// `random` outlives the link.
  Link(std::shared_ptr<const LinkSettings> settings, RandomSource& random);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // ---- the four verbs

  /// A frame from the peer, of any octets and length.
  Received handle_frame(Octets frame, TimePoint now);
  /// To be called when next_deadline() has come. Earlier or more often does no harm.
  void handle_timeout(TimePoint now);
  /// `never` when no timer runs. Changes with every call; an owner that keeps an earlier one only wakes in vain.
  [[nodiscard]] TimePoint next_deadline() const noexcept;
  /// Clears `out`, and moves there what arose since the last time.
  void take_actions(ActionBatch& out);

  // ---- commands

  /// Replaces the settings. Only before the link is opened.
  void use(std::shared_ptr<const LinkSettings> settings) noexcept {
    if (phase_ == Phase::dead) settings_ = std::move(settings);
  }
  /// Starts: the layer below is there. Once.
  void open(TimePoint now);
  /// The same as LNS, with what the LAC said. What is there, allowed and acceptable is taken over, all else is
  /// negotiated anew; the views need not live longer than the call.
  void open_with_proxy(const ProxyPpp& proxy, TimePoint now);
  /// The same as the caller that the LAC has told of: it holds itself to what the LAC says that the two agreed on and
  /// that it proved. The LNS that wants to negotiate or be shown a proof anew finds it willing.
  void open_as_caller(const ProxyPpp& proxy, TimePoint now);
  /// Ends the link with a Terminate-Request; Finished comes when the peer has answered or was given up. An owner that
  /// cannot wait sends what take_actions() gives now and drops the link.
  void close(EndReason reason, TimePoint now);

  /// Other limits from now on: idle timeout, connect time, echo. All else of `settings` is as it was, and not used
  /// anew.
  void change_limits(std::shared_ptr<const LinkSettings> settings, TimePoint now);

  // Answers. One that is not awaited (any more) is ignored.
  void answer_verdict(std::uint32_t request, const Verdict& verdict, TimePoint now);
  void answer_secret(std::uint32_t request, const std::optional<Credentials>& credentials, TimePoint now);
  void answer_address(std::optional<Ipv4> address, TimePoint now); // nullopt: there is none, the link ends
  void answer_idle(Duration idle, TimePoint now);
  /// Data went to the peer, past the engine; for the idle timeout.
  void note_sent(TimePoint now) noexcept { last_data_ = now; }
  /// Data came from the peer, past the engine; for the idle timeout and adaptive echo.
  void note_received(TimePoint now) noexcept {
    last_data_ = now;
    lcp_.note_heard();
  }

  // ---- state

  [[nodiscard]] Phase phase() const noexcept { return phase_; }
  [[nodiscard]] bool up(Network network) const noexcept { return network == Network::ipv4 ? ipv4_up_ : ipv6_up_; }
  [[nodiscard]] LinkFacts facts() const noexcept;
  [[nodiscard]] const LinkCounters& counters() const noexcept { return counters_; }
  /// Why the link ends or ended; none while it does not.
  [[nodiscard]] EndReason end_reason() const noexcept { return reason_; }
  /// The peer's words when it refused our proof; empty: it had none.
  [[nodiscard]] std::string_view refusal() const noexcept {
    return refusal_ == nullptr ? std::string_view() : std::string_view(*refusal_);
  }
  /// How we are to prove who we are.
  [[nodiscard]] AuthMethod demanded_method() const noexcept { return auth_peer_.method(); }
  /// The method that the peer wanted us to prove ourselves with, and that we rejected for want of a secret.
  [[nodiscard]] AuthMethod rejected_demand() const noexcept { return lcp_.rejected_demand(); }
  /// What goes in front of a packet to the peer.
  [[nodiscard]] FrameHeader data_header(Network network) const noexcept;
  /// After HandOver: what the ICCN carries. Views live as long as the link.
  [[nodiscard]] ProxyPpp proxy() const noexcept;

 private:
  struct ProxyRecord;

  // Port
  void send(Protocol protocol, std::uint8_t code, std::uint8_t id, Octets data) override;
  RandomSource& random() override { return random_; }
  const LinkSettings& settings() const override { return *settings_; }
  std::size_t packet_max() const override { return lcp_.packet_max(); }
  bool may_refuse(TimePoint now) override { return refusals_.take(now); }
  void layer_up(Protocol protocol, TimePoint now) override;
  void layer_down(Protocol protocol, TimePoint now) override;
  void layer_finished(Protocol protocol, TimePoint now) override;
  void layer_not_converging(Protocol protocol) override;
  void fail(EndReason reason) override;
  std::uint32_t ask_verdict(AuthMethod method, std::string_view user, const ChapMaterial& material) override;
  std::uint32_t ask_secret(AuthMethod method, std::string_view server) override;
  bool peer_must_prove() const override { return peer_must_prove_; }
  std::string_view proven_name() const override { return authenticator_.proven() ? authenticator_.user() : ""; }
  void peer_authenticated(TimePoint now) override;
  void we_are_authenticated(TimePoint now) override;
  void note_refusal(std::string_view message) override { refusal_ = std::make_unique<const std::string>(message); }

  void emit(const Action& action);
  ActionBatch& pending();
  Compression send_compression() const noexcept;
  bool handle_ipcp(const Packet& packet, TimePoint now);
  bool handle_lcp(const Packet& packet, TimePoint now);
  bool handle_pap(const Packet& packet, TimePoint now);
  bool handle_chap(const Packet& packet, TimePoint now);
  bool handle_protocol_reject(const Packet& packet, TimePoint now);
  Received handle_data(Network network, Octets packet, TimePoint now);
  Received refuse_protocol(const Frame& frame, TimePoint now);
  void record_request(Octets options);

  void adopt(Octets last_sent, Octets last_received, const ProxyPpp& proxy, TimePoint now);
  void lcp_up(TimePoint now);
  void lcp_down(TimePoint now);
  void begin_authentication(TimePoint now);
  void enter_network(TimePoint now);
  void open_ipcp(TimePoint now);
  /// The user's own, else the profile's, else the owner's.
  [[nodiscard]] Ipv4 planned_address() const noexcept;
  void limit_connect_time();
  void network_up(Network network, TimePoint now);
  void network_down(Network network, TimePoint now);
  [[nodiscard]] bool network_alive() const noexcept;
  void finish(EndReason reason);
  void settle(TimePoint now);
  [[nodiscard]] Duration idle_limit() const noexcept;

  std::shared_ptr<const LinkSettings> settings_;
  RandomSource& random_;
  std::unique_ptr<ActionBatch> pending_; // exists between a call and take_actions() only
  std::unique_ptr<ProxyRecord> record_;  // as LAC only
  std::unique_ptr<const std::string> refusal_;
  std::unique_ptr<const std::vector<std::byte>> early_ipcp_; // the peer's request while its address is being found
  const ProxyPpp* proxy_ = nullptr;                          // during open_with_proxy() and open_as_caller() only

  Lcp lcp_{*this};
  Authenticator authenticator_{*this};
  AuthPeer auth_peer_{*this};
  Ipcp ipcp_{*this};
  Ipv6cp ipv6cp_{*this};

  TimePoint establish_at_ = never;
  TimePoint connected_at_ = never; // LinkUp, the first
  TimePoint connect_until_ = never;
  TimePoint idle_check_at_ = never;
  TimePoint last_data_{};
  Duration session_timeout_{}, idle_timeout_{}; // of the verdict
  Allowance refusals_{32, Duration{50}};        // Rejects, Terminate-Acks, Echo-Replies, answers to Challenges
  Allowance renegotiations_{8, Duration{30'000}};
  Allowance network_losses_{16, Duration{10'000}};
  AddressRules rules_;
  Ipv4 user_address_, owner_address_; // the peer's, from verdict and owner
  LinkCounters counters_;
  std::uint32_t last_request_ = 0;
  Phase phase_ = Phase::dead;
  EndReason reason_ = EndReason::none;  // set once the link is being ended
  EndReason failure_ = EndReason::none; // to be acted on when the current call is done
  bool peer_must_prove_ = false, we_must_prove_ = false;
  bool link_up_ = false, ipv4_up_ = false, ipv6_up_ = false;
  bool close_ipcp_ = false, close_ipv6cp_ = false;
  bool address_pending_ = false, address_asked_ = false;
  bool proxied_ = false;
};

} // namespace openl2tp::ppp
