#include "plugins/ppp_kernel/session_terms.hpp"

#include <algorithm>
#include <utility>

#include "plugins/ppp_kernel/link_settings.hpp"

namespace openl2tp::ppp_kernel {

SessionTerms session_terms(const openl2tp_ppp_params& params, std::string_view host_name) {
  const openl2tp_ppp_profile& profile = *params.profile;
  SessionTerms terms{.link = link_settings(params, host_name)};
  if (terms.link.ask_owner_address) terms.pool.assign(profile.ip_pool_name, profile.ip_pool_name_length);
  terms.default_route = (profile.options & OPENL2TP_PPP_DEFAULT_ROUTE) != 0;
  terms.proxy_arp = (profile.options & OPENL2TP_PPP_PROXY_ARP) != 0;
  return terms;
}

SessionTerms changed_terms(const SessionTerms& now, const SessionTerms& wanted) {
  SessionTerms terms = now;
  terms.link.idle_timeout = wanted.link.idle_timeout;
  terms.link.connect_time = wanted.link.connect_time;
  terms.link.echo_interval = wanted.link.echo_interval;
  terms.link.echo_failures = wanted.link.echo_failures;
  return terms;
}

std::shared_ptr<const SessionTerms> SharedTerms::share(SessionTerms terms) {
  for (std::size_t i = 0; i < kept_.size();) {
    auto here = kept_[i].lock();
    if (here == nullptr) {
      kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(i));
      continue;
    }
    if (*here == terms) {
      std::rotate(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(i),
                  kept_.begin() + static_cast<std::ptrdiff_t>(i + 1));
      return here;
    }
    ++i;
  }
  auto made = std::make_shared<const SessionTerms>(std::move(terms));
  if (kept_.size() == kept_max) kept_.pop_back();
  kept_.insert(kept_.begin(), made);
  return made;
}

} // namespace openl2tp::ppp_kernel
