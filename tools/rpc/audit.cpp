#include "tools/rpc/audit.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include "runtime/trace/escape.hpp"

namespace openl2tp::rpc {
namespace {

thread_local CallNote* noted = nullptr;
constexpr std::size_t kObjectMax = 200; // octets; an object is described, not repeated

} // namespace

CallNote::CallNote() noexcept : before_(std::exchange(noted, this)) {}
CallNote::~CallNote() { noted = before_; }

void note_object(std::string_view kind, std::string_view name) {
  if (noted == nullptr) return;
  std::string text;
  runtime::append_escaped(text, name.substr(0, kObjectMax));
  constexpr std::string_view tunnel = "tunnel ";
  if (kind == "session" && noted->object.starts_with(tunnel)) {
    noted->object = "session " + noted->object.substr(tunnel.size()) + "/" + text;
  } else {
    noted->object = std::string(kind) + ' ' + text;
  }
}

void note_object(std::string_view kind, std::uint16_t id, const optstring& name) {
  if (noted == nullptr) return;
  const std::string_view text = string_of(name).value_or(std::string_view());
  note_object(kind, text.empty() ? std::to_string(id) : std::string(text));
}

void note_parameter(std::string_view name) {
  if (noted != nullptr) noted->parameters.push_back(name);
}

std::string text_of(const Caller& caller) {
  std::string text = caller.uid ? "uid " + std::to_string(*caller.uid) : std::string();
  if (caller.address.family != 0) text += (text.empty() ? "" : " at ") + to_string(caller.address);
  return text.empty() ? "somebody" : text;
}

bool Audit::admits(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (filled_ != Clock::time_point{}) {
    const double seconds = std::chrono::duration<double>(now - filled_).count();
    tokens_ = std::min<double>(kBurst, tokens_ + seconds * kRate);
  }
  filled_ = now;
  if (tokens_ < 1) {
    ++left_out_;
    return false;
  }
  tokens_ -= 1;
  return true;
}

void Audit::write(const Caller& caller, std::string_view procedure, const CallNote& note, std::string_view result) {
  if (!admits(Clock::now())) return;
  std::uint64_t left_out = 0;
  {
    const std::lock_guard lock(mutex_);
    left_out = std::exchange(left_out_, 0);
  }
  if (left_out != 0) spdlog::warn("audit: {} lines left out: more than {} calls a second", left_out, kRate);
  spdlog::info("audit: {} {}{}{}{}: {}", text_of(caller), procedure, note.object.empty() ? "" : " ", note.object,
               note.parameters.empty() ? std::string() : fmt::format(" ({})", fmt::join(note.parameters, " ")), result);
}

} // namespace openl2tp::rpc
