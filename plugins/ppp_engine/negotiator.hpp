// One control protocol's negotiation: runs the automaton of RFC 1661 section 4 with its Restart timer and counters, and
// judges codes 1 to 7. Knows no option: what an option means is the user's (LCP, IPCP, IPV6CP).
#pragma once

#include <cstdint>

#include "plugins/ppp_engine/automaton.hpp"
#include "plugins/ppp_engine/clock.hpp"
#include "plugins/ppp_engine/packet.hpp"

namespace openl2tp::ppp {

/// RFC 1661 section 4.6.
struct NegotiationLimits {
  Duration restart{3000};          // the Restart timer
  std::uint8_t configure_max = 10; // Max-Configure
  std::uint8_t terminate_max = 3;  // Max-Terminate
  std::uint8_t failure_max = 10;   // Max-Failure: Naks sent before they become Rejects, and Naks taken before giving up
  bool operator==(const NegotiationLimits&) const = default;
};

/// What a Configure-Request is answered with. `discard`: not at all, it is malformed.
enum class Answer : std::uint8_t { ack, nak, reject, discard };

/// The protocol that a Negotiator runs for; its calls come from inside the Negotiator's, which may not be entered
/// again.
class NegotiatorUser {
 public:
  /// Writes the options that we ask for. The same until take_nak(), take_reject() or prepare_request() changes them.
  virtual void write_request(Writer& options) const = 0;
  /// A Configure-Request with new contents is about to be sent.
  virtual void prepare_request() = 0;
  /// Judges the peer's well-formed options. For nak and reject `reply` holds the options to answer with. Without
  /// `may_nak` whatever would be refused with a Nak is refused with a Reject (Max-Failure).
  [[nodiscard]] virtual Answer judge(Octets options, bool may_nak, Writer& reply) = 0;
  /// The peer's well-formed answers to the request that was sent last. @return false: nothing is left to ask for; the
  /// user closes, and no further request is sent
  [[nodiscard]] virtual bool take_nak(Octets options) = 0;
  [[nodiscard]] virtual bool take_reject(Octets options) = 0;
  /// Sends a packet of this protocol.
  virtual void send(Code code, std::uint8_t id, Octets data) = 0;
  /// The longest packet that the peer takes now.
  [[nodiscard]] virtual std::size_t packet_max() const = 0;
  /// A refusal that may be left out: the bound on what a peer can make us say in vain.
  [[nodiscard]] virtual bool may_refuse(TimePoint now) = 0;
  /// The Data of an Echo-Reply for `request`; LCP alone is asked.
  virtual void send_echo_reply(const Packet& request, TimePoint now) = 0;

  virtual void layer_up(TimePoint now) = 0;       // This-Layer-Up
  virtual void layer_down(TimePoint now) = 0;     // This-Layer-Down
  virtual void layer_finished(TimePoint now) = 0; // This-Layer-Finished
  /// The peer Naks more often than failure_max allows; the user closes.
  virtual void not_converging() = 0;

 protected:
  ~NegotiatorUser() = default;
};

class Negotiator {
 public:
  [[nodiscard]] State state() const noexcept { return state_; }
  [[nodiscard]] bool opened() const noexcept { return state_ == State::opened; }
  /// When handle_timeout() wants to be called; `never` when no timer runs.
  [[nodiscard]] TimePoint deadline() const noexcept { return deadline_; }
  /// The Restart timer gave up on the peer, the last time that the layer finished.
  [[nodiscard]] bool peer_silent() const noexcept { return peer_silent_; }
  [[nodiscard]] bool peer_terminated() const noexcept { return peer_terminated_; }

  void up(const NegotiationLimits& limits, TimePoint now, NegotiatorUser& user);
  void down(const NegotiationLimits& limits, TimePoint now, NegotiatorUser& user);
  void open(const NegotiationLimits& limits, TimePoint now, NegotiatorUser& user);
  void close(const NegotiationLimits& limits, TimePoint now, NegotiatorUser& user);

  /// Handles a packet with a code of 1 to 7.
  /// @return false when it was discarded: not for this state, an identifier that does not match, malformed options.
  bool handle(const Packet& packet, const NegotiationLimits& limits, TimePoint now, NegotiatorUser& user);
  /// A packet with a code that the protocol does not have.
  void handle_unknown_code(const Packet& packet, const NegotiationLimits& limits, TimePoint now, NegotiatorUser& user);
  /// A Protocol-Reject of this protocol.
  void handle_protocol_reject(const NegotiationLimits& limits, TimePoint now, NegotiatorUser& user);
  /// Echo-Request, Echo-Reply or Discard-Request. @return false outside Opened.
  bool handle_echo(const Packet& packet, const NegotiationLimits& limits, TimePoint now, NegotiatorUser& user);
  void handle_timeout(const NegotiationLimits& limits, TimePoint now, NegotiatorUser& user);

  /// Back to Initial, without a word; only identifiers go on, so that old answers match no new request.
  void reset() noexcept {
    const std::uint8_t last_id = last_id_;
    *this = {};
    last_id_ = last_id;
  }

  /// Goes to Opened without a packet: what another has negotiated is taken over (RFC 2661 4.4.5). Only from Initial;
  /// layer_up() follows.
  void adopt(std::uint8_t request_id, TimePoint now, NegotiatorUser& user);

  /// For packets of the protocol that the automaton does not number: Protocol-Reject, Echo-Request.
  [[nodiscard]] std::uint8_t next_id() noexcept { return ++last_id_; }

 private:
  struct Cause {
    const Packet* packet = nullptr;
    Octets reply;   // of a Configure-Request that is refused
    Code refusal{}; // Configure-Nak or Configure-Reject
  };
  void happen(Event event, const Cause& cause, const NegotiationLimits& limits, TimePoint now, NegotiatorUser& user);
  void perform(Do action, const Cause& cause, const NegotiationLimits& limits, TimePoint now, NegotiatorUser& user);
  bool handle_request(const Packet& packet, const NegotiationLimits& limits, TimePoint now, NegotiatorUser& user);
  bool handle_answer(const Packet& packet, const NegotiationLimits& limits, TimePoint now, NegotiatorUser& user);
  bool handle_code_reject(const Packet& packet, const NegotiationLimits& limits, TimePoint now, NegotiatorUser& user);

  TimePoint deadline_ = never;
  State state_ = State::initial;
  std::uint8_t counter_ = 0;    // the Restart counter
  std::uint8_t naks_sent_ = 0;  // without an Ack
  std::uint8_t naks_taken_ = 0; // since the layer began to negotiate
  std::uint8_t last_id_ = 0;
  std::uint8_t request_id_ = 0;
  bool request_open_ = false; // the last Configure-Request has had no valid answer
  bool peer_silent_ = false;
  bool peer_terminated_ = false;
};

} // namespace openl2tp::ppp
