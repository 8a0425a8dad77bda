// One engine under test and peers made by hand: a peer keeps its own Ns and Nr, says exactly what the test wants, and
// what the engine does about it comes back as lines of text, in order: "SCCRP", "CDN 2/8", "session ended: ...".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/wire/codec.hpp"
#include "protocol/wire/header.hpp"
#include "tests/unit/protocol/engine/engine_fixture.hpp"
#include "tests/unit/protocol/wire/support.hpp"

namespace openl2tp::protocol::test {

using Lines = std::vector<std::string>;

/// A message that the engine sent.
struct SentMessage {
  Route route;
  Bytes octets;
  ControlHeader header{};
  MessageType type = MessageType::zlb;

  [[nodiscard]] Octets body() const { return Octets(octets).subspan(control_header_size); }
  [[nodiscard]] std::vector<RawAvp> avps() const { return split(body()); }
  /// The value of an AVP; nullopt when the message has none.
  [[nodiscard]] std::optional<Bytes> value(std::uint16_t attribute) const {
    auto list = avps();
    const RawAvp* avp = test::find(list, attribute);
    if (avp == nullptr) return std::nullopt;
    return avp->value;
  }
  [[nodiscard]] unsigned number(std::uint16_t attribute) const {
    unsigned number = 0;
    for (const std::byte octet : value(attribute).value_or(Bytes{}))
      number = number << 8 | std::to_integer<unsigned>(octet);
    return number;
  }
  /// Of the Result Code AVP; "" without.
  [[nodiscard]] std::string error_message() const {
    const Bytes code = value(1).value_or(Bytes{});
    if (code.size() <= 4) return {};
    return {reinterpret_cast<const char*>(code.data()) + 4, code.size() - 4};
  }
};

inline std::string ending(EndCause cause, const Reason& reason) {
  return std::string(name(cause)) + " " + std::to_string(reason.result) + "/" + std::to_string(reason.error);
}

class Bench {
 public:
  explicit Bench(const EngineSettings& settings = {}, TraceSink* sink = nullptr)
      : node_(7, lns_endpoint, settings, sink), engine(node_.engine), policy(node_.policy) {}

 private:
  Node node_;

 public:
  Engine& engine;
  PlainPolicy& policy;
  TimePoint now{Duration{1000}};
  std::vector<SentMessage> sent; // all so far
  std::vector<Action> actions;   // all so far but datagrams

  [[nodiscard]] const EngineCounters& counters() const { return std::as_const(engine).counters(); }

  /// What arrives from the network, and what the engine does about it. The turn goes on: what arrives next arrives with
  /// it.
  Lines receive(Octets datagram, const Endpoint& from = lac_endpoint) {
    engine.handle_datagram(datagram, {.path = {lns_endpoint, from}}, now);
    return take();
  }
  /// The end of a turn.
  Lines end_turn() {
    engine.end_turn(now);
    return take();
  }
  /// What the engine does by itself in `duration`, after the end of the turn at hand.
  Lines pass(Duration duration) {
    const TimePoint until = now + duration;
    Lines all = end_turn();
    while (now < until) {
      TimePoint next = until;
      if (const auto at = engine.next_deadline()) next = std::min(next, std::max(*at, now + Duration{1}));
      now = next;
      engine.handle_timeout(now);
      const Lines more = take();
      all.insert(all.end(), more.begin(), more.end());
    }
    return all;
  }
  /// What the engine has had done since it was last asked.
  Lines take() {
    Lines lines;
    engine.take_actions(batch_);
    for (const Action& action : batch_.actions)
      lines.push_back(std::visit([&](const auto& one) { return line(one); }, action));
    return lines;
  }

  template <class T>
  [[nodiscard]] std::vector<T> all() const {
    std::vector<T> found;
    for (const Action& action : actions)
      if (const T* one = std::get_if<T>(&action)) found.push_back(*one);
    return found;
  }
  template <class T>
  [[nodiscard]] T last() const {
    return all<T>().back();
  }
  /// The newest message of `type`.
  [[nodiscard]] const SentMessage& newest(MessageType type) const {
    for (auto it = sent.rbegin(); it != sent.rend(); ++it)
      if (it->type == type) return *it;
    throw std::logic_error("no such message was sent");
  }
  [[nodiscard]] std::size_t count(MessageType type) const {
    std::size_t found = 0;
    for (const SentMessage& one : sent)
      found += one.type == type;
    return found;
  }

