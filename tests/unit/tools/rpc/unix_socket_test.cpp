// The UNIX socket: who the caller is, whose socket it is, and events for those who watch.
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <filesystem>
#include <future>

#include "tests/unit/tools/rpc/fake_control.hpp"
#include "tools/rpc/client.hpp"
#include "tools/rpc/service.hpp"

namespace openl2tp::rpc {
namespace {

class UnixSocket : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("openl2tp-rpc-unix-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
    file_ = (folder_ / "ports").string();
    start(service_);
  }
  void TearDown() override {
    service_.reset();
    std::filesystem::remove_all(folder_);
  }
  void start(std::optional<Service>& service) {
    service.emplace(control_, ServiceOptions{.register_with_rpcbind = false, .ports_file = file_, .events = &events_});
    const auto started = service->start();
    ASSERT_TRUE(started) << started.error();
  }
  Client client() {
    auto connected = Client::connect_to_socket({.timeout_s = 10}, socket_path(file_));
    EXPECT_TRUE(connected) << connected.error();
    return std::move(*connected);
  }
  static runtime::MonitorEvent event(std::uint16_t tunnel) {
    return {.kind = runtime::MonitorEvent::Kind::tunnel_up, .at = 5, .tunnel_id = tunnel, .text = "up"};
  }

