#include "plugins/ppp_unix/exit_status.hpp"

#include <array>
#include <cerrno>
#include <cstring>

namespace openl2tp::ppp_unix {

namespace {

// How the results are chosen. 1: the PPP link was up and went away, as a carrier does. 3: somebody's rules ended it,
// ours or the peer's: who may not authenticate, limits of time and traffic, an operator's signal. 4: another attempt
// may find what is missing. 5: it will not, until the operator mends this host. 2 with error 6, "vendor specific", is
// what is left: PPP itself went wrong, and the text says how.
constexpr std::array<ExitRow, 22> rows{{
    {0, Result::lost_carrier, "PPP has ended"},
    {1, Result::general_error, "PPP failed"},
    {2, Result::no_facilities, "PPP refuses its options"},
    {3, Result::no_facilities, "PPP lacks privileges"},
    {4, Result::no_facilities_now, "the kernel has no PPP"}, // as for a kernel without L2TP
    {5, Result::administrative, "PPP was told to end"},
    {6, Result::no_facilities_now, "PPP cannot lock its device"},
    {7, Result::no_facilities_now, "PPP cannot open its device"},
    {8, Result::no_facilities_now, "PPP cannot use its device"},
    {9, Result::no_facilities_now, "PPP cannot run its device"},
    {10, Result::general_error, "PPP found no agreement with the peer"},
    {11, Result::administrative, "the peer failed to authenticate"},
    {12, Result::administrative, "PPP was idle for too long"},
    {13, Result::administrative, "the connect time of PPP is over"},
    {14, Result::administrative, "the peer wants to be called back"},
    {15, Result::lost_carrier, "the peer does not answer LCP echoes"},
    {16, Result::lost_carrier, "the peer has hung up"},
    {17, Result::general_error, "the PPP link is looped back"},
    {18, Result::no_facilities_now, "PPP cannot initialise its device"},
    {19, Result::administrative, "the peer does not accept our authentication"},
    {20, Result::administrative, "the traffic limit of PPP is reached"},
    {21, Result::administrative, "the calling number is not authorised"},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i].status != static_cast<std::int32_t>(i)) return false;
  return true;
}
static_assert(in_order());

/// Whether a start that failed so may work a moment later.
bool passes(int fault) {
  return fault == EAGAIN || fault == ENOMEM || fault == EMFILE || fault == ENFILE || fault == ECANCELED ||
         fault == ETXTBSY;
}

} // namespace

std::span<const ExitRow> exit_table() noexcept { return rows; }

Ending ending_of(std::int32_t status) {
  if (status < 0) {
    const int fault = -status;
    return {passes(fault) ? Result::no_facilities_now : Result::no_facilities, "PPP could not be started"};
  }
  if (static_cast<std::size_t>(status) < rows.size()) {
    const ExitRow& row = rows[static_cast<std::size_t>(status)];
    return {row.result, std::string(row.reason)};
  }
  if (status >= 256) return {Result::general_error, "PPP was ended by signal " + std::to_string(status - 256)};
  return {Result::general_error, "PPP ended with status " + std::to_string(status)};
}

} // namespace openl2tp::ppp_unix
