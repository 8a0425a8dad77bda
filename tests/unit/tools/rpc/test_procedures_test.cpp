// TEST_MODIFY and TEST_GET between the wire and fault injection.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "runtime/faults.hpp"
#include "tests/unit/tools/rpc/fake_control.hpp"
#include "tools/rpc/convert.hpp"
#include "tools/rpc/procedure.hpp"

namespace openl2tp::rpc {
namespace {

class FakeFaults final : public runtime::FaultControl {
 public:
  runtime::FaultChange change;
  runtime::FaultReport report;
  int changes = 0;
  std::optional<runtime::ControlFault> fault;

  runtime::ControlResult<runtime::FaultReport> fault_get() override {
    if (fault) return tl::unexpected(runtime::ControlError{*fault, {}});
    return report;
  }
  runtime::ControlResult<void> fault_modify(const runtime::FaultChange& given) override {
    ++changes;
    change = given;
    if (fault) return tl::unexpected(runtime::ControlError{*fault, {}});
    return {};
  }
};

class TestProcedures : public ::testing::Test {
 protected:
  TestProcedures() { control_.fault_control = &faults_; }

  Outcome run(std::uint32_t procedure, std::span<const std::byte> arguments) {
    reply_.clear();
    const Caller caller{.local = true, .privileged = true};
    Request request{control_, caller, arguments, reply_, true};
    return std::ranges::find(test_procedures(), procedure, &Procedure::number)->run(request);
  }
  int modify(const Value<l2tp_api_test_msg_data>& message) {
    std::vector<std::byte> arguments;
    EXPECT_TRUE(encode(arguments, *message));
    EXPECT_EQ(run(L2TP_TEST_MODIFY, arguments), Outcome::success);
    return **decode<int>(reply_);
  }