 private:
  std::string line(const SendDatagram& action) {
    const Octets octets = batch_.octets(action.octets);
    SentMessage one{.route = action.route, .octets = {octets.begin(), octets.end()}};
    const auto decoded = decode_control_header(one.octets);
    if (!decoded) {
      sent.push_back(one);
      return "a broken header";
    }
    one.header = decoded->header;
    if (!decoded->body.empty())
      one.type = static_cast<MessageType>(std::to_integer<unsigned>(decoded->body[6]) << 8 |
                                          std::to_integer<unsigned>(decoded->body[7]));
    sent.push_back(one);
    std::string text(name(one.type));
    if (one.type == MessageType::stopccn || one.type == MessageType::cdn) {
      const Bytes code = one.value(1).value_or(Bytes{});
      const auto at = [&](std::size_t i) {
        return code.size() < i + 2 ? 0u
                                   : std::to_integer<unsigned>(code[i]) << 8 | std::to_integer<unsigned>(code[i + 1]);
      };
      text += " " + std::to_string(at(0)) + "/" + std::to_string(at(2));
    }
    return text;
  }
  std::string line(const HandOver& action) {
    actions.emplace_back(action);
    const Octets octets = batch_.octets(action.octets);
    handed_over.assign(octets.begin(), octets.end());
    return "hand over to " + std::to_string(action.shard);
  }
  std::string line(const TunnelCreated& action) { return keep(action, "tunnel created"); }
  std::string line(const TunnelUp& action) { return keep(action, "tunnel up"); }
  std::string line(const TunnelDown& action) {
    return keep(action, "tunnel down: " + ending(action.cause, action.reason));
  }
  std::string line(const TunnelGone& action) { return keep(action, "tunnel gone"); }
  std::string line(const SessionCreated& action) { return keep(action, "session created"); }
  std::string line(const SessionUp& action) { return keep(action, "session up"); }
  std::string line(const SessionEnded& action) {
    return keep(action, "session ended: " + ending(action.cause, action.reason));
  }
  std::string line(const OpenBearer& action) { return keep(action, "open bearer"); }
  std::string line(const AccmReceived& action) { return keep(action, "ACCM received"); }
  template <class T>
  std::string keep(const T& action, std::string text) {
    actions.emplace_back(action);
    return text;
  }

  ActionBatch batch_;

 public:
  Bytes handed_over; // the datagram of the last HandOver
};

/// A LAC or LNS made by hand, one tunnel of it. It acknowledges whatever it has seen with its next message.
class RawPeer {
 public:
  explicit RawPeer(Bench& bench, std::uint16_t tunnel_id = 100, const Endpoint& at = lac_endpoint)
      : id(tunnel_id), address(at), bench_(bench), heard_(bench.sent.size()) {}

  std::uint16_t id;     // what it calls the tunnel
  std::uint16_t ours{}; // what the engine calls it, 0 until known
  Endpoint address;
  std::uint16_t ns = 0, nr = 0;
  Bytes last; // the datagram sent last

  [[nodiscard]] TunnelId tunnel() const { return {ours}; }
  [[nodiscard]] const Tunnel* state() const { return bench_.engine.find(TunnelId{ours}); }

  /// A body in the next place of the sequence, to `session` (the engine's id).
  Lines send_body(Octets body, std::uint16_t session = 0) {
    last = datagram(body, session, ns);
    ++ns;
    return hear(bench_.receive(last, address));
  }
  Lines send(const Message& message, std::uint16_t session = 0) { return send_body(body_of(message), session); }
  Lines send(const std::vector<RawAvp>& avps, std::uint16_t session = 0) { return send_body(raw(avps), session); }
  Lines repeat() { return hear(bench_.receive(last, address)); }
  Lines acknowledge() { return hear(bench_.receive(datagram({}, 0, ns), address)); }
  Lines pass(Duration duration) { return hear(bench_.pass(duration)); }
  /// After a command to the engine.
  Lines take() { return hear(bench_.take()); }

