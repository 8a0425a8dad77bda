// Datagrams that leave in one call, on real sockets over loopback: they arrive as if each had been sent alone.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/loop/sleep.hpp"
#include "runtime/net/endpoint_group.hpp"
#include "runtime/net/udp_endpoint.hpp"
#include "runtime/ring/uring_ring.hpp"

namespace openl2tp::runtime {
namespace {

using protocol::IpAddress;
using protocol::Path;
using Texts = std::vector<std::string>;

struct Keeper final : DatagramSink {
  void on_datagrams(UdpEndpoint&, std::span<const Datagram> batch) noexcept override {
    for (const Datagram& datagram : batch) {
      texts.emplace_back(reinterpret_cast<const char*>(datagram.octets.data()), datagram.octets.size());
      sources.push_back(datagram.path.peer);
    }
  }
  Texts texts;
  std::vector<protocol::Endpoint> sources;
};

Task<void> close_endpoint(UdpEndpoint* endpoint) {
  endpoint->close();
  co_await endpoint->closed().wait();
}

class UdpBulk : public testing::Test {
 protected:
  UdpBulk() : loop(make_ring()), pool(loop, {}) {}
  ~UdpBulk() override {
    for (auto& endpoint : endpoints)
      loop.run(close_endpoint(endpoint.get()));
    EXPECT_EQ(pool.sends_in_flight(), 0U);
  }
  static std::unique_ptr<Ring> make_ring() {
    auto ring = UringRing::create({});
    EXPECT_TRUE(ring) << ring.error().text;
    return std::move(*ring);
  }
  UdpEndpoint& open(const IpAddress& address) {
    auto socket = open_udp_socket({.address = address, .port = 0}, {.share_port = false});
    EXPECT_TRUE(socket) << socket.error().text;
    endpoints.push_back(
        std::make_unique<UdpEndpoint>(loop, pool, std::move(socket->fd), UdpOptions{.local = socket->local}, keeper));
    endpoints.back()->start();
    return *endpoints.back();
  }
  void send(std::string_view text) { send_to(receiver, text); }
  void send_to(const UdpEndpoint& to, std::string_view text) {
    const Path path{.local = sender.local(), .peer = to.local()};
    const auto octets = std::as_bytes(std::span(text));
    EXPECT_TRUE(sender.send_bulk(path, octets.first(1), octets.subspan(1)));
    sent.emplace_back(text);
  }
  /// Turns until everything that was sent has arrived, or a long time has passed.
  void receive_all() {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (keeper.texts.size() < sent.size() && std::chrono::steady_clock::now() < give_up)
      loop.turn(false);
    while (pool.sends_in_flight() != 0 && std::chrono::steady_clock::now() < give_up)
      loop.turn(false);
  }

