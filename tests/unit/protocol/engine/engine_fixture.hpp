// Engines under test: a seeded source of randomness, a policy made of plain values, and two engines joined by a wire
// that the test may cut. Virtual time only.
#pragma once

#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/engine.hpp"

namespace openl2tp::protocol::test {

class SeededRandom final : public RandomSource {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed * 2 + 1) {}
  void fill(std::span<std::byte> out) override {
    for (std::byte& octet : out)
      octet = static_cast<std::byte>(next() >> 56);
  }
  std::uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_ * 0x2545f4914f6cdd1dULL;
  }

 private:
  std::uint64_t state_;
};

/// Admits everything with the settings that the test put here, or refuses with `refusal`.
class PlainPolicy final : public Policy {
 public:
  std::shared_ptr<TunnelSettings> tunnel = default_tunnel();
  std::shared_ptr<SessionSettings> session = std::make_shared<SessionSettings>();
  std::optional<Refusal> tunnel_refusal, session_refusal;
  int withdrawn = 0;
  Crossing elsewhere;                     // on other engines
  std::vector<TieBreaker> lost_elsewhere; // winners that they would be told
  std::vector<Crossing> noted;            // of this engine

  static std::shared_ptr<TunnelSettings> default_tunnel() {
    auto settings = std::make_shared<TunnelSettings>();
    settings->host_name = "host";
    settings->vendor_name = "vendor";
    return settings;
  }
  tl::expected<TunnelAdmission, Refusal> admit_tunnel(const Route&, const Sccrq&) override {
    if (tunnel_refusal) return tl::unexpected(*tunnel_refusal);
    return TunnelAdmission{tunnel, 0};
  }
  void withdraw_tunnel(std::uintptr_t) override { ++withdrawn; }
  Secret secret_for(const Endpoint&) override { return tunnel->secret; }
  tl::expected<SessionAdmission, Refusal> admit_session(TunnelId, std::uintptr_t, const Message&) override {
    if (session_refusal) return tl::unexpected(*session_refusal);
    return SessionAdmission{session, 0};
  }
  void withdraw_session(std::uintptr_t) override { ++withdrawn; }
  void note_crossing(const IpAddress&, const Crossing& ours) override { noted.push_back(ours); }
  Crossing crossing_elsewhere(const IpAddress&) override { return elsewhere; }
  void lose_elsewhere(const IpAddress&, const TieBreaker& winner) override { lost_elsewhere.push_back(winner); }
};

/// One engine with what it said so far.
struct Node {
  Node(std::uint64_t seed, const Endpoint& at, const EngineSettings& settings = {}, TraceSink* sink = nullptr)
      : random(seed), engine(settings, random, policy, sink, TimePoint{}), address(at) {}

  SeededRandom random;
  PlainPolicy policy;
  Engine engine;
  Endpoint address;
  std::vector<Action> said; // everything but datagrams
  ActionBatch batch;

  template <class T>
  [[nodiscard]] std::vector<T> all() const {
    std::vector<T> found;
    for (const Action& action : said)
      if (const T* one = std::get_if<T>(&action)) found.push_back(*one);
    return found;
  }
  template <class T>
  [[nodiscard]] std::size_t count() const {
    return all<T>().size();
  }
};

inline constexpr Endpoint lac_endpoint{.address = IpAddress::v4(192, 0, 2, 1), .port = 1701};
inline constexpr Endpoint lns_endpoint{.address = IpAddress::v4(192, 0, 2, 2), .port = 1701};

/// A LAC and an LNS. run() lets datagrams flow and time pass until nothing happens for `quiet`.
class Pair {
 public:
  Pair() : lac(11, lac_endpoint), lns(22, lns_endpoint) {}

  Node lac, lns;
  TimePoint now{Duration{1000}};
  bool cut = false;          // nothing arrives while set
  std::size_t datagrams = 0; // sent by both
  bool answer_bearers = true;

  TunnelId open(std::shared_ptr<const TunnelSettings> settings = PlainPolicy::default_tunnel()) {
    const auto id =
        lac.engine.open_tunnel({.path = {lac_endpoint, lns_endpoint}}, std::move(settings), std::nullopt, 0, now);
    return id.value();
  }
  SessionId call(Node& node, TunnelId tunnel, SessionType type) {
    auto settings = std::make_shared<SessionSettings>();
    settings->type = type;
    settings->called_number = "5551234";
    return node.engine.open_session(tunnel, settings, std::nullopt, 0, now).value();
  }
  /// Moves what both engines have said until neither says more; time stands still.
  void settle() {
    for (int round = 0; round < 1000; ++round) {
      const bool a = flush(lac, lns), b = flush(lns, lac);
      if (!a && !b) return;
    }
    ADD_FAILURE() << "two engines never stop talking";
  }
  void pass(Duration duration) {
    const TimePoint until = now + duration;
    settle();
    while (now < until) {
      TimePoint next = until;
      for (Node* node : {&lac, &lns})
        if (const auto at = node->engine.next_deadline()) next = std::min(next, std::max(*at, now + Duration{1}));
      now = std::min(next, until);
      lac.engine.handle_timeout(now);
      lns.engine.handle_timeout(now);
      settle();
    }
  }

 private:
  bool flush(Node& from, Node& to) {
    from.engine.end_turn(now);
    from.engine.take_actions(from.batch);
    if (from.batch.actions.empty()) return false;
    ActionBatch mine;
    std::swap(mine, from.batch);
    for (const Action& action : mine.actions) {
      if (const auto* send = std::get_if<SendDatagram>(&action)) {
        ++datagrams;
        if (cut) continue;
        EXPECT_EQ(send->route.path.peer, to.address);
        to.engine.handle_datagram(mine.octets(send->octets), {.path = {to.address, from.address}}, now);
        continue;
      }
      from.said.push_back(action);
      if (const auto* bearer = std::get_if<OpenBearer>(&action); bearer && answer_bearers)
        EXPECT_TRUE(from.engine.bearer_up(bearer->tunnel, bearer->session, {.tx = 64000, .rx = 0}, now));
    }
    return true;
  }
};

} // namespace openl2tp::protocol::test