  test::FakeControl control_;
  FakeFaults faults_;
  std::vector<std::byte> reply_;
};

TEST_F(TestProcedures, PassOnWhatAFlagAnnouncesAndNothingElse) {
  Value<l2tp_api_test_msg_data> message;
  message->flags = L2TP_API_TEST_FLAG_FAKE_RX_DROP | L2TP_API_TEST_FLAG_FAKE_TRIGGER_TYPE |
                   L2TP_API_TEST_FLAG_TUNNEL_ID | L2TP_API_TEST_FLAG_CLEAR_FAKE_TRIGGER;
  message->fake_rx_drop = message->fake_tx_drop = message->hold_tunnels = true;
  message->fake_trigger_type = L2TP_API_TEST_FAKE_TRIGGER_MEDIUM;
  message->tunnel_id = 7;
  message->session_id = 9;
  EXPECT_EQ(modify(message), 0);
  EXPECT_EQ(faults_.change.drop_received, true);
  EXPECT_EQ(faults_.change.trigger, runtime::FaultTrigger::medium);
  EXPECT_EQ(faults_.change.tunnel_id, 7);
  EXPECT_TRUE(faults_.change.clear_trigger);
  EXPECT_FALSE(faults_.change.drop_sent || faults_.change.hold_tunnels || faults_.change.session_id ||
               faults_.change.reset_ids || faults_.change.sequential_ids);
}

TEST_F(TestProcedures, PassOnTheOtherFlagsAsWell) {
  Value<l2tp_api_test_msg_data> message;
  message->flags = L2TP_API_TEST_FLAG_FAKE_TX_DROP | L2TP_API_TEST_FLAG_HOLD_TUNNELS |
                   L2TP_API_TEST_FLAG_HOLD_SESSIONS | L2TP_API_TEST_FLAG_NO_RANDOM_IDS | L2TP_API_TEST_FLAG_RESET_IDS |
                   L2TP_API_TEST_FLAG_SHOW_PROFILE_USAGE | L2TP_API_TEST_FLAG_SESSION_ID;
  message->fake_tx_drop = message->hold_sessions = message->show_profile_usage = true;
  message->session_id = 9;
  EXPECT_EQ(modify(message), 0);
  EXPECT_EQ(faults_.change.drop_sent, true);
  EXPECT_EQ(faults_.change.hold_tunnels, false);
  EXPECT_EQ(faults_.change.hold_sessions, true);
  EXPECT_EQ(faults_.change.sequential_ids, false);
  EXPECT_EQ(faults_.change.show_profile_usage, true);
  EXPECT_EQ(faults_.change.session_id, 9);
  EXPECT_TRUE(faults_.change.reset_ids);
  EXPECT_FALSE(faults_.change.drop_received || faults_.change.trigger || faults_.change.clear_trigger);
}

TEST_F(TestProcedures, RefuseATriggerThatIsNone) {
  Value<l2tp_api_test_msg_data> message;
  message->flags = L2TP_API_TEST_FLAG_FAKE_TRIGGER_TYPE;
  message->fake_trigger_type = static_cast<l2tp_api_test_trigger_type>(6);
  std::vector<std::byte> arguments;
  if (encode(arguments, *message)) {
    EXPECT_EQ(modify(message), -EINVAL);
  }
  EXPECT_EQ(faults_.changes, 0);
}

TEST_F(TestProcedures, RefuseTheTransportTestWithAllThatCameWithIt) {
  Value<l2tp_api_test_msg_data> message;
  message->flags = L2TP_API_TEST_FLAG_DO_TRANSPORT_TEST | L2TP_API_TEST_FLAG_RESET_IDS;
  EXPECT_EQ(modify(message), -EOPNOTSUPP);
  EXPECT_EQ(faults_.changes, 0);
}

TEST_F(TestProcedures, TellWhatTheDaemonRefuses) {
  faults_.fault = runtime::ControlFault::invalid_argument;
  Value<l2tp_api_test_msg_data> message;
  message->flags = L2TP_API_TEST_FLAG_SESSION_ID | L2TP_API_TEST_FLAG_DEFAULT_CONFIG;
  message->session_id = 9;
  ASSERT_TRUE(control_.profile_store.create("p1", runtime::PeerProfileParameters{}));
  EXPECT_LT(modify(message), 0);
  EXPECT_EQ(control_.profile_store.list<runtime::PeerProfileParameters>().size(), 2u) << "nothing is done then";
}

TEST_F(TestProcedures, ResetProfilesAloneWithoutTouchingFaults) {
  Value<l2tp_api_test_msg_data> message;
  message->flags = L2TP_API_TEST_FLAG_DEFAULT_CONFIG;
  ASSERT_TRUE(control_.profile_store.create("p1", runtime::PeerProfileParameters{}));
  EXPECT_EQ(modify(message), 0);
  EXPECT_EQ(control_.profile_store.list<runtime::PeerProfileParameters>().size(), 1u);
  EXPECT_EQ(faults_.changes, 0);
}

TEST_F(TestProcedures, RefuseWhereNothingInjectsFaults) {
  control_.fault_control = nullptr;
  Value<l2tp_api_test_msg_data> message;
  message->flags = L2TP_API_TEST_FLAG_FAKE_RX_DROP;
  EXPECT_EQ(modify(message), -EOPNOTSUPP);
}

TEST_F(TestProcedures, ShowWhatIsSetAndWhatCameOfIt) {
  faults_.report = {
      .settings = {.drop_sent = true, .trigger = runtime::FaultTrigger::high, .tunnel_id = 3, .hold_sessions = true},
      .fired = true,
      .received_dropped = 4,
      .sent_dropped = 5,
      .tunnel_ids = {6, 7},
      .tunnel_names = {8, 9},
      .session_ids = {10, 11}};
  ASSERT_EQ(run(L2TP_TEST_GET, {}), Outcome::success);
  const auto message = decode<l2tp_api_test_msg_data>(reply_);
  ASSERT_TRUE(message);
  const l2tp_api_test_msg_data& shown = **message;
  EXPECT_EQ(shown.flags,
            static_cast<std::uint32_t>(L2TP_API_TEST_FLAG_FAKE_TX_DROP | L2TP_API_TEST_FLAG_FAKE_TRIGGER_TYPE |
                                       L2TP_API_TEST_FLAG_TUNNEL_ID | L2TP_API_TEST_FLAG_HOLD_SESSIONS));
  EXPECT_TRUE(!shown.fake_rx_drop && shown.fake_tx_drop && shown.fake_trigger_fired && shown.hold_sessions);
  EXPECT_EQ(shown.fake_trigger_type, L2TP_API_TEST_FAKE_TRIGGER_HIGH);
  EXPECT_EQ(shown.tunnel_id, 3);
  EXPECT_EQ(shown.num_rx_drops, 4);
  EXPECT_EQ(shown.num_tx_drops, 5);
  EXPECT_EQ(shown.num_tunnel_id_hash_hits, 6);
  EXPECT_EQ(shown.num_tunnel_id_hash_misses, 7);
  EXPECT_EQ(shown.num_tunnel_name_hash_hits, 8);
  EXPECT_EQ(shown.num_tunnel_name_hash_misses, 9);
  EXPECT_EQ(shown.num_session_id_hash_hits, 10);
  EXPECT_EQ(shown.num_session_id_hash_misses, 11);
}

TEST_F(TestProcedures, FailWhenTheDaemonDoesNotAnswer) {
  faults_.fault = runtime::ControlFault::timed_out;
  EXPECT_EQ(run(L2TP_TEST_GET, {}), Outcome::system_error);
}

} // namespace
} // namespace openl2tp::rpc
