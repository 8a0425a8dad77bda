// RPC headers, access, and arguments that lie.
#include <gtest/gtest.h>

#include <random>
#include <sstream>

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include "tests/unit/tools/rpc/fake_control.hpp"
#include "tools/rpc/dispatcher.hpp"

namespace openl2tp {
namespace {

constexpr rpc::Caller kRoot{.local = true, .privileged = true};
constexpr rpc::Caller kUser{.local = true, .privileged = false};
constexpr rpc::Caller kElsewhere{.local = false, .privileged = false};
constexpr rpc::Caller kTrusted{.local = false, .privileged = false, .trusted = true};

using Units = std::vector<std::uint32_t>;

std::vector<std::byte> octets_of(const Units& units) {
  std::vector<std::byte> result;
  for (const std::uint32_t unit : units) {
    for (int shift = 24; shift >= 0; shift -= 8)
      result.push_back(static_cast<std::byte>(unit >> shift & 0xff));
  }
  return result;
}

Units units_of(const std::vector<std::byte>& octets) {
  Units units;
  for (std::size_t i = 0; i + 3 < octets.size(); i += 4) {
    std::uint32_t unit = 0;
    for (std::size_t k = 0; k < 4; ++k)
      unit = unit << 8 | std::to_integer<std::uint32_t>(octets[i + k]);
    units.push_back(unit);
  }
  return units;
}

Units call_of(std::uint32_t procedure, const Units& arguments = {}) {
  Units call = {7, 0, 2, 300773, 1, procedure, 0, 0, 0, 0};
  call.insert(call.end(), arguments.begin(), arguments.end());
  return call;
}

class Dispatching : public ::testing::Test {
 protected:
  std::optional<Units> send(const Units& call, rpc::Caller caller = kRoot, std::size_t reply_max = 65536) {
    const auto reply = dispatcher_.answer(octets_of(call), caller, reply_max);
    if (!reply) return std::nullopt;
    return units_of(*reply);
  }
  test::FakeControl control_;
  rpc::Dispatcher dispatcher_{control_, {}};
};

const Units kSystemError = {7, 1, 0, 0, 0, 5};
const Units kGarbage = {7, 1, 0, 0, 0, 4};
const Units kTooWeak = {7, 1, 1, 1, 5};

TEST_F(Dispatching, NullCallSucceedsWithNoResult) { EXPECT_EQ(send(call_of(0)), (Units{7, 1, 0, 0, 0, 0})); }

TEST_F(Dispatching, ReplyIsNoCallAndGetsNoAnswer) {
  EXPECT_EQ(send({7, 1, 2, 300773, 1, 0, 0, 0, 0, 0}), std::nullopt);
}

TEST_F(Dispatching, OtherRpcVersionIsDeniedWithTheVersionsSpoken) {
  EXPECT_EQ(send({7, 0, 3, 300773, 1, 0, 0, 0, 0, 0}), (Units{7, 1, 1, 0, 2, 2}));
}

TEST_F(Dispatching, OtherProgramIsUnavailable) {
  EXPECT_EQ(send({7, 0, 2, 300774, 1, 0, 0, 0, 0, 0}), (Units{7, 1, 0, 0, 0, 1}));
}

TEST_F(Dispatching, OtherVersionIsAMismatchWithTheVersionsSpoken) {
  EXPECT_EQ(send({7, 0, 2, 300773, 2, 0, 0, 0, 0, 0}), (Units{7, 1, 0, 0, 0, 2, 1, 1}));
}

TEST_F(Dispatching, UnknownProcedureIsUnavailable) {
  for (const std::uint32_t number : {42u, 96u, 100u, 199u, 210u, 255u, 256u, 0xffffffffu}) {
    EXPECT_EQ(send(call_of(number)), (Units{7, 1, 0, 0, 0, 3})) << number;
  }
}

TEST_F(Dispatching, CredentialsOfAnyFlavourAreSkippedNotBelieved) {
  // AUTH_SYS with five octets of body, padded to eight, claiming to be anything.
  EXPECT_EQ(send({7, 0, 2, 300773, 1, 0, 1, 5, 0, 0, 0, 0}), (Units{7, 1, 0, 0, 0, 0}));
  EXPECT_EQ(send({7, 0, 2, 300773, 1, 13, 1, 5, 0, 0, 0, 0}, kElsewhere), kTooWeak);
}

TEST_F(Dispatching, CredentialLongerThanTheRuleIsRefused) {
  Units call = {7, 0, 2, 300773, 1, 0, 1, 404};
  call.resize(call.size() + 101 + 2, 0);
  EXPECT_EQ(send(call), (Units{7, 1, 1, 1, 1}));
}

TEST_F(Dispatching, OtherHostsAreTooWeakUnlessTheServiceIsOpen) {
  EXPECT_EQ(send(call_of(13), kElsewhere), kTooWeak);
  EXPECT_EQ(send(call_of(13), kTrusted), (Units{7, 1, 0, 0, 0, 0, 0, 0}));
}

TEST_F(Dispatching, OnlyRootChangesStateOverLoopback) {
  const Units remove = call_of(10, {5, 0, 0});
  EXPECT_EQ(send(remove, kUser), kTooWeak);
  EXPECT_EQ(control_.calls, 0);
  EXPECT_EQ(send(remove, kRoot), (Units{7, 1, 0, 0, 0, 0, 0}));
  EXPECT_EQ(control_.last_call, "tunnel_delete");
}

TEST_F(Dispatching, AnyLocalUserReads) { EXPECT_EQ(send(call_of(13), kUser), (Units{7, 1, 0, 0, 0, 0, 0, 0})); }

TEST_F(Dispatching, TheSecretOfATunnelIsShownToRootAlone) {
  control_.tunnel = test::full_tunnel();
  const auto contains_secret = [this](rpc::Caller caller) {
    const auto reply = dispatcher_.answer(octets_of(call_of(12, {50199, 0})), caller, 65536);
    const std::string_view text(reinterpret_cast<const char*>(reply->data()), reply->size());
    return text.find("abc") != std::string_view::npos;
  };
  EXPECT_TRUE(contains_secret(kRoot));
  EXPECT_FALSE(contains_secret(kUser));
}

TEST_F(Dispatching, ReplyTooLongForItsTransportIsASystemError) {
  control_.ids.assign(3000, 1);
  EXPECT_EQ(send(call_of(13), kRoot, 8800), kSystemError);
  EXPECT_EQ(send(call_of(13), kRoot, 65536)->size(), 6u + 2 + 3000);
}

TEST_F(Dispatching, IdThatDoesNotFitSixteenBitsIsGarbageNotTruncated) {
  EXPECT_EQ(send(call_of(12, {65536 + 5, 0})), kGarbage);
  EXPECT_EQ(control_.calls, 0);
}

TEST_F(Dispatching, StringLongerThanItsBoundIsGarbageWhateverFollows) {
  EXPECT_EQ(send(call_of(12, {0, 1, 0xffffffff})), kGarbage);
  Units arguments = {0, 1, 1025};
  arguments.resize(arguments.size() + 257, 0x41414141);
  EXPECT_EQ(send(call_of(12, arguments)), kGarbage);
  arguments[2] = 255;
  EXPECT_NE(send(call_of(12, arguments)), kGarbage);
}

TEST_F(Dispatching, NameWithControlCharactersIsAnInvalidArgument) {
  // "a\nb", which would forge a line of a log. 22 is EINVAL.
  EXPECT_EQ(send(call_of(10, {0, 1, 3, 0x610a6200, 0})), (Units{7, 1, 0, 0, 0, 0, static_cast<std::uint32_t>(-22)}));
  EXPECT_EQ(control_.calls, 0);
}

TEST_F(Dispatching, UnknownEnumIsAnInvalidArgument) {
  const std::uint32_t einval = static_cast<std::uint32_t>(-22);
  // EXT_PROFILE_DELETE of "p", of no kind that there is.
  for (const std::uint32_t kind : {4u, 99u, 0xffffffffu}) {
    const auto reply = send(call_of(209, {kind, 1, 0x70000000}));
    EXPECT_EQ(reply, (Units{7, 1, 0, 0, 0, 0, einval})) << kind;
  }
}

TEST_F(Dispatching, NegativeNumberIsTakenAsZero) {
  Units system(3 + 10 + 28 + 1 + 2, 0);
  system[0] = 2; // MAX_TUNNELS
  system[4] = static_cast<std::uint32_t>(-1);
  EXPECT_EQ(send(call_of(2, system)), (Units{7, 1, 0, 0, 0, 0, 0}));
  EXPECT_EQ(control_.calls, 1);
  EXPECT_EQ(control_.system_change.tunnels_max, 0u);
}

TEST_F(Dispatching, WordsOfARefusalAreKeptUntilTheNextCall) {
  std::string kept;
  const auto call = [&](const Units& units) {
    (void)dispatcher_.answer(octets_of(units), kRoot, 65536, {.refusal = &kept});
  };
  control_.fault = runtime::ControlFault::invalid_argument;
  control_.fault_detail = "why";
  call(call_of(10, {5, 0, 0})); // TUNNEL_DELETE
  EXPECT_EQ(kept, "why");
  call(call_of(L2TP_EXT_ERROR_DETAIL));
  EXPECT_EQ(kept, "why"); // asking does not wipe the answer
  call(call_of(0));
  EXPECT_EQ(kept, "");
}

TEST_F(Dispatching, OnlyWhatChangesStateIsNotToBeExecutedTwice) {
  EXPECT_TRUE(dispatcher_.judge(octets_of(call_of(9))).changes);   // TUNNEL_CREATE
  EXPECT_FALSE(dispatcher_.judge(octets_of(call_of(12))).changes); // TUNNEL_GET
  EXPECT_FALSE(dispatcher_.judge(octets_of(call_of(13))).changes); // TUNNEL_LIST
}

TEST_F(Dispatching, WordsOfARefusalBelongToTheirConnection) {
  std::string mine, others;
  control_.fault = runtime::ControlFault::invalid_argument;
  control_.fault_detail = "why";
  (void)dispatcher_.answer(octets_of(call_of(10, {5, 0, 0})), kRoot, 65536, {.refusal = &mine});
  (void)dispatcher_.answer(octets_of(call_of(0)), kRoot, 65536, {.refusal = &others});
  (void)dispatcher_.answer(octets_of(call_of(10, {5, 0, 0})), kRoot, 65536);
  EXPECT_EQ(mine, "why");
  EXPECT_EQ(others, "");
}

TEST_F(Dispatching, TenThousandRandomCallsLeaveItAnswering) {
  std::mt19937 generator(20261122);
  const auto random = [&generator] { return static_cast<std::uint32_t>(generator()); };
  for (int i = 0; i < 10000; ++i) {
    Units call = call_of(random() % 100);
    const std::size_t size = random() % 200;
    for (std::size_t k = 0; k < size; ++k)
      call.push_back(random() % 3 == 0 ? random() : random() % 4);
    if (random() % 4 == 0) call[random() % call.size()] = random();
    const auto reply = dispatcher_.answer(octets_of(call), kRoot, 65536);
    if (reply) ASSERT_EQ(reply->size() % 4, 0u);
  }
  EXPECT_EQ(send(call_of(0)), (Units{7, 1, 0, 0, 0, 0}));
}

/// What is logged while it lives.
class Logged {
 public:
  Logged() : before_(spdlog::default_logger()) {
    auto logger = std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::ostream_sink_st>(text_));
    logger->set_pattern("%v");
    spdlog::set_default_logger(logger);
  }
  ~Logged() { spdlog::set_default_logger(before_); }
  [[nodiscard]] std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> before_;
};

TEST(DispatcherAudit, EveryChangeLeavesALineWithWhoWhatAndResultButNoValues) {
  const Logged logged;
  test::FakeControl control;
  const rpc::Dispatcher dispatcher(control, {.audit = true});
  const rpc::Caller root{.local = true, .privileged = true, .uid = 0};
  const rpc::Caller other{
      .local = true, .privileged = false, .uid = 1000, .address = protocol::IpAddress::v4(127, 0, 0, 1)};
  // tunnel_id 7, no name, no reason
  const auto removal = octets_of(call_of(L2TP_TUNNEL_DELETE, {7, 0, 0}));
  ASSERT_TRUE(dispatcher.answer(removal, root, 65536));
  ASSERT_TRUE(dispatcher.answer(removal, other, 65536));
  control.fault = runtime::ControlFault::tunnel_not_found;
  ASSERT_TRUE(dispatcher.answer(removal, root, 65536));
  ASSERT_TRUE(dispatcher.answer(octets_of(call_of(L2TP_TUNNEL_LIST)), root, 65536)); // changes nothing
  std::string audited;
  std::istringstream lines(logged.text());
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("audit: ")) audited += line + '\n';
  EXPECT_EQ(audited, "audit: uid 0 TUNNEL_DELETE tunnel 7: done\n"
                     "audit: uid 1000 at 127.0.0.1 TUNNEL_DELETE: denied\n"
                     "audit: uid 0 TUNNEL_DELETE tunnel 7: refused: Tunnel not found\n");
}