  [[nodiscard]] Bytes datagram(Octets body, std::uint16_t session, std::uint16_t at_ns) const {
    Bytes message(control_header_size);
    append(message, body);
    encode_control_header(message, {.tunnel_id = ours, .session_id = session, .ns = at_ns, .nr = nr});
    return message;
  }

  [[nodiscard]] Sccrq sccrq() const {
    Sccrq message;
    message.framing_capabilities = {true, true};
    message.host_name = "peer";
    message.assigned_tunnel_id = id;
    message.bearer_capabilities = Bearer{true, true};
    return message;
  }
  [[nodiscard]] Sccrp sccrp() const {
    Sccrp message;
    static_cast<TunnelOffer&>(message) = sccrq();
    return message;
  }
  /// SCCRQ, SCCRP, SCCCN; the lines of the last step.
  Lines establish() {
    send(sccrq());
    const Lines lines = send(Scccn{});
    pass(Duration{100});
    return lines;
  }
  /// The engine opens the tunnel to this peer.
  TunnelId called(std::shared_ptr<const TunnelSettings> settings = PlainPolicy::default_tunnel()) {
    const auto opened =
        bench_.engine.open_tunnel({.path = {lns_endpoint, address}}, std::move(settings), std::nullopt, 0, bench_.now);
    ours = opened.value().value;
    take();
    return *opened;
  }
  /// For tests that clear bench.sent.
  void forget_heard() { heard_ = 0; }
  /// What was sent up to now is not for this peer.
  void listen_from_here() { heard_ = bench_.sent.size(); }
  /// Notes what the engine has sent to this peer since.
  Lines hear(Lines lines) {
    for (; heard_ < bench_.sent.size(); ++heard_) {
      const SentMessage& one = bench_.sent[heard_];
      if (one.route.path.peer != address) continue;
      if (one.header.tunnel_id != id && one.type != MessageType::sccrq) continue;
      if (one.type == MessageType::zlb) continue;
      if (one.type == MessageType::sccrp || one.type == MessageType::sccrq)
        // Where it is hidden, the engine's own report has to do.
        ours = one.value(9)->size() == 2 ? static_cast<std::uint16_t>(one.number(9))
                                         : bench_.last<TunnelCreated>().tunnel.value;
      if (one.header.ns == nr) ++nr;
    }
    return lines;
  }

 private:
  Bench& bench_;
  std::size_t heard_;
};

inline Icrq an_icrq(std::uint16_t id = 500) { return {.assigned_session_id = id, .call_serial_number = 1}; }
inline Iccn an_iccn() { return {.tx_connect_speed = 64000, .framing_type = {true, false}}; }
inline Ocrq an_ocrq(std::uint16_t id = 500) {
  return {.assigned_session_id = id,
          .call_serial_number = 1,
          .minimum_bps = 1,
          .maximum_bps = 2,
          .bearer_type = {true, false},
          .framing_type = {true, false},
          .called_number = "5"};
}
inline Occn an_occn() { return {.tx_connect_speed = 64000, .framing_type = {true, false}}; }
inline Cdn a_cdn(std::uint16_t id = 500, std::uint16_t result = 3) {
  Cdn message;
  message.assigned_session_id = id;
  message.result_code = {.result = result};
  return message;
}
inline StopCcn a_stopccn(std::uint16_t id, std::uint16_t result = 1) {
  StopCcn message;
  message.assigned_tunnel_id = id;
  message.result_code = {.result = result};
  return message;
}

/// A body that says `message` and has these AVPs besides.
inline std::vector<RawAvp> with(const Message& message, const std::vector<RawAvp>& more) {
  std::vector<RawAvp> avps = split(body_of(message));
  avps.insert(avps.end(), more.begin(), more.end());
  return avps;
}
/// A body that says `message` without that AVP.
inline std::vector<RawAvp> without(const Message& message, std::uint16_t attribute) {
  std::vector<RawAvp> avps = split(body_of(message));
  std::erase_if(avps, [&](const RawAvp& avp) { return avp.attribute == attribute; });
  return avps;
}
/// A body that says `message` with another value in that AVP.
inline std::vector<RawAvp> changed(const Message& message, std::uint16_t attribute, const Bytes& value) {
  std::vector<RawAvp> avps = split(body_of(message));
  for (RawAvp& avp : avps)
    if (avp.attribute == attribute) avp.value = value;
  return avps;
}

} // namespace openl2tp::protocol::test
