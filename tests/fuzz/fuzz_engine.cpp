// A whole engine, with state. Input: a program of one-octet operations with arguments: commands, time, datagrams of a
// real peer engine as they are, mutated, repeated or out of order, and datagrams made of the input itself. Oracle: the
// ledger of tests/sim (every report agrees with the engine, every user comes back once), every datagram sent is
// well-formed, one datagram sets a bounded number free, and when nothing is heard any more the engine ends up empty.
#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "protocol/engine.hpp"
#include "protocol/wire/header.hpp"
#include "tests/fuzz/check.hpp"
#include "tests/sim/ledger.hpp"
#include "tests/sim/random.hpp"
#include "tests/sim/violation.hpp"

using namespace openl2tp::protocol;
using openl2tp::protocol::sim::Ledger;
using openl2tp::protocol::sim::Users;

namespace {

using Bytes = std::vector<std::byte>;

/// The program; reads as zeros past its end.
class Program {
 public:
  explicit Program(Octets octets) : rest_(octets) {}
  [[nodiscard]] bool done() const { return rest_.empty(); }
  std::uint8_t u8() {
    if (rest_.empty()) return 0;
    const auto value = std::to_integer<std::uint8_t>(rest_.front());
    rest_ = rest_.subspan(1);
    return value;
  }
  std::uint16_t u16() {
    const unsigned high = u8();
    return static_cast<std::uint16_t>(high << 8 | u8());
  }
  Bytes octets(std::size_t wanted) {
    const Octets taken = rest_.first(std::min(wanted, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return {taken.begin(), taken.end()};
  }

 private:
  Octets rest_;
};

constexpr Endpoint endpoints[] = {{.address = IpAddress::v4(10, 0, 0, 1), .port = 1701},
                                  {.address = IpAddress::v4(10, 0, 0, 2), .port = 1701},
                                  {.address = IpAddress::v4(10, 0, 0, 2), .port = 5000},
                                  {.address = IpAddress::v4(10, 0, 0, 3), .port = 1701}};

class FuzzPolicy final : public Policy {
 public:
  FuzzPolicy(Users& users, std::shared_ptr<const TunnelSettings> settings)
      : tunnel(std::move(settings)), users_(users) {}
  std::shared_ptr<const TunnelSettings> tunnel;
  std::shared_ptr<const SessionSettings> session = std::make_shared<SessionSettings>();

  tl::expected<TunnelAdmission, Refusal> admit_tunnel(const Route&, const Sccrq& request) override {
    if (request.host_name == "refused") return tl::unexpected(Refusal{});
    return TunnelAdmission{tunnel, users_.issue()};
  }
  void withdraw_tunnel(std::uintptr_t user) override { users_.give_back(user); }
  Secret secret_for(const Endpoint&) override { return tunnel->secret; }
  tl::expected<SessionAdmission, Refusal> admit_session(TunnelId, std::uintptr_t, const Message& request) override {
    const auto* icrq = std::get_if<Icrq>(&request);
    if (icrq && icrq->called_number == "refused") return tl::unexpected(Refusal{});
    return SessionAdmission{session, users_.issue()};
  }
  void withdraw_session(std::uintptr_t user) override { users_.give_back(user); }

 private:
  Users& users_;
};

/// Formats nothing, but looks at all that is offered, as a log would.
class Reader final : public TraceSink {
 public:
  void trace(const TraceEvent& event) override {
    if (const auto* avp = std::get_if<AvpTrace>(&event.what))
      for (const std::byte octet : avp->value)
        sum_ = sum_ + std::to_integer<unsigned>(octet);
    if (const auto* note = std::get_if<NoteTrace>(&event.what)) sum_ = sum_ + static_cast<unsigned>(note->text.size());
  }

 private:
  volatile unsigned sum_ = 0;
};

struct Node {
  Node(sim::Rng& rng, std::uint16_t id_range, const EngineSettings& of, const TunnelSettings& tunnel, TimePoint now)
      : settings(of), random(rng, id_range), policy(users, std::make_shared<TunnelSettings>(tunnel)),
        ledger(settings, users), engine(settings, random, policy, &reader, now) {
    engine.set_system_trace(trace::all);
  }
  EngineSettings settings;
  Users users;
  sim::EngineRandom random;
  FuzzPolicy policy;
  Reader reader;
  Ledger ledger;
  Engine engine;
  std::deque<Bytes> out; // sent to the other node and not yet delivered
  std::vector<OpenBearer> bearers;
};

class Machine {
 public:
  explicit Machine(Program program) : program_(program) {
    const std::uint8_t flags = program_.u8(), windows = program_.u8(), more = program_.u8();
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      TunnelSettings tunnel;
      tunnel.host_name = "host";
      if (flags & 1) tunnel.secret = Secret("correct horse battery staple"); // that of the vectors
      if ((flags & 1) && (flags & 2)) tunnel.auth_mode = AuthMode::challenge;
      tunnel.hide_avps = (flags & 1) && (flags & 4);
      tunnel.use_tie_breaker = (flags & 8) != 0;
      if (flags & 0x10) tunnel.bearer_capabilities = {};
      if (flags & 0x20) tunnel.idle_timeout = Duration{20'000};
      if (flags & 0x40) tunnel.sessions_max = 2;
      tunnel.receive_window = 1 + (windows & 15);
      tunnel.transmit_window = 1 + (windows >> 4);
      tunnel.hello_interval = Duration{10'000};
      tunnel.establish_timeout = Duration{20'000};
      EngineSettings settings;
      // Small classes of ids make engines cheap. With tie breakers the peer's address names the shard, so both are 0's.
      settings.shards = flags & 8 ? 1 : 64;
      if (more & 1) settings.half_open = {.total_max = 2, .per_source_max = 2};
      nodes_[i] =
          std::make_unique<Node>(rng_, more & 2 ? std::uint16_t{256} : std::uint16_t{0}, settings, tunnel, now_);
    }
  }

  void run() {
    for (unsigned count = 0; !program_.done() && count < 300; ++count) { // longer programs find nothing more, slowly
      step(program_.u8());
      for (const auto& node : nodes_)
        node->ledger.agree(node->engine);
    }
    fall_silent();
  }

 private:
  static Route route(std::size_t node, std::size_t peer) { return {.path = {endpoints[node], endpoints[peer]}}; }

  void finish(std::size_t index, bool from_datagram) {
    Node& node = *nodes_[index];
    ActionBatch batch;
    node.engine.end_turn(now_);
    node.engine.take_actions(batch);
    std::size_t sent = 0;
    for (const Action& action : batch.actions) {
      node.ledger.take(action, now_);
      if (const auto* bearer = std::get_if<OpenBearer>(&action)) node.bearers.push_back(*bearer);
      const auto* datagram = std::get_if<SendDatagram>(&action);
      if (!datagram) continue;
      ++sent;
      const Octets octets = batch.octets(datagram->octets);
      const auto control = decode_control_header(octets);
      FUZZ_CHECK(control.has_value());
      FUZZ_CHECK(control->body.size() + control_header_size == octets.size());
      if (!control->body.empty())
        FUZZ_CHECK(decoder_.decode(control->body, node.policy.tunnel->secret.octets()).has_value());
      if (node.out.size() < 64) node.out.emplace_back(octets.begin(), octets.end());
    }
    if (from_datagram) FUZZ_CHECK(sent <= node.policy.tunnel->transmit_window + 2U);
    node.ledger.agree_in_number(node.engine);
  }

  void deliver(std::size_t to, const Bytes& datagram, std::size_t from) {
    nodes_[to]->engine.handle_datagram(datagram, route(to, from), now_);
    finish(to, true);
  }

  void pass(Duration time) {
    now_ += time;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      nodes_[i]->engine.handle_timeout(now_);
      finish(i, false);
    }
  }

  const Ledger::Tunnels::value_type* pick_tunnel(const Node& node, std::uint8_t choice) {
    const auto& tunnels = node.ledger.tunnels();
    return tunnels.empty() ? nullptr : &*std::next(tunnels.begin(), choice % tunnels.size());
  }
  static SessionId pick_session(const Ledger::TunnelEntry& tunnel, std::uint8_t choice) {
    if (tunnel.sessions.empty()) return SessionId{choice};
    return std::next(tunnel.sessions.begin(), choice % tunnel.sessions.size())->first;
  }

  void step(std::uint8_t operation) {
    const std::size_t index = operation >> 7; // which node it is about
    Node& node = *nodes_[index];
    Node& other = *nodes_[1 - index];
    Engine& engine = node.engine;
    switch (operation & 15) {
    case 0: { // a tunnel to the other
      if (node.ledger.tunnels().size() >= 16) return;
      const auto user = node.users.issue();
      const auto id = engine.open_tunnel(route(index, 1 - index), node.policy.tunnel, std::nullopt, user, now_);
      if (id)
        node.ledger.opened(*id);
      else
        node.users.give_back(user);
      break;
    }
    case 1: { // a call
      const auto* tunnel = pick_tunnel(node, program_.u8());
      if (!tunnel) return;
      auto settings = std::make_shared<SessionSettings>();
      const std::uint8_t kind = program_.u8();
      settings->type = kind & 1 ? SessionType::lac_incoming : SessionType::lns_outgoing;
      settings->establish_timeout = Duration{10'000};
      if (kind & 2) settings->called_number = "refused";
      const auto user = node.users.issue();
      std::optional<SessionId> wanted;
      if (kind & 4) wanted = SessionId{program_.u8()};
      const auto id = engine.open_session(tunnel->first, std::move(settings), wanted, user, now_);
      if (id)
        node.ledger.opened(tunnel->first, *id);
      else
        node.users.give_back(user);
      break;
    }
    case 2: {
      const auto* tunnel = pick_tunnel(node, program_.u8());
      FUZZ_CHECK(!tunnel || engine.close_tunnel(tunnel->first, make_reason(StopResult::general_clear), now_));
      break;
    }
    case 3: {
      const auto* tunnel = pick_tunnel(node, program_.u8());
      if (!tunnel) return;
      const SessionId session = pick_session(tunnel->second, program_.u8());
      FUZZ_CHECK(engine.close_session(tunnel->first, session, make_reason(CdnResult::busy), now_).has_value() ==
                 tunnel->second.sessions.contains(session));
      break;
    }
    case 4: pass(Duration{program_.u8()}); return;
    case 5: pass(Duration{100} * program_.u8()); return;
    case 6: // both talk until they are at rest, or for so long
      for (unsigned round = program_.u8(); round > 0 && !(nodes_[0]->out.empty() && nodes_[1]->out.empty()); --round)
        for (std::size_t i = 0; i < 2; ++i)
          if (!nodes_[i]->out.empty()) {
            const Bytes datagram = std::move(nodes_[i]->out.front());
            nodes_[i]->out.pop_front();
            deliver(1 - i, datagram, i);
          }
      return;
    case 7: // one of the other's arrives; which one, from where and whether it may come again
    case 8: // the same, changed on the way
    {
      if (other.out.empty()) return;
      const std::size_t which = program_.u8() % other.out.size();
      const std::uint8_t how = program_.u8();
      Bytes datagram = other.out[which];
      if (!(how & 1)) other.out.erase(other.out.begin() + static_cast<std::ptrdiff_t>(which));
      if ((operation & 15) == 8) {
        for (unsigned changes = how >> 4; changes > 0; --changes)
          datagram[program_.u16() % datagram.size()] = static_cast<std::byte>(program_.u8());
        if (how & 2) {
          datagram.resize(program_.u16() % datagram.size());
          if (how & 8 && datagram.size() >= control_header_size) fix_length(datagram);
        }
      }
      deliver(index, datagram, how & 4 ? 2 + (how & 1) : 1 - index);
      return;
    }
    case 9: { // a datagram of the input's own
      const std::uint8_t how = program_.u8();
      Bytes datagram = program_.octets(program_.u8() + (how & 1 ? 256U : 0U));
      if (datagram.size() >= control_header_size && how & 2) address(datagram, node, how);
      deliver(index, datagram, how & 4 ? 3 : 1 - index);
      return;
    }
    case 10: other.out.clear(); return;
    case 11: {
      if (node.bearers.empty()) return;
      const OpenBearer bearer = node.bearers.back();
      node.bearers.pop_back();
      if (program_.u8() & 1)
        static_cast<void>(engine.bearer_up(bearer.tunnel, bearer.session, {.tx = 1, .rx = program_.u8()}, now_));
      else
        static_cast<void>(
            engine.bearer_failed(bearer.tunnel, bearer.session, make_reason(CdnResult::no_dial_tone), now_));
      break;
    }
    case 12: {
      const auto* tunnel = pick_tunnel(node, program_.u8());
      if (!tunnel) return;
      const SessionId session = pick_session(tunnel->second, program_.u8());
      static_cast<void>(engine.send_accm(tunnel->first, session, {}, now_));
      static_cast<void>(engine.send_call_errors(tunnel->first, session, {}, now_));
      break;
    }
    case 13: {
      const auto* tunnel = pick_tunnel(node, program_.u8());
      if (!tunnel) return;
      auto settings = std::make_shared<TunnelSettings>(*node.policy.tunnel);
      settings->retries_max = program_.u8() % 8;
      settings->retransmit_interval = Duration{10 * (program_.u8() + 1)};
      settings->idle_timeout = Duration{100 * program_.u8()};
      FUZZ_CHECK(engine.modify_tunnel(tunnel->first, std::move(settings), now_).has_value());
      break;
    }
    default: return;
    }
    finish(index, false);
  }

  static void write_u16(Bytes& datagram, std::size_t at, std::size_t value) {
    datagram[at] = static_cast<std::byte>(value >> 8);
    datagram[at + 1] = static_cast<std::byte>(value);
  }
  static void fix_length(Bytes& datagram) { write_u16(datagram, 2, datagram.size()); }

  /// Makes it the next message of a tunnel that exists, so that what is inside gets through.
  void address(Bytes& datagram, const Node& node, std::uint8_t how) {
    write_u16(datagram, 0, 0xc802);
    fix_length(datagram);
    const auto* tunnel = pick_tunnel(node, how >> 4);
    if (!tunnel) return;
    const Tunnel& found = *node.engine.find(tunnel->first);
    write_u16(datagram, 4, tunnel->first.value);
    write_u16(datagram, 8, found.channel().nr());
    write_u16(datagram, 10, found.channel().ns());
    if (how & 8) {
      const std::size_t first = std::to_integer<unsigned>(datagram[6]);
      write_u16(datagram, 6, pick_session(tunnel->second, static_cast<std::uint8_t>(first)).value);
    }
  }

  /// Nothing is heard any more: whatever state the program left, it must not last.
  void fall_silent() {
    for (unsigned i = 0; i < 100; ++i)
      pass(Duration{4'000});
    for (const auto& node : nodes_) {
      FUZZ_CHECK(node->engine.tunnel_count() == 0);
      FUZZ_CHECK(node->engine.session_count() == 0);
      FUZZ_CHECK(node->engine.message_memory().messages == 0);
      FUZZ_CHECK(!node->engine.next_deadline());
      FUZZ_CHECK(node->users.outstanding() == 0);
    }
  }

  Program program_;
  sim::Rng rng_{42};
  TimePoint now_{Duration{1'000'000}};
  MessageDecoder decoder_;
  std::array<std::unique_ptr<Node>, 2> nodes_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    Machine machine{Program(std::as_bytes(std::span(data, size)))};
    machine.run();
  } catch (const sim::Violation& violation) {
    openl2tp::fuzz::oracle_failed(violation.what(), __FILE__, __LINE__);
  }
  return 0;
}
