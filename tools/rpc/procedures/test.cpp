// TEST_LOG, TEST_MODIFY, TEST_GET: off unless the daemon was started with the test option.
#include <array>
#include <cerrno>

#include <spdlog/spdlog.h>

#include "runtime/profiles/profile_store.hpp"
#include "runtime/trace/escape.hpp"
#include "tools/rpc/convert.hpp"
#include "tools/rpc/procedure.hpp"

namespace openl2tp::rpc {
namespace {

constexpr std::uint32_t kFaults = L2TP_API_TEST_FLAG_FAKE_RX_DROP | L2TP_API_TEST_FLAG_FAKE_TX_DROP |
                                  L2TP_API_TEST_FLAG_HOLD_TUNNELS | L2TP_API_TEST_FLAG_HOLD_SESSIONS |
                                  L2TP_API_TEST_FLAG_NO_RANDOM_IDS | L2TP_API_TEST_FLAG_RESET_IDS |
                                  L2TP_API_TEST_FLAG_DO_TRANSPORT_TEST | L2TP_API_TEST_FLAG_SHOW_PROFILE_USAGE;

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

Value<int> test_modify(const Request& request, const l2tp_api_test_msg_data& message) {
  if (off(request, "TEST_MODIFY")) return number(-EOPNOTSUPP);
  const int trigger = number_of(message.fake_trigger_type);
  if (trigger < L2TP_API_TEST_FAKE_TRIGGER_OFF || trigger > L2TP_API_TEST_FAKE_TRIGGER_HIGH) {
    return number(-EINVAL);
  }
  if ((message.flags & kFaults) != 0) {
    spdlog::info("management: TEST_MODIFY refused: this daemon has no fault injection");
    return number(-EOPNOTSUPP);
  }
  if ((message.flags & L2TP_API_TEST_FLAG_DEFAULT_CONFIG) != 0) request.control.profiles().reset();
  return number(0);
}

/// The message has no place for an error, so without the test option the procedure is unavailable.
Outcome test_get(Request& request) {
  if (off(request, "TEST_GET")) return Outcome::unavailable;
  const Value<l2tp_api_test_msg_data> message; // nothing is injected
  return encode(request.reply, *message) ? Outcome::success : Outcome::system_error;
}

constexpr std::array kProcedures = {
    Procedure{L2TP_TEST_LOG, "TEST_LOG", Access::change, &WithRequest<&test_log>::run},
    Procedure{L2TP_TEST_MODIFY, "TEST_MODIFY", Access::change, &WithRequest<&test_modify>::run},
    Procedure{L2TP_TEST_GET, "TEST_GET", Access::read, &test_get},
};

} // namespace

std::span<const Procedure> test_procedures() noexcept { return kProcedures; }

} // namespace openl2tp::rpc