  Loop loop;
  UdpPool pool;
  Keeper keeper;
  std::vector<std::unique_ptr<UdpEndpoint>> endpoints;
  UdpEndpoint& sender = open(IpAddress::v4(127, 0, 0, 1));
  UdpEndpoint& receiver = open(IpAddress::v4(127, 0, 0, 1));
  Texts sent;
};

TEST_F(UdpBulk, EquallyLongDatagramsLeaveInOneCallAndArriveApart) {
  for (char letter = 'a'; letter < 'k'; ++letter)
    send(std::string(100, letter));
  receive_all();
  EXPECT_EQ(keeper.texts, sent);
  EXPECT_EQ(sender.counters().sent, 10U);
  EXPECT_EQ(sender.counters().sent_octets, 1000U);
  EXPECT_EQ(sender.counters().sent_runs, 1U);
}

TEST_F(UdpBulk, OneAloneIsNoRun) {
  send("alone");
  receive_all();
  EXPECT_EQ(keeper.texts, sent);
  EXPECT_EQ(sender.counters().sent_runs, 0U);
}

TEST_F(UdpBulk, OrderIsKeptWhateverTheLengths) {
  for (int i = 0; i < 60; ++i)
    send(std::string(static_cast<std::size_t>(10 + (i / 3) % 4), static_cast<char>('A' + i % 26)));
  receive_all();
  EXPECT_EQ(keeper.texts, sent);
  EXPECT_EQ(sender.counters().sent_runs, 20U);
}

TEST_F(UdpBulk, NothingOvertakesWhatWasSentOtherwise) {
  send("1 bulk");
  const std::string_view text = "2 more";
  EXPECT_TRUE(sender.send({.local = sender.local(), .peer = receiver.local()}, std::as_bytes(std::span(text))));
  sent.emplace_back(text);
  send("3 bulk");
  receive_all();
  EXPECT_EQ(keeper.texts, sent);
  EXPECT_EQ(sender.counters().sent_runs, 0U);
}

TEST_F(UdpBulk, ManyGoInRunsOfSixtyFour) {
  for (int i = 0; i < 200; ++i)
    send(std::to_string(1000 + i));
  receive_all();
  EXPECT_EQ(keeper.texts, sent);
  EXPECT_EQ(sender.counters().sent_runs, 4U);
}

TEST_F(UdpBulk, ARunIsNoLongerThanADatagramMayBe) {
  for (int i = 0; i < 50; ++i)
    send(std::string(1500, static_cast<char>('A' + i % 26)));
  receive_all();
  EXPECT_EQ(keeper.texts, sent);
  EXPECT_EQ(sender.counters().sent_runs, 2U); // 43 and 7
}

TEST_F(UdpBulk, LongOnesGoAlone) {
  UdpEndpoint& other = receiver;
  for (int i = 0; i < 3; ++i) {
    const std::string text(40'000, 'x'); // longer than a receive buffer: they are counted, not compared
    send_to(other, text);
  }
  receive_all();
  EXPECT_EQ(keeper.texts.size(), 3U);
  EXPECT_EQ(sender.counters().sent, 3U);
  EXPECT_EQ(sender.counters().sent_runs, 0U);
}

TEST_F(UdpBulk, AnotherPeerBeginsAnew) {
  UdpEndpoint& other = open(IpAddress::v4(127, 0, 0, 3));
  for (int i = 0; i < 6; ++i)
    send_to(i / 2 % 2 == 0 ? receiver : other, std::to_string(i));
  receive_all();
  EXPECT_EQ(keeper.texts.size(), 6U);
  EXPECT_EQ(receiver.counters().received, 4U);
  EXPECT_EQ(other.counters().received, 2U);
  EXPECT_EQ(sender.counters().sent_runs, 3U);
}

TEST_F(UdpBulk, WhatTheKernelRefusesInOneCallGoesOneByOne) {
  const int on = 1; // without checksums there is no segmentation
  ASSERT_EQ(::setsockopt(sender.fd(), SOL_SOCKET, SO_NO_CHECK, &on, sizeof on), 0);
  for (int i = 0; i < 10; ++i)
    send(std::to_string(i));
  receive_all();
  EXPECT_EQ(keeper.texts, sent);
  EXPECT_EQ(sender.counters().sent, 10U);
  EXPECT_EQ(sender.counters().send_errors, 0U);
  EXPECT_EQ(sender.counters().sent_runs, 0U);
  for (int i = 0; i < 10; ++i) // and is not tried again soon
    send(std::to_string(i));
  receive_all();
  EXPECT_EQ(keeper.texts, sent);
}

TEST_F(UdpBulk, ARunLeavesFromTheAddressThatWasAsked) {
  UdpEndpoint& any = open(IpAddress::any_v4());
  const Path path{.local = {.address = IpAddress::v4(127, 0, 0, 7), .port = any.local().port},
                  .peer = receiver.local()};
  for (const std::string_view text : {"one", "two", "six"}) {
    EXPECT_TRUE(any.send_bulk(path, {}, std::as_bytes(std::span(text))));
    sent.emplace_back(text);
  }
  receive_all();
  EXPECT_EQ(keeper.texts, sent);
  EXPECT_EQ(any.counters().sent_runs, 1U);
  for (const protocol::Endpoint& source : keeper.sources)
    EXPECT_EQ(source.address, IpAddress::v4(127, 0, 0, 7));
}

TEST_F(UdpBulk, ARefusedRunFromAnAskedAddressKeepsIt) {
  UdpEndpoint& any = open(IpAddress::any_v4());
  const int on = 1;
  ASSERT_EQ(::setsockopt(any.fd(), SOL_SOCKET, SO_NO_CHECK, &on, sizeof on), 0);
  const Path path{.local = {.address = IpAddress::v4(127, 0, 0, 7), .port = any.local().port},
                  .peer = receiver.local()};
  for (const std::string_view text : {"one", "two", "six"}) {
    EXPECT_TRUE(any.send_bulk(path, {}, std::as_bytes(std::span(text))));
    sent.emplace_back(text);
  }
  receive_all();
  EXPECT_EQ(keeper.texts, sent);
  for (const protocol::Endpoint& source : keeper.sources)
    EXPECT_EQ(source.address, IpAddress::v4(127, 0, 0, 7));
}

TEST_F(UdpBulk, SubmittedOnesAreNotJoined) {
  send("1");
  loop.turn(false);
  send("2");
  receive_all();
  EXPECT_EQ(keeper.texts, sent);
  EXPECT_EQ(sender.counters().sent_runs, 0U);
}

TEST_F(UdpBulk, WhatWasSentStillLeavesWhenTheEndpointCloses) {
  for (int i = 0; i < 5; ++i)
    send(std::to_string(i));
  sender.close();
  receive_all();
  EXPECT_EQ(keeper.texts, sent);
  EXPECT_TRUE(sender.closed().is_set());
}

} // namespace
} // namespace openl2tp::runtime
