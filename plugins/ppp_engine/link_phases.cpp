// The phases of a link (RFC 1661 section 3.2): what follows when a layer comes up, goes down or is done, and how a link
// ends. The verbs are in link.cpp.
#include <algorithm>

#include "plugins/ppp_engine/link.hpp"
#include "plugins/ppp_engine/link_record.hpp"

namespace openl2tp::ppp {

void Link::open(TimePoint now) {
  if (phase_ != Phase::dead) return;
  phase_ = Phase::establish;
  establish_at_ = now + settings_->establish_timeout;
  lcp_.open(now);
  settle(now);
}

void Link::open_with_proxy(const ProxyPpp& proxy, TimePoint now) {
  const bool there = !proxy.last_sent.empty() && !proxy.last_received.empty();
  if (phase_ != Phase::dead || !there || !settings_->accept_proxy_lcp) {
    open(now);
    return;
  }
  adopt(proxy.last_sent, proxy.last_received, proxy, now);
}

void Link::open_as_caller(const ProxyPpp& proxy, TimePoint now) {
  if (phase_ == Phase::dead && !proxy.last_sent.empty() && !proxy.last_received.empty())
    adopt(proxy.last_received, proxy.last_sent, proxy, now);
  else
    open(now);
}

void Link::adopt(Octets last_sent, Octets last_received, const ProxyPpp& proxy, TimePoint now) {
  phase_ = Phase::establish;
  establish_at_ = now + settings_->establish_timeout;
  proxy_ = &proxy;
  proxied_ = true; // before LinkUp, which may come from inside
  if (!lcp_.adopt(last_sent, last_received, now)) {
    proxied_ = false;
    lcp_.open(now);
  }
  proxy_ = nullptr;
  settle(now);
}

void Link::close(EndReason reason, TimePoint now) {
  if (phase_ == Phase::finished) return;
  if (phase_ == Phase::dead || phase_ == Phase::handed_over) { // nobody of ours to say goodbye to
    finish(reason);
    return;
  }
  fail(reason);
  settle(now);
}

void Link::fail(EndReason reason) {
  if (failure_ == EndReason::none) failure_ = reason;
}

/// The end of every call: acts on what was noticed inside, when no protocol is in the middle of anything.
void Link::settle(TimePoint now) {
  if (phase_ == Phase::finished || phase_ == Phase::handed_over) return;
  if (close_ipcp_) ipcp_.close(now);
  if (close_ipv6cp_) ipv6cp_.close(now);
  close_ipcp_ = close_ipv6cp_ = false;
  if (failure_ == EndReason::none && phase_ == Phase::network && !network_alive()) fail(EndReason::no_network);
  if (failure_ == EndReason::none || reason_ != EndReason::none) return;
  reason_ = failure_;
  establish_at_ = never; // from here on the Restart counter is the bound
  const bool was_open = lcp_.state() >= State::closing;
  lcp_.close(now);
  if (phase_ == Phase::finished) return;
  if (!was_open || lcp_.state() <= State::stopped)
    finish(reason_);
  else
    phase_ = Phase::terminate;
}

void Link::finish(EndReason reason) {
  if (phase_ == Phase::finished) return;
  phase_ = Phase::finished;
  reason_ = reason;
  establish_at_ = connect_until_ = idle_check_at_ = never;
  emit(Finished{.reason = reason});
}

void Link::layer_up(Protocol protocol, TimePoint now) {
  if (protocol == Protocol::lcp) {
    lcp_up(now);
  } else if (protocol == Protocol::ipcp) {
    if (ipcp_.local_address().empty())
      close_ipcp_ = true; // nobody said which address is ours
    else
      network_up(Network::ipv4, now);
  } else if (protocol == Protocol::ipv6cp) {
    if (ipv6cp_.peer_id() == 0)
      close_ipv6cp_ = true;
    else
      network_up(Network::ipv6, now);
  }
}

void Link::layer_down(Protocol protocol, TimePoint now) {
  if (protocol == Protocol::lcp)
    lcp_down(now);
  else
    network_down(protocol == Protocol::ipcp ? Network::ipv4 : Network::ipv6, now);
}

void Link::layer_finished(Protocol protocol, TimePoint) {
  if (protocol != Protocol::lcp) return; // settle() sees whether another network is left
  EndReason reason = reason_ != EndReason::none ? reason_ : failure_;
  if (reason == EndReason::none) {
    reason = EndReason::protocol_rejected;
    if (lcp_.negotiator().peer_silent()) reason = EndReason::peer_silent;
    if (lcp_.negotiator().peer_terminated()) reason = EndReason::peer_terminated;
  }
  finish(reason);
}

void Link::layer_not_converging(Protocol protocol) {
  (protocol == Protocol::ipcp ? close_ipcp_ : close_ipv6cp_) = true;
}

// ---- LCP

void Link::lcp_up(TimePoint now) {
  if (reason_ != EndReason::none || failure_ != EndReason::none) return;
  phase_ = Phase::authenticate;
  peer_must_prove_ = lcp_.local().auth != AuthMethod::none;
  we_must_prove_ = lcp_.peer().auth != AuthMethod::none;
  if (record_) {
    std::byte buffer[packet_size_max];
    Writer options(buffer);
    lcp_.write_request(options);
    record_->last_sent.keep(options.written());
    if (!peer_must_prove_) {
      phase_ = Phase::handed_over;
      emit(HandOver{});
      return;
    }
  }
  begin_authentication(now);
  if (!peer_must_prove_ && !we_must_prove_) enter_network(now);
}

void Link::begin_authentication(TimePoint now) {
  if (we_must_prove_) {
    const AuthMethod ours = lcp_.peer().auth;
    auth_peer_.start(ours, now);
    if (proxy_ != nullptr && is_chap(ours) && proxy_->auth_type == proxy_auth_type(ours) &&
        proxy_->auth_type != ProxyAuthType::absent)
      auth_peer_.note_answered(proxy_->auth_id);
  }
  if (!peer_must_prove_) return;
  const AuthMethod method = lcp_.local().auth;
  const bool heard = proxy_ != nullptr && settings_->accept_proxy_auth && proxy_->auth_type != ProxyAuthType::absent &&
                     proxy_->auth_type == proxy_auth_type(method);
  if (heard)
    authenticator_.start_with(method, proxy_->auth_id, proxy_->auth_name, proxy_->auth_challenge, proxy_->auth_response,
                              now);
  else
    authenticator_.start(method, now);
}

void Link::lcp_down(TimePoint now) {
  authenticator_.stop();
  auth_peer_.stop();
  ipcp_.down(now);
  ipv6cp_.down(now);
  early_ipcp_.reset();
  if (link_up_) emit(LinkDown{});
  link_up_ = false;
  idle_check_at_ = never;
  const bool ending = lcp_.state() == State::closing || lcp_.state() == State::stopping;
  phase_ = ending ? Phase::terminate : Phase::establish;
  if (ending) {
    establish_at_ = never; // the Restart counter is the bound
    return;
  }
  proxied_ = false;
  establish_at_ = now + settings_->establish_timeout;
  if (!renegotiations_.take(now)) fail(EndReason::too_many_renegotiations);
}

// ---- authentication

std::uint32_t Link::ask_verdict(AuthMethod method, std::string_view user, const ChapMaterial& material) {
  if (record_) {
    record_->method = method;
    record_->response.keep(material.response);
    phase_ = Phase::handed_over;
    emit(HandOver{});
    return 0;
  }
  ActionBatch& batch = pending();
  const Extent name = batch.store(as_octets(user));
  const Extent challenge = batch.store(material.challenge), response = batch.store(material.response);
  batch.actions.emplace_back(NeedVerdict{.request = ++last_request_,
                                         .method = method,
                                         .id = material.id,
                                         .user = name,
                                         .challenge = challenge,
                                         .response = response});
  return last_request_;
}

std::uint32_t Link::ask_secret(AuthMethod method, std::string_view server) {
  ActionBatch& batch = pending();
  const Extent name = batch.store(as_octets(server));
  batch.actions.emplace_back(NeedSecret{.request = ++last_request_, .method = method, .server = name});
  return last_request_;
}

void Link::peer_authenticated(TimePoint now) {
  peer_must_prove_ = false;
  auth_peer_.handle_peer_proven(now);
  if (phase_ == Phase::authenticate && !we_must_prove_) enter_network(now);
}

void Link::we_are_authenticated(TimePoint now) {
  we_must_prove_ = false;
  if (phase_ == Phase::authenticate && !peer_must_prove_) enter_network(now);
}

// ---- networks

void Link::enter_network(TimePoint now) {
  phase_ = Phase::network;
  link_up_ = true;
  emit(LinkUp{});
  if (connected_at_ == never) connected_at_ = now;
  limit_connect_time();
  if (settings_->ipv4) {
    if (planned_address().empty() && settings_->ask_owner_address) {
      address_pending_ = true; // asked for once, whatever is negotiated anew
      if (!address_asked_) emit(NeedAddress{});
      address_asked_ = true;
    } else {
      open_ipcp(now);
    }
  }
  if (settings_->ipv6) ipv6cp_.open(now);
}

void Link::limit_connect_time() {
  const Duration allowed = session_timeout_ > Duration::zero() ? session_timeout_ : settings_->connect_time;
  connect_until_ = allowed > Duration::zero() ? connected_at_ + allowed : never;
}

void Link::change_limits(std::shared_ptr<const LinkSettings> settings, TimePoint now) {
  if (phase_ == Phase::finished) return;
  settings_ = std::move(settings);
  if (lcp_.opened()) lcp_.begin_echo(now);
  if (reason_ != EndReason::none) return;
  if (connected_at_ != never) limit_connect_time();
  if (!ipv4_up_ && !ipv6_up_) return;
  if (idle_limit() <= Duration::zero())
    idle_check_at_ = never;
  else
    idle_check_at_ = settings_->idle_from_owner ? now : last_data_ + idle_limit();
}

Ipv4 Link::planned_address() const noexcept {
  if (!user_address_.empty()) return user_address_;
  return settings_->peer_address.empty() ? owner_address_ : settings_->peer_address;
}

void Link::open_ipcp(TimePoint now) { ipcp_.open({.peer_address = planned_address(), .addresses = rules_}, now); }

bool Link::network_alive() const noexcept {
  return address_pending_ || ipcp_.state() > State::stopped || ipv6cp_.state() > State::stopped;
}

Duration Link::idle_limit() const noexcept {
  return idle_timeout_ > Duration::zero() ? idle_timeout_ : settings_->idle_timeout;
}

void Link::network_up(Network network, TimePoint now) {
  (network == Network::ipv4 ? ipv4_up_ : ipv6_up_) = true;
  establish_at_ = never;
  if (idle_limit() > Duration::zero() && idle_check_at_ == never) {
    last_data_ = now;
    idle_check_at_ = now + idle_limit();
  }
  emit(NetworkUp{.network = network});
}

void Link::network_down(Network network, TimePoint now) {
  bool& is_up = network == Network::ipv4 ? ipv4_up_ : ipv6_up_;
  if (!is_up) return;
  is_up = false;
  emit(NetworkDown{.network = network});
  if (ipv4_up_ || ipv6_up_) return;
  idle_check_at_ = never;
  establish_at_ = now + settings_->establish_timeout;
  if (!network_losses_.take(now)) fail(EndReason::too_many_renegotiations);
}

// ---- as LAC

void Link::record_request(Octets options) {
  if (!record_->received) record_->initial_received.keep(options);
  record_->received = true;
  record_->last_received.keep(options);
}

ProxyPpp Link::proxy() const noexcept {
  if (!record_ || phase_ != Phase::handed_over) return {};
  ProxyPpp proxy{.initial_received = record_->initial_received.view(),
                 .last_sent = record_->last_sent.view(),
                 .last_received = record_->last_received.view(),
                 .auth_type = proxy_auth_type(record_->method)};
  if (record_->method == AuthMethod::none || proxy.auth_type == ProxyAuthType::absent) return proxy;
  proxy.auth_id = authenticator_.id();
  proxy.auth_name = authenticator_.user();
  if (is_chap(record_->method)) proxy.auth_challenge = authenticator_.challenge();
  proxy.auth_response = record_->response.view();
  return proxy;
}

} // namespace openl2tp::ppp
