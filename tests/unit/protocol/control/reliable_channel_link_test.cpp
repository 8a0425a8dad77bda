// Two channels and a bad line between them, in virtual time: everything arrives once and in order, the windows are
// kept, nothing stalls.
#include "protocol/control/reliable_channel.hpp"

#include <array>
#include <functional>
#include <map>
#include <random>

#include "tests/unit/protocol/control/channel_fixture.hpp"

namespace openl2tp::protocol::test {
namespace {

/// What the line does with the `index`-th datagram of a direction: when the copies of it arrive, in milliseconds.
using Line = std::function<std::vector<int>(int direction, std::uint64_t index, TimePoint now)>;

class Link {
 public:
  Link(const ReliableSettings& settings, Line line) : line_(std::move(line)), ends_{End(*this, 0), End(*this, 1)} {
    for (End& end : ends_) {
      end.channel.emplace(pool_, settings);
      end.channel->set_peer_window(settings.receive_window);
      end.window = settings.receive_window;
    }
  }

  void send(int end, int messages) {
    for (int i = 0; i < messages; ++i) {
      const std::string body = std::to_string(ends_[index(end)].given++);
      ASSERT_TRUE(ends_[index(end)].channel->send(message(body), now_, ends_[index(end)]).has_value());
    }
  }

  /// Runs until both ends have all acknowledged and nothing is due. False when an end died.
  bool run() {
    for (std::uint64_t step = 0; step < 5'000'000; ++step) {
      const auto arrival = in_flight_.begin();
      std::optional<TimePoint> due;
      for (const End& end : ends_)
        if (const auto deadline = end.channel->deadline(); deadline && (!due || *deadline < *due)) due = deadline;
      if (arrival != in_flight_.end() && (!due || arrival->first <= *due)) {
        now_ = arrival->first;
        auto [direction, datagram] = std::move(arrival->second);
        in_flight_.erase(arrival);
        if (!arrive(ends_[index(1 - direction)], datagram)) return false;
        if (in_flight_.empty() || in_flight_.begin()->first > now_) // what arrived together has been handled
          for (End& end : ends_)
            end.channel->acknowledge_now(end);
      } else if (due) {
        now_ = *due;
        for (End& end : ends_) {
          if (!end.channel->deadline() || *end.channel->deadline() > now_) continue;
          ++expiries;
          if (end.channel->handle_timeout(now_, end) == ReliableChannel::Health::dead) return false;
        }
      } else {
        return true;
      }
      for (const End& end : ends_)
        if (static_cast<std::uint16_t>(end.channel->ns() - end.channel->peer_nr()) > end.window) {
          ADD_FAILURE() << "beyond the peer's window";
          return false;
        }
    }
    ADD_FAILURE() << "does not end";
    return false;
  }

  void expect_everything_delivered() const {
    for (const End& end : ends_) {
      EXPECT_TRUE(end.channel->all_acknowledged());
      EXPECT_EQ(ends_[index(1 - end.direction)].delivered, end.given);
    }
    EXPECT_EQ(pool_.usage().messages, 0U);
  }
  [[nodiscard]] Duration elapsed() const { return now_.time_since_epoch(); }
  [[nodiscard]] const ReliableChannel& channel(int end) const { return *ends_[index(end)].channel; }

  int expiries = 0; // calls of handle_timeout() that were due

 private:
  struct End final : DatagramSink {
    End(Link& link_of, int direction_of) : link(&link_of), direction(direction_of) {}
    void transmit(std::span<const std::byte> datagram) override {
      for (const int delay_ms : link->line_(direction, sent++, link->now_))
        link->in_flight_.emplace(link->now_ + Duration{delay_ms},
                                 std::pair(direction, Bytes(datagram.begin(), datagram.end())));
    }
    Link* link;
    int direction; // of what it sends
    std::optional<ReliableChannel> channel;
    std::uint16_t window = 0;
    std::uint64_t sent = 0;
    int given = 0, delivered = 0;
  };

  static std::size_t index(int end) { return static_cast<std::size_t>(end); }

  static bool arrive(End& end, const Bytes& datagram) {
    const auto decoded = decode_control_header(datagram);
    if (!decoded) return false;
    if (end.channel->receive(*decoded, end.link->now_, end) != ReliableChannel::Verdict::deliver) return true;
    bool in_order = text(decoded->body) == std::to_string(end.delivered++);
    while (const auto held = end.channel->next_held())
      in_order = in_order && text(held->body) == std::to_string(end.delivered++);
    EXPECT_TRUE(in_order) << "message " << end.delivered;
    return in_order;
  }

