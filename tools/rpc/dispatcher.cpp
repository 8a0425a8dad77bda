// RPC headers by hand: ten units, each checked, without the allocations of a general decoder.
#include "tools/rpc/dispatcher.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>

#include "tools/rpc/errors.hpp"

namespace openl2tp::rpc {
namespace {

constexpr std::uint32_t kCall = 0, kReply = 1;
constexpr std::uint32_t kRpcVersion = 2;
constexpr std::uint32_t kCredentialMax = 400; // RFC 5531 section 8.2

/// Reads big-endian units off the front of a span.
class Units {
 public:
  explicit Units(std::span<const std::byte> octets) : rest_(octets) {}
  [[nodiscard]] bool take(std::uint32_t& value) noexcept {
    if (rest_.size() < 4) return false;
    value = 0;
    for (std::size_t i = 0; i < 4; ++i)
      value = value << 8 | std::to_integer<std::uint32_t>(rest_[i]);
    rest_ = rest_.subspan(4);
    return true;
  }
  /// Skips a credential or verifier: its flavour, its length and its body. Nobody's claims are believed, so none is
  /// read.
  [[nodiscard]] bool skip_authentication() noexcept {
    std::uint32_t flavour = 0, length = 0;
    if (!take(flavour) || !take(length) || length > kCredentialMax) return false;
    const std::size_t padded = (length + 3U) & ~std::size_t{3};
    if (rest_.size() < padded) return false;
    rest_ = rest_.subspan(padded);
    return true;
  }
  [[nodiscard]] std::span<const std::byte> rest() const noexcept { return rest_; }

 private:
  std::span<const std::byte> rest_;
};

void put(std::vector<std::byte>& out, std::initializer_list<std::uint32_t> units) {
  for (const std::uint32_t unit : units) {
    for (int shift = 24; shift >= 0; shift -= 8)
      out.push_back(static_cast<std::byte>(unit >> shift & 0xff));
  }
}

std::vector<std::byte> accepted(std::uint32_t xid, accept_stat status, std::initializer_list<std::uint32_t> more = {}) {
  std::vector<std::byte> reply;
  // Accepted, with an empty verifier of flavour AUTH_NONE.
  put(reply, {xid, kReply, MSG_ACCEPTED, AUTH_NONE, 0, static_cast<std::uint32_t>(status)});
  put(reply, more);
  return reply;
}

std::vector<std::byte> denied(std::uint32_t xid, std::initializer_list<std::uint32_t> why) {
  std::vector<std::byte> reply;
  put(reply, {xid, kReply, MSG_DENIED});
  put(reply, why);
  return reply;
}

/// What a call answered, in words. Those that change something answer a number alone; of the others the size says
/// enough.
std::string result_text(const Procedure& row, std::span<const std::byte> reply) {
  constexpr std::size_t header = 24;
  Units units(reply.subspan(std::min(header, reply.size())));
  std::uint32_t unit = 0;
  if (row.access != Access::change || !units.take(unit)) return std::to_string(reply.size() - header) + " octets";
  const int number = static_cast<int>(unit);
  if (number < 0) return "refused: " + error_text(number);
  return number == 0 ? "done" : "done, " + std::to_string(number);
}

} // namespace

Dispatcher::Dispatcher(runtime::Control& control, DispatcherOptions options) : control_(control), options_(options) {
  for (const auto rows : {system_procedures(), tunnel_procedures(), session_procedures(), profile_procedures(),
                          peer_procedures(), test_procedures(), extension_procedures(), extension_ppp_procedures()}) {
    for (const Procedure& row : rows)
      procedures_[row.number] = &row;
  }
}

std::optional<std::vector<std::byte>> Dispatcher::answer(std::span<const std::byte> call, const Caller& caller,
                                                         std::size_t reply_max, Kept kept) const {
  Units units(call);
  std::uint32_t xid = 0, kind = 0, rpc_version = 0, program = 0, version = 0, number = 0;
  if (!units.take(xid) || !units.take(kind) || kind != kCall) return std::nullopt;
  if (!units.take(rpc_version)) return std::nullopt;
  if (rpc_version != kRpcVersion) return denied(xid, {RPC_MISMATCH, kRpcVersion, kRpcVersion});
  if (!units.take(program) || !units.take(version) || !units.take(number)) return std::nullopt;
  if (!units.skip_authentication() || !units.skip_authentication()) return denied(xid, {AUTH_ERROR, AUTH_BADCRED});
  if (!caller.local && !caller.trusted) return denied(xid, {AUTH_ERROR, AUTH_TOOWEAK});
  if (program != L2TP_PROG) return accepted(xid, PROG_UNAVAIL);
  if (version != L2TP_VERSION) return accepted(xid, PROG_MISMATCH, {L2TP_VERSION, L2TP_VERSION});
  const Procedure* row = number < kNumbers ? procedures_[number] : nullptr;
  if (row == nullptr) return accepted(xid, PROC_UNAVAIL);
  const CallNote note;
  if (row->access == Access::change && !caller.privileged && !caller.trusted) {
    report(*row, caller, note, "denied");
    return denied(xid, {AUTH_ERROR, AUTH_TOOWEAK});
  }
  std::vector<std::byte> reply = accepted(xid, SUCCESS);
  Request request{control_, caller, units.rest(), reply, options_.test, kept};
  // The question about the last refusal must not wipe its answer.
  const RefusalNote refusal(number == L2TP_EXT_ERROR_DETAIL ? nullptr : kept.refusal);
  const Outcome outcome = row->run(request);
  report(*row, caller, note, outcome == Outcome::success ? result_text(*row, reply) : "not understood");
  if (outcome == Outcome::garbage_arguments) return accepted(xid, GARBAGE_ARGS);
  if (outcome == Outcome::unavailable) return accepted(xid, PROC_UNAVAIL);
  if (outcome == Outcome::system_error || reply.size() > reply_max) return accepted(xid, SYSTEM_ERR);
  return reply;
}

void Dispatcher::report(const Procedure& row, const Caller& caller, const CallNote& note,
                        std::string_view result) const {
  if (options_.audit && row.access == Access::change) audit_.write(caller, row.name, note, result);
  if (options_.trace != nullptr && options_.trace->load(std::memory_order_relaxed))
    spdlog::info("API: {} {}{}{}: {}", text_of(caller), row.name, note.object.empty() ? "" : " ", note.object, result);
}

Judgement Dispatcher::judge(std::span<const std::byte> call) const noexcept {
  constexpr std::uint32_t wait_max_ms = 20'000; // less than clients' patience
  Units units(call);
  std::uint32_t unit = 0;
  for (int i = 0; i < 5; ++i) // up to the version
    if (!units.take(unit)) return {};
  std::uint32_t number = 0;
  if (!units.take(number) || number >= kNumbers || procedures_[number] == nullptr) return {};
  if (number == L2TP_EXT_MONITOR_NEXT) {
    std::uint32_t wait_ms = 0;
    if (!units.skip_authentication() || !units.skip_authentication() || !units.take(wait_ms)) return {};
    return {.kind = Kind::wait, .patience = std::chrono::milliseconds(std::min(wait_ms, wait_max_ms))};
  }
  return {.kind = procedures_[number]->weight == Weight::large ? Kind::large : Kind::quick,
          .changes = procedures_[number]->access == Access::change};
}

} // namespace openl2tp::rpc
