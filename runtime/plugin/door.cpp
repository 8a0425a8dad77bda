#include "runtime/plugin/door.hpp"

#include <cstring>
#include <string>

#include <fmt/format.h>

#include "runtime/trace/escape.hpp"

namespace openl2tp::runtime::detail {

void name_exception(openl2tp_host& host, const char* function, const char* what) {
  std::string text;
  if (what != nullptr) {
    text = " (";
    append_printable(text, {what, ::strnlen(what, 200)}, 200);
    text += ')';
  }
  host.complain(fmt::format("{} threw an exception{}: nothing may throw through the interface", function, text));
}

bool name_slow(openl2tp_host& host, const char* function, protocol::Duration took) {
  if (took < slow_plugin_call) return false;
  host.complain(
      fmt::format("{} took {} ms: it must not block, every session of its shard waited", function, took.count()));
  return true;
}

} // namespace openl2tp::runtime::detail
