// The tree of status files: its shape, its texts, and that files come and go with their objects.
#include "tools/openl2tpd/status_files.hpp"

#include <functional>
#include <sstream>

#include <gtest/gtest.h>

#include "runtime/trace/sink.hpp"
#include "tests/unit/tools/openl2tpd/model_control.hpp"
#include "tests/unit/tools/openl2tpd/scratch.hpp"
#include "tools/l2tpconfig/commands.hpp"
#include "tools/openl2tpd/in_process.hpp"
#include "tools/openl2tpd/observed_control.hpp"

namespace openl2tp::daemon {
namespace {

using testing::ModelControl;
using testing::Scratch;

TEST(StatusTree, AFileIsReplacedWhole) {
  const Scratch scratch;
  auto tree = StatusTree::open(scratch.path("s"));
  ASSERT_TRUE(tree) << tree.error();
  ASSERT_TRUE(tree->write("tunnels/7/status", "a long first text\n"));
  ASSERT_TRUE(tree->write("tunnels/7/status", "short\n"));
  EXPECT_EQ(scratch.read("s/tunnels/7/status"), "short\n");
  EXPECT_FALSE(scratch.has("s/.new"));
  tree->remove("tunnels/7");
  EXPECT_FALSE(scratch.has("s/tunnels/7"));
}

TEST(StatusTree, WhatADeadDaemonLeftGoesAndWhatIsNotOursStays) {
  const Scratch scratch;
  {
    auto tree = StatusTree::open(scratch.path("s"));
    ASSERT_TRUE(tree && tree->write("peers/x", "x"));
    scratch.write("s/rpc-ports.1", "udp 1\n");
  }
  EXPECT_TRUE(scratch.has("s/peers/x"));
  auto tree = StatusTree::open(scratch.path("s"));
  ASSERT_TRUE(tree);
  EXPECT_FALSE(scratch.has("s/peers"));
  EXPECT_TRUE(scratch.has("s/rpc-ports.1"));
}

TEST(StatusTree, TwoDaemonsDoNotShareADirectory) {
  const Scratch scratch;
  const auto first = StatusTree::open(scratch.path("s"));
  ASSERT_TRUE(first);
  const auto second = StatusTree::open(scratch.path("s"));
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().find("another daemon"), std::string::npos);
}

TEST(StatusTree, ALinkIsNotWrittenThrough) {
  const Scratch scratch;
  scratch.write("victim", "mine");
  auto tree = StatusTree::open(scratch.path("s"));
  std::filesystem::create_symlink(scratch.path("victim"), scratch.path("s/.new"));
  std::filesystem::create_symlink(scratch.path("victim"), scratch.path("s/system"));
  ASSERT_TRUE(tree->write("system", "ours"));
  EXPECT_EQ(scratch.read("victim"), "mine");
  EXPECT_EQ(scratch.read("s/system"), "ours");
}

TEST(StatusTree, ANameStaysOneComponent) {
  EXPECT_EQ(file_name("plain name"), "plain name");
  EXPECT_EQ(file_name("../etc/x"), "%2E.%2Fetc%2Fx");
  EXPECT_EQ(file_name("100%\n"), "100%25%0A");
  EXPECT_EQ(file_name(std::string(200, '/')), "");
}

class Quiet final : public runtime::LogSink {
 public:
  void write(runtime::LogLevel, std::string_view) override {}
};

class StatusFilesTest : public ::testing::Test {
 protected:
  /// Waits, however long it takes: the test's own time limit ends it.
  void until(const std::function<bool()>& condition) {
    while (!condition())
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  void start() {
    const auto started = files_.start(control_);
    ASSERT_TRUE(started) << started.error();
  }
  [[nodiscard]] std::string path(const std::string& name) const { return "s/" + name; }
  std::string shown(const std::vector<std::string>& words) {
    InProcessStub stub(control_);
    std::ostringstream out, err;
    cli::Context context{.stub = stub, .host = "localhost", .out = out, .err = err};
    EXPECT_EQ(cli::run_command(context, words), cli::Status::done) << err.str();
    return out.str();
  }
  static runtime::TunnelParameters tunnel(const char* name, const char* peer) {
    runtime::TunnelParameters parameters;
    parameters.tunnel_name = name;
    parameters.peer_addr = protocol::parse_ip_address(peer);
    return parameters;
  }

  Scratch scratch_;
  ModelControl control_;
  runtime::Log log_{std::make_unique<Quiet>()};
  StatusFiles files_{{.directory = scratch_.path("s"),
                      .tick = std::chrono::milliseconds(5),
                      .batch = 50,
                      .pause = std::chrono::milliseconds(1)},
                     log_};
  ObservedControl observed_{control_, files_.hub()};
};

TEST_F(StatusFilesTest, TheTreeHasTheShapeOfOpenL2tps) {
  const auto id = observed_.tunnel_create(tunnel("t1", "192.0.2.1"));
  const auto session = observed_.session_create({.id = *id, .name = {}}, {});
  start();
  const std::string folder = "tunnels/" + std::to_string(*id);
  const std::vector<std::string> expected{"peer-profiles/default",
                                          "peers/192.0.2.100-192.0.2.1",
                                          "ppp-profiles/default",
                                          "session-profiles/default",
                                          "system",
                                          "tunnel-profiles/default",
                                          folder + "/sessions/" + std::to_string(*session) + "/status",
                                          folder + "/status"};
  until(
      [&] { return std::ranges::all_of(expected, [&](const std::string& name) { return scratch_.has(path(name)); }); });
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch_.path("s")))
    if (entry.is_regular_file() && entry.path().filename() != ".new")
      found.push_back(std::filesystem::relative(entry.path(), scratch_.path("s")).string());
  std::ranges::sort(found);
  EXPECT_EQ(found, expected);
}