  std::filesystem::path folder_;
  std::string file_;
  test::FakeControl control_;
  runtime::EventHub events_;
  std::optional<Service> service_;
};

TEST_F(UnixSocket, ListOfAnySizeComesWhole) {
  control_.ids.assign(65535, 7);
  const auto list = client().call<l2tp_api_tunnel_list_msg_data>(L2TP_TUNNEL_LIST, Nothing{});
  ASSERT_TRUE(list) << list.error();
  EXPECT_EQ((*list)->tunnel_ids.tunnel_ids_len, 65535u);
}

TEST_F(UnixSocket, HundredThousandUsersComeWholeWhileOthersAreServed) {
  control_.users.assign(100'000, {"somebody", 1795330874, false, 1, 2});
  auto listing = std::async(std::launch::async,
                            [this] { return client().call<l2tp_api_user_list_msg_data>(L2TP_USER_LIST, Nothing{}); });
  auto other = client();
  while (listing.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
    ASSERT_TRUE(other.call<Nothing>(0, Nothing{}));
  const auto list = listing.get();
  ASSERT_TRUE(list) << list.error();
  EXPECT_EQ((*list)->num_users, 100'000);
  EXPECT_EQ((*list)->users.count, 100'001u);
}

TEST_F(UnixSocket, RootMayChangeAndAnotherUserMayOnlyRead) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  const l2tp_tunnel_delete_1_argument argument{.tunnel_id = 5, .tunnel_name = {}, .reason = {}};
  EXPECT_TRUE(client().call<int>(L2TP_TUNNEL_DELETE, argument));
  std::filesystem::permissions(folder_, std::filesystem::perms(0755));
  const pid_t child = fork();
  if (child == 0) {
    if (setresgid(65534, 65534, 65534) != 0 || setresuid(65534, 65534, 65534) != 0) _exit(2);
    auto nobody = client();
    const bool reads = nobody.call<Nothing>(0, Nothing{}).has_value();
    const bool changes = nobody.call<int>(L2TP_TUNNEL_DELETE, argument).has_value();
    _exit(reads && !changes ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(UnixSocket, IsRemovedAtTheEnd) {
  EXPECT_EQ(service_->socket_file(), socket_path(file_));
  service_->stop();
  EXPECT_FALSE(std::filesystem::exists(socket_path(file_)));
}

TEST_F(UnixSocket, OfAnotherDaemonIsLeftAlone) {
  std::optional<Service> second;
  start(second);
  EXPECT_EQ(second->socket_file(), "");
  second.reset();
  EXPECT_TRUE(client().call<Nothing>(0, Nothing{}));
}

TEST_F(UnixSocket, OfADeadDaemonIsReplaced) {
  service_->stop();
  {
    Descriptor dead(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, socket_path(file_).c_str(), socket_path(file_).size());
    ASSERT_EQ(bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  start(service_);
  EXPECT_TRUE(client().call<Nothing>(0, Nothing{}));
}

TEST_F(UnixSocket, InstancesHaveFilesOfTheirOwn) {
  unsetenv("OPENL2TP_RPC_PORTS");
  EXPECT_EQ(ports_file_path("blue"), ports_file_path() + ".blue");
  Service bad(control_, {.register_with_rpcbind = false, .ports_file = file_, .instance = "../x"});
  EXPECT_FALSE(bad.start());
}

TEST_F(UnixSocket, WatchingClientGetsEventsInOrder) {
  auto watching = client();
  const l2tp_ext_monitor_request wait{.wait_ms = 20'000};
  const auto first = watching.call<l2tp_ext_monitor_reply>(L2TP_EXT_MONITOR_NEXT, wait);
  ASSERT_TRUE(first) << first.error();
  EXPECT_EQ((*first)->events.events_len, 0u);
  while (!events_.wanted()) {
  }
  events_.publish(event(1));
  events_.publish(event(2));
  std::vector<unsigned> seen;
  while (seen.size() < 2) {
    const auto next = watching.call<l2tp_ext_monitor_reply>(L2TP_EXT_MONITOR_NEXT, wait);
    ASSERT_TRUE(next) << next.error();
    ASSERT_NE((*next)->events.events_len, 0u); // else nothing came in 20 s
    EXPECT_EQ((*next)->lost, 0u);
    for (u_int i = 0; i < (*next)->events.events_len; ++i)
      seen.push_back((*next)->events.events_val[i].tunnel_id);
  }
  EXPECT_EQ(seen, (std::vector<unsigned>{1, 2}));
}

TEST_F(UnixSocket, WaitEndsWithoutEventsAndDelaysNobody) {
  auto watching = client();
  ASSERT_TRUE(watching.call<l2tp_ext_monitor_reply>(L2TP_EXT_MONITOR_NEXT, l2tp_ext_monitor_request{0}));
  auto waiting = std::async(std::launch::async, [&watching] {
    return watching.call<l2tp_ext_monitor_reply>(L2TP_EXT_MONITOR_NEXT, l2tp_ext_monitor_request{200});
  });
  EXPECT_TRUE(client().call<Nothing>(0, Nothing{}));
  const auto reply = waiting.get();
  ASSERT_TRUE(reply) << reply.error();
  EXPECT_EQ((*reply)->events.events_len, 0u);
}

TEST_F(UnixSocket, NobodyListensWhenTheLastWatcherIsGone) {
  {
    auto watching = client();
    ASSERT_TRUE(watching.call<l2tp_ext_monitor_reply>(L2TP_EXT_MONITOR_NEXT, l2tp_ext_monitor_request{0}));
    while (!events_.wanted()) {
    }
  }
  while (events_.wanted()) {
  }
}

TEST(EventQueue, SlowClientLosesTheOldestAndIsToldHowMany) {
  EventQueue queue;
  for (std::size_t i = 0; i < EventQueue::kEventsMax + 3; ++i)
    queue.push({.tunnel_id = static_cast<std::uint16_t>(i)});
  EXPECT_EQ(queue.take_lost(), 3u);
  EXPECT_EQ(queue.take_lost(), 0u);
  EXPECT_EQ(queue.take(1).at(0).tunnel_id, 3);
  EXPECT_EQ(queue.take(100'000).size(), EventQueue::kEventsMax - 1);
  EXPECT_TRUE(queue.empty());
}

class Addresses : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("openl2tp-rpc-addresses-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  ServiceOptions options() {
    return {.remote = true,
            .addresses = {protocol::IpAddress::v4(127, 0, 0, 2)},
            .register_with_rpcbind = false,
            .ports_file = (folder_ / "ports").string()};
  }
  bool answers(const Service& service, const char* host) {
    auto client =
        Client::connect_to_port({.host = host, .protocol = Protocol::tcp, .timeout_s = 10}, service.ports().tcp);
    return client && client->call<Nothing>(0, Nothing{});
  }
  std::filesystem::path folder_;
  test::FakeControl control_;
};

TEST_F(Addresses, ServiceListensWhereItIsToldAndOnLoopback) {
  Service service(control_, options());
  ASSERT_TRUE(service.start());
  EXPECT_TRUE(answers(service, "127.0.0.1"));
  EXPECT_TRUE(answers(service, "127.0.0.2"));
  EXPECT_FALSE(answers(service, "127.0.0.3"));
}

TEST_F(Addresses, AddressThatIsNotOursIsAnError) {
  ServiceOptions elsewhere = options();
  elsewhere.addresses = {protocol::IpAddress::v4(192, 0, 2, 1)};
  Service service(control_, elsewhere);
  EXPECT_FALSE(service.start());
}

} // namespace
} // namespace openl2tp::rpc
