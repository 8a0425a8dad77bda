// TEST_LOG, TEST_MODIFY, TEST_GET: off unless the daemon was started with the test option.
#include <array>
#include <cerrno>
#include <optional>
#include <type_traits>

#include <spdlog/spdlog.h>

#include "runtime/faults.hpp"
#include "runtime/profiles/profile_store.hpp"
#include "runtime/trace/escape.hpp"
#include "tools/rpc/convert.hpp"
#include "tools/rpc/procedure.hpp"

namespace openl2tp::rpc {
namespace {

// FaultTrigger has the numbers of the interface.
static_assert(static_cast<int>(runtime::FaultTrigger::once) == L2TP_API_TEST_FAKE_TRIGGER_ONCE);
static_assert(static_cast<int>(runtime::FaultTrigger::high) == L2TP_API_TEST_FAKE_TRIGGER_HIGH);

Value<int> number(int value) {
  Value<int> result;
  *result = value;
  return result;
}

bool off(const Request& request, const char* procedure) {
  if (!request.test) spdlog::info("management: {} refused: the daemon runs without its test option", procedure);
  return !request.test;
}

Value<int> test_log(const Request& request, const wire_string& text) {
  if (off(request, "TEST_LOG")) return number(-EOPNOTSUPP);
  std::string line;
  runtime::append_printable(line, text, L2TP_MAX_STRING);
  spdlog::info("test: {}", line);
  return number(0);
}

runtime::FaultChange change_of(const l2tp_api_test_msg_data& message) {
  const auto given = [&message](std::uint32_t flag) { return (message.flags & flag) != 0; };
  const auto set = [&given](std::optional<bool>& to, std::uint32_t flag, auto value) {
    if (given(flag)) to = value != 0;
  };
  runtime::FaultChange change;
  set(change.drop_received, L2TP_API_TEST_FLAG_FAKE_RX_DROP, message.fake_rx_drop);
  set(change.drop_sent, L2TP_API_TEST_FLAG_FAKE_TX_DROP, message.fake_tx_drop);
  set(change.hold_tunnels, L2TP_API_TEST_FLAG_HOLD_TUNNELS, message.hold_tunnels);
  set(change.hold_sessions, L2TP_API_TEST_FLAG_HOLD_SESSIONS, message.hold_sessions);
  set(change.sequential_ids, L2TP_API_TEST_FLAG_NO_RANDOM_IDS, message.no_random_ids);
  set(change.show_profile_usage, L2TP_API_TEST_FLAG_SHOW_PROFILE_USAGE, message.show_profile_usage);
  if (given(L2TP_API_TEST_FLAG_FAKE_TRIGGER_TYPE))
    change.trigger = static_cast<runtime::FaultTrigger>(number_of(message.fake_trigger_type));
  if (given(L2TP_API_TEST_FLAG_TUNNEL_ID)) change.tunnel_id = message.tunnel_id;
  if (given(L2TP_API_TEST_FLAG_SESSION_ID)) change.session_id = message.session_id;
  change.clear_trigger = given(L2TP_API_TEST_FLAG_CLEAR_FAKE_TRIGGER);
  change.reset_ids = given(L2TP_API_TEST_FLAG_RESET_IDS);
  return change;
}

Value<int> test_modify(const Request& request, const l2tp_api_test_msg_data& message) {
  if (off(request, "TEST_MODIFY")) return number(-EOPNOTSUPP);
  const int trigger = number_of(message.fake_trigger_type);
  if (trigger < L2TP_API_TEST_FAKE_TRIGGER_OFF || trigger > L2TP_API_TEST_FAKE_TRIGGER_HIGH) {
    return number(-EINVAL);
  }
  // The transport is tested where the daemon is built.
  if ((message.flags & L2TP_API_TEST_FLAG_DO_TRANSPORT_TEST) != 0) {
    spdlog::info("management: TEST_MODIFY refused: the daemon has no transport test");
    return number(-EOPNOTSUPP);
  }
  constexpr std::uint32_t profiles_alone = L2TP_API_TEST_FLAG_DEFAULT_CONFIG;
  if ((message.flags & ~profiles_alone) != 0) {
    runtime::FaultControl* const faults = request.control.faults();
    if (faults == nullptr) { // the configuration file's model
      spdlog::info("management: TEST_MODIFY refused: faults are injected into a running daemon alone");
      return number(-EOPNOTSUPP);
    }
    if (const auto done = faults->fault_modify(change_of(message)); !done)
      return number(refused("TEST_MODIFY", done.error()));
  }
  if ((message.flags & profiles_alone) != 0) request.control.profiles().reset();
  return number(0);
}

int as_int(std::uint32_t counter) noexcept { return static_cast<int>(counter & 0x7fffffff); }

Value<l2tp_api_test_msg_data> message_of(const runtime::FaultReport& report) {
  Value<l2tp_api_test_msg_data> message;
  const auto set = [&message](auto& to, auto value, std::uint32_t flag) {
    to = static_cast<std::remove_reference_t<decltype(to)>>(value);
    if (value != decltype(value){}) message->flags |= flag;
  };
  const runtime::FaultSettings& settings = report.settings;
  set(message->fake_rx_drop, settings.drop_received, L2TP_API_TEST_FLAG_FAKE_RX_DROP);
  set(message->fake_tx_drop, settings.drop_sent, L2TP_API_TEST_FLAG_FAKE_TX_DROP);
  set(message->fake_trigger_type, settings.trigger, L2TP_API_TEST_FLAG_FAKE_TRIGGER_TYPE);
  set(message->hold_tunnels, settings.hold_tunnels, L2TP_API_TEST_FLAG_HOLD_TUNNELS);
  set(message->hold_sessions, settings.hold_sessions, L2TP_API_TEST_FLAG_HOLD_SESSIONS);
  set(message->no_random_ids, settings.sequential_ids, L2TP_API_TEST_FLAG_NO_RANDOM_IDS);
  set(message->show_profile_usage, settings.show_profile_usage, L2TP_API_TEST_FLAG_SHOW_PROFILE_USAGE);
  set(message->tunnel_id, settings.tunnel_id, L2TP_API_TEST_FLAG_TUNNEL_ID);
  set(message->session_id, settings.session_id, L2TP_API_TEST_FLAG_SESSION_ID);
  message->fake_trigger_fired = report.fired;
  message->num_rx_drops = as_int(report.received_dropped);
  message->num_tx_drops = as_int(report.sent_dropped);
  message->num_tunnel_id_hash_hits = as_int(report.tunnel_ids.hits);
  message->num_tunnel_id_hash_misses = as_int(report.tunnel_ids.misses);
  message->num_tunnel_name_hash_hits = as_int(report.tunnel_names.hits);
  message->num_tunnel_name_hash_misses = as_int(report.tunnel_names.misses);
  message->num_session_id_hash_hits = as_int(report.session_ids.hits);
  message->num_session_id_hash_misses = as_int(report.session_ids.misses);
  return message;
}

/// The message has no place for an error, so without the test option the procedure is unavailable.
Outcome test_get(Request& request) {
  if (off(request, "TEST_GET")) return Outcome::unavailable;
  runtime::FaultReport report;
  if (runtime::FaultControl* const faults = request.control.faults()) {
    const auto found = faults->fault_get();
    if (!found) return Outcome::system_error;
    report = *found;
  }
  return encode(request.reply, *message_of(report)) ? Outcome::success : Outcome::system_error;
}

constexpr std::array kProcedures = {
    Procedure{L2TP_TEST_LOG, "TEST_LOG", Access::change, &WithRequest<&test_log>::run},
    Procedure{L2TP_TEST_MODIFY, "TEST_MODIFY", Access::change, &WithRequest<&test_modify>::run},
    Procedure{L2TP_TEST_GET, "TEST_GET", Access::read, &test_get},
};

} // namespace

std::span<const Procedure> test_procedures() noexcept { return kProcedures; }

} // namespace openl2tp::rpc