TEST_F(StatusFilesTest, AFileIsWhatShowPrints) {
  const auto id = observed_.tunnel_create(tunnel("t1", "192.0.2.1"));
  start();
  const std::string name = path("tunnels/" + std::to_string(*id) + "/status");
  until([&] {
    return scratch_.has(name) && scratch_.has(path("tunnel-profiles/default")) && scratch_.has(path("system"));
  });
  EXPECT_EQ(scratch_.read(name), shown({"tunnel", "show", "tunnel_id=" + std::to_string(*id), "config"}));
  EXPECT_EQ(scratch_.read(path("tunnel-profiles/default")),
            shown({"tunnel", "profile", "show", "profile_name=default"}));
  EXPECT_EQ(scratch_.read(path("system")),
            shown({"system", "show", "version"}) + "\n" + shown({"system", "show", "configuration"}));
}

TEST_F(StatusFilesTest, AChangeByManagementIsWritten) {
  start();
  until([&] { return scratch_.has(path("system")); });
  const auto id = observed_.tunnel_create(tunnel("t1", "192.0.2.1"));
  const std::string name = path("tunnels/" + std::to_string(*id) + "/status");
  until([&] { return scratch_.has(name); });
  runtime::TunnelParameters change;
  change.hello_timeout_s = 77;
  ASSERT_TRUE(observed_.tunnel_modify({.id = 0, .name = "t1"}, change));
  until([&] { return scratch_.read(name).find("hello timeout: 77") != std::string::npos; });
}

TEST_F(StatusFilesTest, NewsOfPppRewriteTheSessionsFile) {
  const auto id = observed_.tunnel_create(tunnel("t1", "192.0.2.1"));
  const auto session = observed_.session_create({.id = *id, .name = {}}, {});
  start();
  const std::string name = path("tunnels/" + std::to_string(*id) + "/sessions/" + std::to_string(*session) + "/status");
  until([&] { return scratch_.has(name); });
  EXPECT_EQ(scratch_.read(name).find("PPP:-"), std::string::npos);
  for (const auto kind : {runtime::MonitorEvent::Kind::ppp_up, runtime::MonitorEvent::Kind::session_changed}) {
    control_.ppp.phase = runtime::PppPhase::up;
    control_.ppp.interface_name += "l2tp0";
    runtime::MonitorEvent event;
    event.kind = kind;
    event.tunnel_id = *id;
    event.session_id = *session;
    files_.hub().publish(event);
    until([&] {
      return scratch_.read(name).find("  PPP:-\n    state: UP\n    interface: " + control_.ppp.interface_name + "\n") !=
             std::string::npos;
    });
  }
}

