// A numbered stream over a network that loses, duplicates and delays. Whatever it does: frames come in order and once,
// none waits for longer than the timeout, none that arrived is lost without a reason that is counted.
#include <array>
#include <cstring>
#include <map>
#include <random>

#include "tests/unit/protocol/data/data_fixture.hpp"

namespace openl2tp::protocol {
namespace {

struct Weather {
  const char* name;
  unsigned loss_percent, duplicate_percent;
  int jitter_ms;          // on top of 5 ms
  int reorder_timeout_ms; // of the receiver
  std::size_t pool_octets;
};

struct Stream {
  Stream(const Weather& weather, unsigned seed)
      : weather(weather), random(seed), pool({.octets_max = weather.pool_octets, .idle_octets_max = 0}),
        channel({.lns = true, .reorder_timeout = Duration{weather.reorder_timeout_ms}}) {}
  ~Stream() { channel.clear(pool); }

  unsigned below(unsigned limit) { return std::uniform_int_distribution<unsigned>(0, limit - 1)(random); }

  void hand_on(Octets payload) {
    std::uint32_t ordinal;
    std::memcpy(&ordinal, payload.data(), sizeof ordinal);
    if (!delivered.empty()) {
      ASSERT_GT(ordinal, delivered.back()) << "out of order or twice";
    }
    ASSERT_LE(now - arrived.at(ordinal), Duration{weather.reorder_timeout_ms}) << ordinal << " waited too long";
    delivered.push_back(ordinal);
  }
  void hand_on(MessageNode* nodes) {
    while (nodes != nullptr) {
      MessageNode* const next = nodes->next;
      hand_on(kept_payload(*nodes));
      pool.release(nodes);
      nodes = next;
    }
  }
  void arrive(std::uint32_t ordinal) {
    arrived.try_emplace(ordinal, now);
    std::array<std::byte, 40> octets{};
    std::memcpy(octets.data(), &ordinal, sizeof ordinal);
    const DataArrival arrival = channel.receive(
        {.has_sequence = true, .ns = static_cast<std::uint16_t>(ordinal), .payload = octets}, now, pool);
    hand_on(arrival.before);
    if (arrival.deliver) hand_on(Octets(octets));
    hand_on(arrival.after);
    ASSERT_LE(channel.early_frames(), DataChannel::early_frames_max);
    ASSERT_EQ(channel.waiting(), channel.next_deadline().has_value());
  }
  void run(std::uint32_t frames) {
    std::multimap<TimePoint, std::uint32_t> travelling;
    for (std::uint32_t ordinal = 0; ordinal < frames; ++ordinal) {
      const TimePoint sent{Duration{1000 + ordinal / 4}};
      const auto travel = [&] {
        return sent + Duration{5 + (weather.jitter_ms == 0
                                        ? 0
                                        : static_cast<int>(below(static_cast<unsigned>(weather.jitter_ms))))};
      };
      if (below(100) >= weather.loss_percent) travelling.emplace(travel(), ordinal);
      if (below(100) < weather.duplicate_percent) travelling.emplace(travel(), ordinal);
    }
    copies = travelling.size();
    for (const auto& [when, ordinal] : travelling) {
      while (channel.next_deadline() && *channel.next_deadline() <= when) {
        now = *channel.next_deadline();
        hand_on(channel.handle_timeout(now));
      }
      now = when;
      arrive(ordinal);
      if (testing::Test::HasFatalFailure()) return;
    }
    while (channel.next_deadline()) {
      now = *channel.next_deadline();
      hand_on(channel.handle_timeout(now));
    }
  }

  Weather weather;
  std::mt19937 random;
  TimePoint now{};
  MessagePool pool;
  DataChannel channel;
  std::map<std::uint32_t, TimePoint> arrived;
  std::vector<std::uint32_t> delivered;
  std::size_t copies = 0;
};

class DataChannelProperty : public testing::TestWithParam<Weather> {};

TEST_P(DataChannelProperty, OrderOnceAndInTimeWhateverTheNetworkDoes) {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Stream stream(GetParam(), seed);
    stream.run(seed == 4 ? 70'000 : 4'000); // the last one goes round at 65536
    ASSERT_FALSE(HasFatalFailure());
    const DataCounters& counters = stream.channel.counters();
    EXPECT_EQ(stream.delivered.size() + counters.discards(), stream.copies);
    EXPECT_EQ(counters.restarts, 0U);
    EXPECT_EQ(counters.missing + stream.delivered.size(), stream.delivered.back() + 1U);
    EXPECT_EQ(stream.pool.usage().messages, 0U);
  }
}

TEST(DataChannelStream, NothingIsLostWhenThereIsTimeToWaitForIt) {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Stream stream({"reordering", 0, 20, 12, 1000, 1U << 20}, seed);
    stream.run(10'000);
    ASSERT_FALSE(testing::Test::HasFatalFailure());
    EXPECT_EQ(stream.delivered.size(), 10'000U);
    EXPECT_GT(stream.channel.counters().out_of_sequence, 5'000U);
    EXPECT_EQ(stream.channel.counters().late, 0U);
    EXPECT_EQ(stream.channel.counters().missing, 0U);
  }
}

INSTANTIATE_TEST_SUITE_P(
    , DataChannelProperty,
    testing::Values(Weather{"fine", 0, 0, 0, 50, 1U << 20}, Weather{"reordering", 0, 0, 10, 50, 1U << 20},
                    Weather{"duplicates", 0, 20, 12, 50, 1U << 20}, Weather{"loss", 5, 0, 3, 20, 1U << 20},
                    Weather{"storm", 20, 20, 15, 30, 1U << 20}, Weather{"hurricane", 40, 30, 100, 60, 1U << 20},
                    Weather{"impatient", 5, 5, 10, 0, 1U << 20}, Weather{"no_memory", 5, 5, 10, 50, 0}),
    [](const auto& of) { return of.param.name; });

} // namespace
} // namespace openl2tp::protocol
