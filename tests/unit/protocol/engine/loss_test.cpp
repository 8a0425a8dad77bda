// A thousand calls over a line that loses, repeats and reorders, 32 of them in flight, in virtual time. Every call
// comes up, no window is exceeded, and losses cost round trips and short time-outs, not seconds.
// OPENL2TP_LOSS_VERBOSE=1 prints the distributions that docs/reliability.md shows.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>

#include "tests/unit/protocol/engine/engine_fixture.hpp"

namespace openl2tp::protocol::test {
namespace {

struct LineFaults {
  unsigned loss_permille = 0, duplicate_permille = 0; // in each direction
  int jitter_ms = 0;                                  // beyond a delay of 5 ms: what reorders
};

struct Outcome {
  std::vector<int> set_up_ms; // of each call, ascending
  int last_ms = 0;            // when the last call was up
  std::uint32_t retransmits = 0;
};

class LossyPair {
 public:
  LossyPair(unsigned seed, const LineFaults& faults)
      : random_(seed), faults_(faults), lac_(11, lac_endpoint), lns_(22, lns_endpoint) {
    settings_->retries_max = 60; // what is measured is repair: nobody gives up
    lns_.policy.tunnel = settings_;
  }

  Outcome run(unsigned calls, unsigned in_flight) {
    const auto opened =
        lac_.engine.open_tunnel({.path = {lac_endpoint, lns_endpoint}}, settings_, std::nullopt, 0, now_);
    finish(lac_);
    while (lac_.count<TunnelUp>() == 0 && step()) {
    }
    while (lns_.count<TunnelUp>() == 0 && step()) {
    }
    const TunnelId far = lns_.all<TunnelUp>().at(0).tunnel;
    lac_.said.clear();
    const TimePoint start = now_;
    std::map<SessionId, TimePoint> asked;
    auto settings = std::make_shared<SessionSettings>();
    settings->type = SessionType::lac_incoming;
    Outcome outcome;
    unsigned begun = 0;
    while (outcome.set_up_ms.size() < calls) {
      while (begun < calls && asked.size() < in_flight) {
        const auto id = lac_.engine.open_session(*opened, settings, std::nullopt, 0, now_);
        if (!id) return outcome;
        asked[*id] = now_;
        ++begun;
        finish(lac_);
      }
      if (!step()) return outcome;
      for (const SessionUp& up : lac_.all<SessionUp>()) {
        outcome.set_up_ms.push_back(static_cast<int>((now_ - asked.at(up.session)).count()));
        asked.erase(up.session);
      }
      lac_.said.clear();
      lns_.said.clear();
      check_window(lac_, *opened);
      check_window(lns_, far);
    }
    std::ranges::sort(outcome.set_up_ms);
    outcome.last_ms = static_cast<int>((now_ - start).count());
    outcome.retransmits =
        lac_.engine.counters().retransmitted_control_frames + lns_.engine.counters().retransmitted_control_frames;
    return outcome;
  }