TEST_F(StatusFilesTest, WhatGoesTakesItsFilesAlong) {
  const auto id = observed_.tunnel_create(tunnel("t1", "192.0.2.1"));
  const auto session = observed_.session_create({.id = *id, .name = {}}, {});
  ASSERT_TRUE(control_.store.create<runtime::TunnelProfileParameters>("p", {}));
  start();
  const std::string folder = path("tunnels/" + std::to_string(*id));
  const std::string one = folder + "/sessions/" + std::to_string(*session);
  until([&] { return scratch_.has(one + "/status") && scratch_.has(path("tunnel-profiles/p")); });

  ASSERT_TRUE(control_.session_delete({.tunnel = {.id = *id, .name = {}}, .id = *session, .name = {}}, ""));
  runtime::MonitorEvent event;
  event.kind = runtime::MonitorEvent::Kind::session_down;
  event.tunnel_id = *id;
  event.session_id = *session;
  files_.hub().publish(event);
  until([&] { return !scratch_.has(one); });

  ASSERT_TRUE(control_.tunnel_delete({.id = *id, .name = {}}, ""));
  event.kind = runtime::MonitorEvent::Kind::tunnel_gone;
  files_.hub().publish(event);
  until([&] { return !scratch_.has(folder) && !scratch_.has(path("peers/192.0.2.100-192.0.2.1")); });

  ASSERT_TRUE(control_.store.remove<runtime::TunnelProfileParameters>("p"));
  until([&] { return !scratch_.has(path("tunnel-profiles/p")); });
  EXPECT_TRUE(scratch_.has(path("tunnel-profiles/default")));
}

TEST_F(StatusFilesTest, APeerProfilesFileCountsItsTunnels) {
  start();
  const std::string name = path("peer-profiles/default");
  until([&] { return scratch_.has(name); });
  EXPECT_NE(scratch_.read(name).find("use count: 0"), std::string::npos);
  ASSERT_TRUE(observed_.tunnel_create(tunnel("t1", "192.0.2.1")));
  until([&] { return scratch_.read(name).find("use count: 1") != std::string::npos; });
}

TEST_F(StatusFilesTest, StoppingRemovesTheFiles) {
  start();
  until([&] { return scratch_.has(path("system")); });
  files_.stop();
  EXPECT_TRUE(std::filesystem::is_empty(scratch_.path("s")));
}

TEST(EventHub, AnEventWithoutATimeGetsThatOfItsPublication) {
  runtime::EventHub hub;
  std::vector<std::int64_t> times;
  hub.listen([&times](const runtime::MonitorEvent& event) { times.push_back(event.at); });
  hub.publish({});
  hub.publish({.at = 5});
  hub.dispatch();
  ASSERT_EQ(times.size(), 2u);
  EXPECT_GT(times[0], 1'700'000'000'000); // 2023
  EXPECT_EQ(times[1], 5);
}

TEST(EventHub, APublisherReachesTheSecondListenerWithoutTheFirst) {
  runtime::EventHub first, second;
  first.also_to(second);
  EXPECT_FALSE(first.wanted());
  int heard = 0;
  second.listen([&heard](const runtime::MonitorEvent&) { ++heard; });
  EXPECT_TRUE(first.wanted());
  first.publish({});
  second.dispatch();
  EXPECT_EQ(heard, 1);
  first.listen([&heard](const runtime::MonitorEvent&) { heard += 10; });
  first.publish({});
  first.dispatch();
  second.dispatch();
  EXPECT_EQ(heard, 12);
}

} // namespace
} // namespace openl2tp::daemon
