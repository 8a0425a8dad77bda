// What sessions of one PPP profile have in common, once for all of them: the engine's settings, and what the operator
// wants of their network.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <openl2tp/ppp.h>

#include "plugins/ppp_engine/settings.hpp"

namespace openl2tp::ppp_kernel {

struct SessionTerms {
  ppp::LinkSettings link;
  std::string pool; // where callers have their addresses from; empty: none
  bool default_route = false, proxy_arp = false;
  bool replace = true; // a user that calls again takes its address from its session of before
  bool operator==(const SessionTerms&) const = default;
};

/// What the parameters say. `host_name`: as in link_settings().
[[nodiscard]] SessionTerms session_terms(const openl2tp_ppp_params& params, std::string_view host_name);
/// `now`, with what may change while a session runs as in `wanted`: the limits of time, and the echo.
[[nodiscard]] SessionTerms changed_terms(const SessionTerms& now, const SessionTerms& wanted);

/// The terms of a shard's sessions: equal ones once, as long as some session has them. [shard]
class SharedTerms {
 public:
  static constexpr std::size_t kept_max = 64; // the last ones that were asked for; others are the session's own
  [[nodiscard]] std::shared_ptr<const SessionTerms> share(SessionTerms terms);

 private:
  std::vector<std::weak_ptr<const SessionTerms>> kept_; // the last one first
};

/// The engine's part of them, with the whole as its owner.
[[nodiscard]] inline std::shared_ptr<const ppp::LinkSettings>
link_part(const std::shared_ptr<const SessionTerms>& terms) noexcept {
  return {terms, &terms->link};
}

} // namespace openl2tp::ppp_kernel