 private:
  struct Flying {
    Node* to;
    std::vector<std::byte> octets;
  };
  bool step() { // to the next thing that happens
    TimePoint next = in_flight_.empty() ? TimePoint::max() : in_flight_.begin()->first;
    for (Node* node : {&lac_, &lns_})
      if (const auto at = node->engine.next_deadline()) next = std::min(next, std::max(*at, now_ + Duration{1}));
    if (next == TimePoint::max() || next > TimePoint{Duration{3'600'000}}) return false;
    now_ = next;
    while (!in_flight_.empty() && in_flight_.begin()->first <= now_) { // what arrives together is one turn
      const Flying flying = std::move(in_flight_.begin()->second);
      in_flight_.erase(in_flight_.begin());
      const Endpoint from = flying.to == &lac_ ? lns_endpoint : lac_endpoint;
      flying.to->engine.handle_datagram(flying.octets, {.path = {flying.to->address, from}}, now_);
    }
    for (Node* node : {&lac_, &lns_}) {
      node->engine.handle_timeout(now_);
      finish(*node);
    }
    return true;
  }
  void finish(Node& node) {
    if constexpr (requires { node.engine.end_turn(now_); }) node.engine.end_turn(now_);
    node.engine.take_actions(node.batch);
    for (const Action& action : node.batch.actions) {
      const auto* send = std::get_if<SendDatagram>(&action);
      if (send == nullptr) {
        node.said.push_back(action);
        continue;
      }
      const Octets octets = node.batch.octets(send->octets);
      const unsigned copies = random_() % 1000 < faults_.duplicate_permille ? 2 : 1;
      for (unsigned i = 0; i < copies; ++i) {
        if (random_() % 1000 < faults_.loss_permille) continue;
        const int jitter =
            faults_.jitter_ms == 0 ? 0 : static_cast<int>(random_() % static_cast<unsigned>(faults_.jitter_ms));
        in_flight_.emplace(now_ + Duration{5 + jitter},
                           Flying{&node == &lac_ ? &lns_ : &lac_, {octets.begin(), octets.end()}});
      }
    }
  }
  static void check_window(const Node& node, TunnelId id) {
    const ReliableChannel& channel = node.engine.find(id)->channel();
    ASSERT_LE(static_cast<std::uint16_t>(channel.ns() - channel.peer_nr()), 10);
  }

  std::shared_ptr<TunnelSettings> settings_ = PlainPolicy::default_tunnel();
  std::mt19937 random_;
  LineFaults faults_;
  Node lac_, lns_;
  TimePoint now_{Duration{1000}};
  std::multimap<TimePoint, Flying> in_flight_;
};

struct LossRow {
  std::string name;
  LineFaults faults;
  int last_ms_max; // of the slowest of twenty seeds, with some room
};

class Loss : public testing::TestWithParam<LossRow> {};

TEST_P(Loss, LetsEveryCallComeUpInTime) {
  constexpr unsigned calls = 1000, seeds = 20;
  std::vector<int> last_ms, set_up_ms;
  std::uint64_t retransmits = 0;
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE(seed);
    const Outcome outcome = LossyPair(seed, GetParam().faults).run(calls, 32);
    ASSERT_EQ(outcome.set_up_ms.size(), calls);
    last_ms.push_back(outcome.last_ms);
    set_up_ms.insert(set_up_ms.end(), outcome.set_up_ms.begin(), outcome.set_up_ms.end());
    retransmits += outcome.retransmits;
  }
  std::ranges::sort(last_ms);
  std::ranges::sort(set_up_ms);
  EXPECT_LE(last_ms.back(), GetParam().last_ms_max);
  if (std::getenv("OPENL2TP_LOSS_VERBOSE") == nullptr) return;
  const auto at = [](const std::vector<int>& sorted, std::size_t percent) {
    return sorted[std::min(sorted.size() - 1, sorted.size() * percent / 100)];
  };
  std::printf("| %s | %d | %d | %d | %d | %d | %d | %.1f |\n", GetParam().name.c_str(), at(set_up_ms, 50),
              at(set_up_ms, 90), at(set_up_ms, 99), set_up_ms.back(), at(last_ms, 50), last_ms.back(),
              static_cast<double>(retransmits) / seeds);
}

INSTANTIATE_TEST_SUITE_P(
    Line, Loss,
    testing::Values(LossRow{"None", {}, 2'000}, LossRow{"OnePercent", {.loss_permille = 10}, 4'000},
                    LossRow{"FivePercent", {.loss_permille = 50}, 15'000},
                    LossRow{"TwentyPercent", {.loss_permille = 200}, 300'000},
                    LossRow{"Reordering", {.jitter_ms = 10}, 4'500},
                    LossRow{"Duplication", {.duplicate_permille = 100}, 2'200},
                    LossRow{"AllOfThem", {.loss_permille = 50, .duplicate_permille = 100, .jitter_ms = 10}, 27'000}),
    [](const auto& info) { return info.param.name; });

} // namespace
} // namespace openl2tp::protocol::test