  Line line_;
  MessagePool pool_;
  TimePoint now_{};
  std::multimap<TimePoint, std::pair<int, Bytes>> in_flight_;
  std::array<End, 2> ends_;
};

Line perfect(int delay_ms) {
  return [delay_ms](int, std::uint64_t, TimePoint) { return std::vector{delay_ms}; };
}

TEST(ReliableChannelLink, TenThousandOneWayMessagesDoNotStall) {
  Link link({}, perfect(1));
  link.send(0, 10000);
  ASSERT_TRUE(link.run());
  link.expect_everything_delivered();
  EXPECT_EQ(link.channel(0).counters().retransmits, 0U);
  // Ten in flight over a round trip of two milliseconds, and no acknowledgement waits for a timer.
  EXPECT_EQ(link.expiries, 0);
  EXPECT_LE(link.elapsed(), Duration{10000 / 10 * 2 + 20});
}

TEST(ReliableChannelLink, TrafficBothWaysNeedsFewZlbs) {
  Link link({}, perfect(1));
  link.send(0, 2000);
  link.send(1, 2000);
  ASSERT_TRUE(link.run());
  link.expect_everything_delivered();
  EXPECT_EQ(link.channel(0).counters().retransmits + link.channel(1).counters().retransmits, 0U);
  // One a turn at most, and a turn brings a window of ten.
  EXPECT_LE(link.channel(0).counters().zlbs_sent + link.channel(1).counters().zlbs_sent, 4000U / 10 + 10);
}

TEST(ReliableChannelLink, EveryWindowWorksAcrossTheWrap) {
  for (const std::uint16_t window : Numbers{1, 2, 4, 10, 64}) {
    SCOPED_TRACE(window);
    Link link({.receive_window = window, .transmit_window_max = window}, perfect(1));
    link.send(0, 70000);
    ASSERT_TRUE(link.run());
    link.expect_everything_delivered();
    EXPECT_EQ(link.channel(0).ns(), 70000 - 65536);
    EXPECT_EQ(link.channel(1).nr(), 70000 - 65536);
    EXPECT_EQ(link.channel(0).counters().retransmits, 0U);
  }
}

TEST(ReliableChannelLink, LosingEveryKthDatagramStillDeliversAllInOrder) {
  for (const std::uint64_t k : std::vector<std::uint64_t>{2, 3, 4, 5, 7, 10, 11, 100})
    for (const int lossy : {0, 1, 2}) // one direction, the other, both
      for (const std::uint16_t window : Numbers{1, 4, 10}) {
        SCOPED_TRACE(testing::Message() << "every " << k << "th, direction " << lossy << ", window " << window);
        Link link({.receive_window = window, .transmit_window_max = window},
                  [=](int direction, std::uint64_t index, TimePoint) {
                    const bool lost = (lossy == 2 || lossy == direction) && index % k == k - 1;
                    return lost ? std::vector<int>{} : std::vector{3};
                  });
        link.send(0, 300);
        link.send(1, 200);
        ASSERT_TRUE(link.run());
        link.expect_everything_delivered();
      }
}

TEST(ReliableChannelLink, LossDuplicationAndReorderingStillDeliverAllInOrder) {
  for (const unsigned loss_percent : {0U, 5U, 20U, 40U})
    for (unsigned seed = 1; seed <= 10; ++seed) {
      SCOPED_TRACE(testing::Message() << "loss " << loss_percent << " %, seed " << seed);
      std::mt19937 random(seed);
      Link link({.retries_max = 60}, [&](int, std::uint64_t, TimePoint) {
        std::vector<int> arrivals;
        const unsigned copies = random() % 10 == 0 ? 2 : 1;
        for (unsigned copy = 0; copy < copies; ++copy)
          if (random() % 100 >= loss_percent) arrivals.push_back(static_cast<int>(1 + random() % 30));
        return arrivals;
      });
      link.send(0, 400);
      link.send(1, 300);
      ASSERT_TRUE(link.run());
      link.expect_everything_delivered();
    }
}

TEST(ReliableChannelLink, LossAcrossTheWrapStillDeliversAllInOrder) {
  std::mt19937 random(7);
  Link link({}, [&](int, std::uint64_t, TimePoint) {
    return random() % 100 == 0 ? std::vector<int>{} : std::vector{static_cast<int>(1 + random() % 4)};
  });
  link.send(0, 70000);
  ASSERT_TRUE(link.run());
  link.expect_everything_delivered();
}

TEST(ReliableChannelLink, AWindowOfLostMessagesTakesOneTimeOut) {
  // Everything sent between 400 and 900 ms is lost; without the going on after the first retransmission it would take
  // eight time-outs.
  const auto blackout = [](int, std::uint64_t, TimePoint now) {
    const auto at = now.time_since_epoch();
    return at >= Duration{400} && at < Duration{900} ? std::vector<int>{} : std::vector{20};
  };
  Link link({.receive_window = 8, .transmit_window_max = 8}, blackout);
  link.send(0, 200);
  ASSERT_TRUE(link.run());
  link.expect_everything_delivered();
  EXPECT_EQ(link.channel(0).retries(), 0);
  EXPECT_LE(link.channel(0).counters().retransmits, 8U + 1U) << "the first retransmission is lost, too";
  EXPECT_LE(link.elapsed(), Duration{400 + 1000 + 200 / 4 * 45 + 500});
}

TEST(ReliableChannelLink, ASilentPeerIsDeclaredDead) {
  Link link({}, [](int, std::uint64_t, TimePoint) { return std::vector<int>{}; });
  link.send(0, 20);
  EXPECT_FALSE(link.run());
  EXPECT_EQ(link.elapsed(), Duration{31000});
  EXPECT_EQ(link.channel(0).counters().sent_packets, 6U);
}

} // namespace
} // namespace openl2tp::protocol::test
