// The daemon, as the sessions of one shard see it: the host's functions with their handles filled in. It adds no rules
// of its own.
#pragma once

#include <cstdint>
#include <string_view>

#include <openl2tp/host.h>

namespace openl2tp::ppp_unix {

struct Host {
  openl2tp_host* handle = nullptr;
  const openl2tp_host_ops* ops = nullptr;
  openl2tp_loop* loop = nullptr; // of the shard; nullptr where there is none

  void log(std::uint32_t level, std::string_view line) const { ops->log(handle, level, line.data(), line.size()); }
  [[nodiscard]] std::uint64_t now_ms() const { return ops->now_ms(handle); }
  [[nodiscard]] bool traces(openl2tp_session_token token) const {
    return (ops->session_trace_mask(handle, token) & OPENL2TP_TRACE_PPP) != 0;
  }
  void trace(openl2tp_session_token token, std::string_view line) const {
    ops->session_trace(handle, token, OPENL2TP_TRACE_PPP, line.data(), line.size());
  }
};

} // namespace openl2tp::ppp_unix
