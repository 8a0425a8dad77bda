// A thread answers one call at a time, so its note is the call's. Handlers need not pass it along.
#include "tools/rpc/refusal.hpp"

#include <utility>

#include <spdlog/spdlog.h>

#include "tools/rpc/convert.hpp"
#include "tools/rpc/errors.hpp"

namespace openl2tp::rpc {
namespace {

thread_local std::string* noted = nullptr;

} // namespace

RefusalNote::RefusalNote(std::string* text) noexcept : before_(std::exchange(noted, text)) {
  if (text != nullptr) text->clear();
}

RefusalNote::~RefusalNote() { noted = before_; }

void adjusted(const std::string& note) {
  spdlog::warn("management: {}", note);
  if (noted == nullptr) return;
  const std::string text = noted->empty() ? note : *noted + '\n' + note;
  *noted = text.substr(0, L2TP_MAX_STRING);
}

void adjusted(const std::vector<std::string>& notes) {
  for (const std::string& note : notes)
    adjusted(note);
}

int refused(const char* procedure, const runtime::ControlError& error) {
  const int number = error_number(error);
  spdlog::info("management: {} refused: {}{}{}", procedure, error_text(number), error.detail.empty() ? "" : ": ",
               error.detail);
  if (noted != nullptr) *noted = error.detail.substr(0, L2TP_MAX_STRING);
  return number;
}

} // namespace openl2tp::rpc
