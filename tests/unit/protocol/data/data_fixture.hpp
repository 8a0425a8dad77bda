// What the tests of data sequencing share: messages, a clock, and what was handed on as text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "protocol/data/data_channel.hpp"

namespace openl2tp::protocol::test {

inline std::string frame_text(Octets octets) { return {reinterpret_cast<const char*>(octets.data()), octets.size()}; }

class DataChannelTest : public ::testing::Test {
 protected:
  using Frames = std::vector<std::string>;

  explicit DataChannelTest(const DataSettings& settings = {.lns = true, .reorder_timeout = Duration{100}})
      : channel(settings) {}
  ~DataChannelTest() override {
    channel.clear(pool);
    EXPECT_EQ(pool.usage().messages, 0U) << "kept frames were lost";
  }

  /// Message `ns` arrives, with `text` (its number by default). @return what is handed on.
  Frames receive(std::uint16_t ns, std::string_view text = "") {
    const std::string payload = text.empty() ? std::to_string(ns) : std::string(text);
    return take({.tunnel_id = 1,
                 .session_id = 2,
                 .has_sequence = true,
                 .priority = false,
                 .ns = ns,
                 .payload = std::as_bytes(std::span(payload))});
  }
  Frames receive_unnumbered(std::string_view text) {
    return take({.tunnel_id = 1,
                 .session_id = 2,
                 .has_sequence = false,
                 .priority = false,
                 .ns = 0,
                 .payload = std::as_bytes(std::span(text))});
  }
  /// Numbers `from` up to but not `to`, in order, none of which may wait.
  void receive_all(std::uint16_t from, std::uint16_t to) {
    for (std::uint16_t ns = from; ns != to; ++ns)
      ASSERT_EQ(receive(ns).size(), 1U) << ns;
  }
  Frames take(const DataHeader& header) {
    const DataArrival arrival = channel.receive(header, now, pool);
    Frames frames;
    take_list(arrival.before, frames);
    if (arrival.deliver) frames.push_back(frame_text(header.payload));
    take_list(arrival.after, frames);
    return frames;
  }
  /// Goes to the deadline, which there must be.
  Frames time_out() {
    now = channel.next_deadline().value();
    return handle_timeout();
  }
  Frames handle_timeout() {
    Frames frames;
    take_list(channel.handle_timeout(now), frames);
    return frames;
  }
  std::optional<std::uint16_t> send() {
    const auto ns = channel.next_ns();
    channel.on_sent();
    return ns;
  }
  void wait(int milliseconds) { now += Duration{milliseconds}; }

  TimePoint now{Duration{5000}};
  MessagePool pool;
  DataChannel channel;

 private:
  void take_list(MessageNode* nodes, Frames& frames) {
    while (nodes != nullptr) {
      MessageNode* const next = nodes->next;
      frames.push_back(frame_text(kept_payload(*nodes)));
      pool.release(nodes);
      nodes = next;
    }
  }
};

} // namespace openl2tp::protocol::test