TEST(DispatcherAudit, LinesAreBoundedAndThoseLeftOutAreCounted) {
  rpc::Audit audit;
  const rpc::Audit::Clock::time_point now{std::chrono::hours(1)};
  for (unsigned i = 0; i < rpc::Audit::kBurst; ++i)
    ASSERT_TRUE(audit.admits(now));
  EXPECT_FALSE(audit.admits(now));
  EXPECT_TRUE(audit.admits(now + std::chrono::milliseconds(11)));
  EXPECT_FALSE(audit.admits(now + std::chrono::milliseconds(12)));
}

TEST(DispatcherTrace, EveryCallIsWrittenWhileItIsAskedFor) {
  const Logged logged;
  test::FakeControl control;
  std::atomic<bool> traced{false};
  const rpc::Dispatcher dispatcher(control, {.trace = &traced});
  const auto list = octets_of(call_of(L2TP_TUNNEL_LIST));
  ASSERT_TRUE(dispatcher.answer(list, kRoot, 65536));
  EXPECT_EQ(logged.text(), "");
  traced = true;
  ASSERT_TRUE(dispatcher.answer(list, kRoot, 65536));
  EXPECT_TRUE(logged.text().starts_with("API: somebody TUNNEL_LIST: ")) << logged.text();
}

} // namespace
} // namespace openl2tp
