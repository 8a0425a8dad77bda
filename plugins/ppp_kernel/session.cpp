#include "plugins/ppp_kernel/session.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <endian.h>

#include "plugins/ppp_kernel/link_settings.hpp"

namespace openl2tp::ppp_kernel {

namespace {

std::string_view view(const char* text, std::size_t length) {
  return text == nullptr ? std::string_view{} : std::string_view(text, length);
}

std::string session_name(std::uint16_t tunnel_id, std::uint16_t session_id) {
  return "session " + std::to_string(tunnel_id) + "/" + std::to_string(session_id);
}

/// As the plugin's configuration names it.
std::string profile_name(const openl2tp_ppp_params& params) {
  const auto name = view(params.profile->profile_name, params.profile->profile_name_length);
  return name.empty() ? "default" : std::string(name);
}

std::shared_ptr<const SessionTerms> terms_of(Shard& shard, const openl2tp_ppp_params& params) {
  if (const auto why = contradiction(params))
    throw std::invalid_argument(session_name(params.tunnel_id, params.session_id) + ", PPP profile \"" +
                                std::string(view(params.profile->profile_name, params.profile->profile_name_length)) +
                                "\": " + std::string(*why));
  SessionTerms terms = session_terms(params, shard.host_name());
  terms.replace = !shard.options()->keep_profiles.contains(profile_name(params));
  return shard.terms().share(std::move(terms));
}

/// What the operator gave the session to prove itself with. One that the peer asked for has nothing.
ppp::Credentials own_of(const openl2tp_ppp_params& params) {
  if ((params.flags & OPENL2TP_PPP_LOCAL) == 0) return {};
  return {std::string(view(params.user_name, params.user_name_length)),
          std::string(view(params.user_password, params.user_password_length))};
}

/// The lower half of "fe80::..."; 0: another address.
std::uint64_t link_local_id(std::string_view address) {
  const std::string text(address.substr(0, address.find('%')));
  std::array<std::uint64_t, 2> halves{};
  if (inet_pton(AF_INET6, text.c_str(), halves.data()) != 1 || be64toh(halves[0]) != 0xfe80'0000'0000'0000) return 0;
  return be64toh(halves[1]);
}

std::unique_ptr<ProxyCopy> proxy_of(const openl2tp_ppp_params& params) {
  // As LAC we have told the LNS already.
  const bool lns = (params.flags & OPENL2TP_PPP_LNS) != 0;
  const bool allowed = !lns || (params.flags & OPENL2TP_PPP_PROXY) != 0;
  return allowed && params.proxy != nullptr ? std::make_unique<ProxyCopy>(*params.proxy) : nullptr;
}

std::unique_ptr<ScriptNotes> notes_of(const Shard& shard, const openl2tp_ppp_params& params) {
  const auto options = shard.options();
  if (std::all_of(options->scripts.begin(), options->scripts.end(), [](const auto& path) { return path.empty(); }))
    return nullptr;
  auto notes = std::make_unique<ScriptNotes>();
  notes->tty = "l2tp-" + std::to_string(params.tunnel_id) + "-" + std::to_string(params.session_id);
  notes->ipparam = "l2tp";
  if (params.tunnel_name_length != 0) notes->ipparam.append("-").append(params.tunnel_name, params.tunnel_name_length);
  notes->speed = params.tx_bps;
  return notes;
}

void put(std::uint8_t (&octets)[4], ppp::Ipv4 address) noexcept {
  for (int i = 0; i < 4; ++i)
    octets[i] = static_cast<std::uint8_t>(address.value >> (24 - 8 * i));
}

void put(std::uint8_t (&octets)[8], std::uint64_t interface_id) noexcept {
  for (int i = 0; i < 8; ++i)
    octets[i] = static_cast<std::uint8_t>(interface_id >> (56 - 8 * i));
}

/// Of fe80::/64.
std::string link_local(std::uint64_t interface_id) {
  std::array<std::uint8_t, 16> octets{0xfe, 0x80};
  for (std::size_t i = 0; i < 8; ++i)
    octets[8 + i] = static_cast<std::uint8_t>(interface_id >> (56 - 8 * i));
  std::array<char, INET6_ADDRSTRLEN> text{};
  return inet_ntop(AF_INET6, octets.data(), text.data(), text.size()) == nullptr ? std::string() : text.data();
}

/// A peer's name is of any octets, and the log shows it.
std::string printable(std::string_view name) {
  std::string made(name);
  for (char& c : made)
    if (c < 0x20 || c == 0x7f) c = '?';
  return "\"" + made + "\"";
}

std::unique_ptr<DataPath> make_path(Shard& shard, PathUser& user, const openl2tp_ppp_params& params) {
  const std::string_view interface_name = view(params.interface_name, params.interface_name_length);
  const bool dials_out = (params.flags & OPENL2TP_PPP_LNS) == 0;
  if (params.data_path == OPENL2TP_DATA_PATH_KERNEL)
    return shard.kernel_paths().make(user, params.session_fd, interface_name, dials_out);
  return shard.tun_paths().make(user, interface_name, dials_out);
}

/// Keepalives do not wait behind data.
std::uint32_t flags_of(ppp::Octets frame, std::uint8_t protocol_at) noexcept {
  const bool lcp = frame.size() >= protocol_at + 2U && frame[protocol_at] == std::byte{0xc0} &&
                   frame[protocol_at + 1U] == std::byte{0x21};
  return lcp ? OPENL2TP_FRAME_PRIORITY : 0;
}

/// Of a link that has begun; `carries`: its data path is there.
std::uint32_t phase_of(const ppp::Link& link, bool carries) {
  switch (link.phase()) {
  case ppp::Phase::dead:
  case ppp::Phase::establish: return OPENL2TP_PPP_PHASE_LCP;
  case ppp::Phase::authenticate: return OPENL2TP_PPP_PHASE_AUTHENTICATING;
  case ppp::Phase::network:
    return carries && (link.up(ppp::Network::ipv4) || link.up(ppp::Network::ipv6)) ? OPENL2TP_PPP_PHASE_UP
                                                                                   : OPENL2TP_PPP_PHASE_NETWORK;
  case ppp::Phase::handed_over: return OPENL2TP_PPP_PHASE_UP;
  case ppp::Phase::terminate:
  case ppp::Phase::finished: return OPENL2TP_PPP_PHASE_TERMINATING;
  }
  return OPENL2TP_PPP_PHASE_LCP;
}

/// Of what a peer says about refusing us.
constexpr std::size_t words_max = 120;

/// How long an address may take to become free.
constexpr ppp::Duration address_wait{10'000};

/// More than a peer says before it waits for an answer.
constexpr std::size_t early_max = 16;

constexpr std::array<std::uint32_t, 2> kernel_first{OPENL2TP_DATA_PATH_KERNEL, OPENL2TP_DATA_PATH_FRAMES};

} // namespace

const std::span<const std::uint32_t> Session::data_paths = [] {
  const char* wanted = std::getenv("OPENL2TP_PPP_DATA");
  const bool tun = wanted != nullptr && std::string_view(wanted) == "tun";
  return std::span(kernel_first).subspan(tun ? 1 : 0);
}();

Session::Session(Shard& shard, openl2tp_session_token token, const openl2tp_ppp_params& params)
    : shard_(shard), token_(token), tunnel_id_(params.tunnel_id), session_id_(params.session_id),
      lns_((params.flags & OPENL2TP_PPP_LNS) != 0), own_(own_of(params)), terms_(terms_of(shard, params)),
      link_(link_part(terms_), shard.random()), path_(make_path(shard, *this, params)), proxy_(proxy_of(params)),
      scripts_(notes_of(shard, params)), last_data_(shard.now()) {
  const std::string_view local = view(params.local_address, params.local_address_length),
                         peer = view(params.peer_address, params.peer_address_length);
  tunnel_ = {ppp::Ipv4::parse(local).value_or(ppp::Ipv4{}), ppp::Ipv4::parse(peer).value_or(ppp::Ipv4{}),
             link_local_id(peer)};
  peer_ = peer;
  warn_of_profile(profile_name(params));
  shard_.add(*this);
  shard_.when_configuration_fresh([] {}); // nobody waits for it; those to come find it fresh
  if (!path_->carries_link()) begin();
}

/// Both are for the operator to decide, and neither shows before somebody misses something.
void Session::warn_of_profile(const std::string& profile) const {
  const ppp::Ipv4 local = terms_->link.local_address;
  if (!lns_ || (!local.empty() && local != tunnel_.local)) return;
  if (!shard_.first_warning(profile)) return;
  const std::string what = "PPP profile \"" + profile + "\": ";
  if (local.empty())
    shard_.host().warning(what +
                          "no local_ipaddr, so callers have no IPv4; give one that is not an end of their tunnels");
  else
    shard_.host().warning(
        what + "local_ipaddr " + local.text() +
        " is also our end of the tunnel; a caller that makes a route to it sends its tunnel into itself");
}

void Session::begin() {
  if (terms_->link.offer.empty() || !own_.secret.empty()) return start();
  shard_.secrets().when_fresh([&shard = shard_, token = token_] {
    Session* session = shard.find(token);
    if (session == nullptr || session->finished_) return;
    session->limit_offer();
    session->start();
  });
}

/// A method that we could not keep is better refused in LCP, where the peer may do without.
void Session::limit_offer() {
  SessionTerms limited = *terms_;
  for (const ppp::AuthMethod method :
       {ppp::AuthMethod::pap, ppp::AuthMethod::chap_md5, ppp::AuthMethod::mschap_v1, ppp::AuthMethod::mschap_v2})
    if (!shard_.secrets().authority(method).has_credentials(secret_request(method, {})))
      limited.link.offer.remove(method);
  if (limited == *terms_) return;
  terms_ = shard_.terms().share(std::move(limited));
  link_.use(link_part(terms_));
}

void Session::start() {
  started_ = true;
  if (proxy_ == nullptr)
    link_.open(shard_.now());
  else if (lns_)
    link_.open_with_proxy(proxy_->view(), shard_.now());
  else
    link_.open_as_caller(proxy_->view(), shard_.now());
  proxy_.reset();
  settle();
  for (const auto& octets : std::exchange(early_, {}))
    if (!finished_) frame(octets);
}

Session::~Session() {
  detail::guarded("running a script threw", [&] {
    run_down_script(ppp::Network::ipv4);
    run_down_script(ppp::Network::ipv6);
  });
  let_address_go();
  path_.reset();
  shard_.remove(*this);
  if (!own_.secret.empty()) explicit_bzero(own_.secret.data(), own_.secret.size());
}

// ---- what comes from the daemon

std::uint32_t Session::data_path(Shard& shard, const openl2tp_ppp_params& params) {
  return shard.options()->tun_profiles.contains(profile_name(params)) ? OPENL2TP_DATA_PATH_FRAMES : data_paths[0];
}

void Session::frame(std::span<const std::uint8_t> frame) {
  if (!started_) {
    if (early_.size() < early_max) early_.emplace_back(frame.begin(), frame.end());
    return;
  }
  const ppp::TimePoint now = shard_.now();
  const ppp::Received got = link_.handle_frame(std::as_bytes(frame), now);
  if (got.kind == ppp::Received::Kind::ipv4 || got.kind == ppp::Received::Kind::ipv6) {
    const auto network = got.kind == ppp::Received::Kind::ipv4 ? ppp::Network::ipv4 : ppp::Network::ipv6;
    if (path_->deliver(network, got.packet)) {
      ++received_packets_;
      received_octets_ += got.packet.size();
      last_data_ = now;
    } else {
      ++received_errors_;
    }
    return; // user data makes the link want nothing
  }
  settle();
}

void Session::handle_timeout() {
  if (wait_until_ <= shard_.now() && awaited_ != Awaited::nothing) {
    wait_until_ = ppp::never;
    const bool from_pool = std::exchange(awaited_, Awaited::nothing) == Awaited::from_pool;
    const std::string fault = "the address that it is to have is not free in time";
    if (from_pool) {
      warn(fault);
      fault_ = fault;
      link_.answer_address(std::nullopt, shard_.now());
    } else {
      fail_network(ppp::Network::ipv4, fault);
    }
  }
  link_.handle_timeout(shard_.now());
  settle();
}

void Session::handle_told(Door::Message message) {
  if (finished_) return;
  switch (message) {
  case Door::Message::replaced: return handle_replaced();
  case Door::Message::address_free:
    wait_until_ = ppp::never;
    switch (std::exchange(awaited_, Awaited::nothing)) {
    case Awaited::nothing: break;
    case Awaited::from_pool: take_address(); break;
    case Awaited::for_network:
      if (link_.up(ppp::Network::ipv4)) bring_up(ppp::Network::ipv4);
      break;
    }
    break;
  }
  settle();
}

/// Nobody may be there to answer: a goodbye, and the end.
void Session::handle_replaced() {
  warn("user " + printable(link_.facts().user) + " has called again: this session makes way");
  finished_ = true;
  link_.close(ppp::EndReason::local_close, shard_.now());
  link_.take_actions(shard_.batch);
  send_frames();
  shard_.batch.clear();
  take_all_down();
  shard_.wait_until(*this, ppp::never);
  constexpr std::uint16_t administrative = 3;
  (void)shard_.host().ppp_down(token_, administrative, "the user has called again");
}

void Session::take_all_down() {
  for (const ppp::Network network : {ppp::Network::ipv4, ppp::Network::ipv6}) {
    run_down_script(network);
    path_->down(network);
  }
  let_address_go();
}

void Session::closing(std::uint16_t) {
  // No time to wait for the peer's answer; it need not hear of a link that is over.
  if (finished_) return;
  explain(ppp::EndReason::peer_terminated); // who rejects our rejection clears the session
  finished_ = true;
  link_.close(ppp::EndReason::local_close, shard_.now());
  link_.take_actions(shard_.batch);
  send_frames();
  shard_.batch.clear();
}

/// The limits of time and the echo; all else was negotiated, or is the next session's.
void Session::modify(const openl2tp_ppp_params& params) {
  auto changed = shard_.terms().share(changed_terms(*terms_, session_terms(params, shard_.host_name())));
  if (changed == terms_) return;
  terms_ = std::move(changed);
  link_.change_limits(link_part(terms_), shard_.now());
  settle();
}

bool Session::stats(openl2tp_ppp_stats& out) const {
  if (path_->carries_link()) { // the kernel counts, and the daemon asks it
    const auto idle = path_->idle();
    out.given = idle ? OPENL2TP_PPP_COUNTED_IDLE : 0U;
    out.idle_ms = idle ? static_cast<std::uint64_t>(idle->count()) : 0U;
    return true;
  }
  out.given = OPENL2TP_PPP_COUNTED_PACKETS | OPENL2TP_PPP_COUNTED_IDLE;
  out.received_packets = received_packets_;
  out.received_octets = received_octets_;
  out.received_errors = received_errors_ + link_.counters().malformed;
  out.sent_packets = sent_packets_;
  out.sent_octets = sent_octets_;
  out.sent_errors = sent_errors_;
  out.idle_ms = static_cast<std::uint64_t>((shard_.now() - last_data_).count());
  return true;
}

// ---- what the link wants

void Session::settle() {
  if (std::exchange(settling_, true)) return; // an answer from inside: the loop below sees what it caused
  for (;;) {
    link_.take_actions(shard_.batch);
    if (shard_.batch.actions.empty()) break;
    send_frames();
    for (const ppp::Action& action : shard_.batch.actions)
      handle(action);
  }
  shard_.batch.clear();
  settling_ = false;
  tell_phase();
  wake();
}

void Session::wake() {
  shard_.wait_until(*this, finished_ ? ppp::never : std::min(link_.next_deadline(), wait_until_));
}

void Session::send_frames() {
  if (path_->carries_link()) {
    for (const ppp::Action& action : shard_.batch.actions)
      if (const auto* send = std::get_if<ppp::SendFrame>(&action))
        path_->send(shard_.batch.octets(send->octets).subspan(send->protocol_at));
    return;
  }
  auto& frames = shard_.frames;
  frames.clear();
  for (const ppp::Action& action : shard_.batch.actions)
    if (const auto* send = std::get_if<ppp::SendFrame>(&action)) {
      const ppp::Octets octets = shard_.batch.octets(send->octets);
      frames.push_back({.token = token_,
                        .octets = reinterpret_cast<const std::uint8_t*>(octets.data()),
                        .length = static_cast<std::uint32_t>(octets.size()),
                        .flags = flags_of(octets, send->protocol_at)});
    }
  // One that is not taken is lost, as on any line: timers send it again.
  if (!frames.empty()) (void)shard_.host().ops().ppp_send(shard_.host().get(), frames.data(), frames.size());
}

void Session::handle(const ppp::Action& action) {
  if (std::holds_alternative<ppp::LinkUp>(action)) {
    const ppp::LinkFacts facts = link_.facts();
    trace(facts.proxied ? "LCP is open, as the LAC negotiated it" : "LCP is open");
    (void)shard_.host().ops().ppp_accm(shard_.host().get(), token_, facts.peer_accm, facts.accm);
  } else if (std::holds_alternative<ppp::LinkDown>(action)) {
    trace("LCP is down");
  } else if (const auto* up = std::get_if<ppp::NetworkUp>(&action)) {
    handle_network(up->network, true);
  } else if (const auto* down = std::get_if<ppp::NetworkDown>(&action)) {
    handle_network(down->network, false);
  } else if (const auto* verdict = std::get_if<ppp::NeedVerdict>(&action)) {
    ask_verdict(*verdict);
  } else if (const auto* secret = std::get_if<ppp::NeedSecret>(&action)) {
    ask_secret(*secret);
  } else if (std::holds_alternative<ppp::NeedAddress>(action)) {
    ask_address();
  } else if (std::holds_alternative<ppp::NeedIdle>(action)) {
    link_.answer_idle(path_->idle().value_or(shard_.now() - last_data_), shard_.now());
  } else if (const auto* end = std::get_if<ppp::Finished>(&action)) {
    trace(std::string("ended: ").append(name(end->reason)));
    explain(end->reason);
    finished_ = true;
    take_all_down();
    (void)shard_.host().ppp_down(token_, cdn_result(end->reason), fault_.empty() ? name(end->reason) : fault_);
  }
}

void Session::handle_network(ppp::Network network, bool up) {
  const bool v4 = network == ppp::Network::ipv4;
  carries(network) = false;
  if (!up) {
    trace(v4 ? "IPCP is down" : "IPV6CP is down");
    run_down_script(network);
    path_->down(network);
    if (v4 && awaited_ == Awaited::for_network) {
      awaited_ = Awaited::nothing;
      wait_until_ = ppp::never;
    }
    if (v4 && !pooled_) let_address_go();
    return;
  }
  const ppp::LinkFacts facts = link_.facts();
  if (v4)
    trace("IPCP is open: we are " + facts.local_address.text() + ", the peer is " + facts.peer_address.text());
  else
    trace("IPV6CP is open");
  bring_up(network);
}

std::string Session::unusable(ppp::Network network, const ppp::LinkFacts& facts) const {
  constexpr std::string_view itself = ": the tunnel would carry itself";
  if (network == ppp::Network::ipv6)
    return tunnel_.peer_id != 0 && facts.peer_interface_id == tunnel_.peer_id
               ? std::string("the peer's IPv6 address is its end of the tunnel").append(itself)
               : std::string();
  const ppp::Ipv4 local = facts.local_address, peer = facts.peer_address;
  if (!local.empty() && local == tunnel_.peer)
    return "our address " + local.text() + " would be the peer's end of the tunnel: the tunnel would not reach it";
  if (peer.empty()) return lns_ ? "the peer has taken no address" : std::string();
  if (peer == tunnel_.peer)
    return "the peer's address " + peer.text() + " is its end of the tunnel" + std::string(itself);
  if (lns_ && peer == tunnel_.local) return "the peer's address " + peer.text() + " is our end of the tunnel";
  if (peer == local) return "both ends would have the address " + peer.text();
  return {};
}

void Session::bring_up(ppp::Network network) {
  const bool v4 = network == ppp::Network::ipv4;
  const ppp::LinkFacts facts = link_.facts();
  if (const std::string fault = unusable(network, facts); !fault.empty()) return fail_network(network, fault);
  if (v4 && !hold_address(facts.peer_address)) return;
  const std::string fault = path_->up({.network = network,
                                       .local_address = facts.local_address,
                                       .peer_address = facts.peer_address,
                                       .local_interface_id = facts.local_interface_id,
                                       .peer_interface_id = facts.peer_interface_id,
                                       .mtu = facts.mtu,
                                       .mru = facts.mru,
                                       .endpoint = tunnel_.peer,
                                       .default_route = terms_->default_route,
                                       .proxy_arp = terms_->proxy_arp,
                                       .address = v4 ? address_ : nullptr});
  if (!fault.empty()) fail_network(network, fault);
}

void Session::ask_verdict(const ppp::NeedVerdict& question) {
  // The files may have to be read first: a copy of the question waits.
  struct Kept {
    ppp::NeedVerdict question;
    ppp::ActionBatch octets;
  };
  auto kept = std::make_shared<Kept>();
  kept->question = question;
  for (ppp::Extent ppp::NeedVerdict::* part :
       {&ppp::NeedVerdict::user, &ppp::NeedVerdict::challenge, &ppp::NeedVerdict::response})
    kept->question.*part = kept->octets.store(shard_.batch.octets(question.*part));
  shard_.secrets().when_fresh([&shard = shard_, token = token_, kept] {
    Session* session = shard.find(token);
    if (session == nullptr || session->finished_) return;
    const auto request = ppp::verdict_request(kept->question, kept->octets, session->terms_->link.local_name);
    shard.secrets()
        .authority(request.method)
        .judge(request,
               [&shard, token, number = kept->question.request, method = request.method](const ppp::Verdict& verdict) {
                 Session* judged = shard.find(token);
                 if (judged != nullptr && !judged->finished_) judged->handle_verdict(number, method, verdict);
               });
  });
}

void Session::handle_verdict(std::uint32_t request, ppp::AuthMethod method, const ppp::Verdict& verdict) {
  if (!verdict.accepted) {
    refusal_told_ = true;
    warn_of_user(link_.facts().user, std::string(name(verdict.refusal)), method);
  }
  link_.answer_verdict(request, verdict, shard_.now());
  settle();
}

void Session::warn_of_user(std::string_view user, const std::string& why, ppp::AuthMethod method) const {
  std::string line = session_name(tunnel_id_, session_id_);
  if (!user.empty()) line += " of user " + printable(user);
  line += ": " + why + " (";
  if (method != ppp::AuthMethod::none) line.append(name(method)).append(", ");
  shard_.host().warning(line + "peer " + peer_ + ")");
}

void Session::explain(ppp::EndReason reason) {
  switch (reason) {
  case ppp::EndReason::we_are_refused:
    fault_ = std::string(name(reason));
    if (const std::string_view words = link_.refusal(); !words.empty())
      fault_ += ": " + printable(words.substr(0, words_max));
    return warn_of_user(own_name(), fault_, link_.demanded_method());
  case ppp::EndReason::peer_not_genuine:
  case ppp::EndReason::we_refuse_auth:
    return warn_of_user(own_name(), std::string(name(reason)), link_.demanded_method());
  case ppp::EndReason::authentication_failed:
    if (refusal_told_) return;
    [[fallthrough]];
  case ppp::EndReason::peer_refuses_auth:
  case ppp::EndReason::authentication_timeout:
    return warn_of_user(link_.facts().user, std::string(name(reason)), ppp::AuthMethod::none);
  case ppp::EndReason::peer_terminated:
    if (link_.rejected_demand() == ppp::AuthMethod::none || reported_) return;
    return warn_of_user(own_name(), "the peer wants a proof, and there is no secret to give one",
                        link_.rejected_demand());
  case ppp::EndReason::none:
  case ppp::EndReason::local_close:
  case ppp::EndReason::peer_silent:
  case ppp::EndReason::echo_failure:
  case ppp::EndReason::not_converging:
  case ppp::EndReason::looped_back:
  case ppp::EndReason::protocol_rejected:
  case ppp::EndReason::no_network:
  case ppp::EndReason::no_address:
  case ppp::EndReason::establish_timeout:
  case ppp::EndReason::idle_timeout:
  case ppp::EndReason::connect_time:
  case ppp::EndReason::too_many_renegotiations: return;
  }
}

ppp::SecretRequest Session::secret_request(ppp::AuthMethod method, std::string_view server) const noexcept {
  const ppp::LinkSettings& link = terms_->link;
  return {.method = method, .user = own_name(), .server = server, .local_name = link.local_name, .called = link.called};
}

void Session::ask_secret(const ppp::NeedSecret& question) {
  if (!own_.secret.empty()) {
    ppp::Credentials given{.name = own_name(), .secret = own_.secret};
    link_.answer_secret(question.request, given, shard_.now());
    explicit_bzero(given.secret.data(), given.secret.size());
    return;
  }
  std::string server(ppp::as_text(shard_.batch.octets(question.server)));
  shard_.secrets().when_fresh(
      [&shard = shard_, token = token_, request = question.request, method = question.method, server] {
        Session* session = shard.find(token);
        if (session == nullptr || session->finished_) return;
        auto found = shard.secrets().authority(method).credentials(session->secret_request(method, server));
        session->link_.answer_secret(request, found, shard.now());
        if (found) explicit_bzero(found->secret.data(), found->secret.size());
        session->settle();
      });
}

// ---- the caller's address

void Session::ask_address() {
  shard_.when_configuration_fresh([&shard = shard_, token = token_] {
    Session* session = shard.find(token);
    if (session == nullptr || session->finished_) return;
    session->take_address();
    session->settle();
  });
}

Pools::Caller Session::caller() const { return {std::string(link_.facts().user), shard_.door(), token_}; }

void Session::take_address() {
  const std::string_view user = link_.facts().user;
  Pools::Answer answer = shard_.pools().take(terms_->pool, caller());
  if (answer.wait) {
    awaited_ = Awaited::from_pool;
    return wait_for_address();
  }
  if (!answer.fault.empty()) {
    fault_ = answer.fault;
    warn((user.empty() ? "a caller" : "user " + printable(user)) + " has no address: " + fault_);
    link_.answer_address(std::nullopt, shard_.now());
    return;
  }
  keep_address(std::move(answer.holding));
  pooled_ = true;
  shard_.leases_writer().handle_taken();
  trace("pool " + terms_->pool + " has " + address_->address().text() + " for the peer");
  link_.answer_address(address_->address(), shard_.now());
}

bool Session::hold_address(ppp::Ipv4 address) {
  if (!lns_ || address.empty() || (address_ != nullptr && address_->address() == address)) return true;
  if (auto left = left_address_.lock(); left != nullptr && left->address() == address) { // ours, up again so soon
    left->set_leaving(false);
    address_ = std::move(left);
    return true;
  }
  Pools::Answer answer = shard_.pools().hold(address, caller(), terms_->replace);
  if (answer.wait) {
    awaited_ = Awaited::for_network;
    wait_for_address();
    return false;
  }
  if (!answer.fault.empty()) {
    fail_network(ppp::Network::ipv4, answer.fault);
    return false;
  }
  let_address_go();
  keep_address(std::move(answer.holding));
  pooled_ = false;
  return true;
}

/// Mostly a few milliseconds, until the kernel has taken away what a session had that is over.
void Session::wait_for_address() {
  trace("waits for its address, which another session is giving back");
  wait_until_ = shard_.now() + address_wait;
  wake();
}

void Session::keep_address(Pools::Holding&& holding) {
  address_ = std::make_shared<Pools::Holding>(std::move(holding));
}

void Session::let_address_go() noexcept {
  if (address_ == nullptr) return;
  address_->set_leaving(true);
  left_address_ = address_;
  address_.reset();
}

// ---- scripts

void Session::run_up_script(ppp::Network network, std::string_view interface_name) {
  if (scripts_ == nullptr || scripts_->of(network)) return;
  const ppp::LinkFacts link = link_.facts();
  const bool v4 = network == ppp::Network::ipv4;
  ScriptNotes::Up up{.interface_name = std::string(interface_name),
                     .local = v4 ? link.local_address.text() : link_local(link.local_interface_id),
                     .peer = v4 ? link.peer_address.text() : link_local(link.peer_interface_id),
                     .user = std::string(link.user),
                     .since = shard_.now()};
  run_script(v4 ? ScriptKind::ip_up : ScriptKind::ipv6_up, up, up.since);
  scripts_->of(network) = std::move(up);
}

void Session::run_down_script(ppp::Network network) {
  if (scripts_ == nullptr || !scripts_->of(network)) return;
  const ScriptNotes::Up up = *std::exchange(scripts_->of(network), std::nullopt);
  run_script(network == ppp::Network::ipv4 ? ScriptKind::ip_down : ScriptKind::ipv6_down, up, shard_.now());
}

void Session::run_script(ScriptKind kind, const ScriptNotes::Up& up, ppp::TimePoint now) {
  const std::string path = shard_.options()->script(kind);
  if (path.empty()) return;
  ScriptFacts facts{.interface_name = up.interface_name,
                    .tty = scripts_->tty,
                    .user = up.user,
                    .ipparam = scripts_->ipparam,
                    .local = up.local,
                    .peer = up.peer,
                    .speed = scripts_->speed};
  facts.connected_s = static_cast<std::uint64_t>((now - up.since).count()) / 1'000;
  if (!path_->carries_link()) { // else the kernel has counted
    facts.sent_octets = sent_octets_;
    facts.received_octets = received_octets_;
  }
  for (const ppp::Ipv4 server : link_.facts().dns)
    if (!server.empty()) facts.dns.push_back(server.text());
  shard_.scripts().run(token_, make_run(kind, path, facts));
}

// ---- what the data path says

void Session::handle_path_up(ppp::Network network, std::string_view interface_name) {
  if (finished_ || !link_.up(network)) return;
  carries(network) = true;
  report_up(interface_name);
  run_up_script(network, interface_name);
}

void Session::handle_path_failed(ppp::Network network, const std::string& fault) {
  if (finished_) return;
  carries(network) = false;
  run_down_script(network);
  fail_network(network, fault);
  settle();
}

/// A host may have switched IPv6 off; a call without its IPv4 is of no use.
void Session::fail_network(ppp::Network network, const std::string& fault) {
  warn(fault);
  if (network == ppp::Network::ipv6 && terms_->link.ipv4) return;
  fault_ = fault;
  link_.close(ppp::EndReason::no_address, shard_.now());
}

ppp::FrameHeader Session::handle_outgoing(ppp::Network network, std::size_t size) {
  if (!link_.up(network) || size > link_.facts().mtu) {
    ++sent_errors_;
    return {};
  }
  ++sent_packets_;
  sent_octets_ += size;
  last_data_ = shard_.now();
  link_.note_sent(last_data_);
  return link_.data_header(network);
}

void Session::handle_link_ready() {
  if (!finished_) begin();
}

void Session::handle_link_frame(ppp::Octets octets) {
  if (!finished_) frame({reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size()});
}

/// Nobody is left to say goodbye to.
void Session::handle_link_lost(const std::string& fault) {
  if (finished_) return;
  shard_.host().warning("session " + std::to_string(tunnel_id_) + "/" + std::to_string(session_id_) + ": " + fault);
  constexpr std::uint16_t lost_carrier = 1, no_facilities = 4;
  finished_ = true;
  let_address_go();
  shard_.wait_until(*this, ppp::never);
  (void)shard_.host().ppp_down(token_, reported_ ? lost_carrier : no_facilities, fault);
}

void Session::report_up(std::string_view interface_name) {
  const ppp::LinkFacts link = link_.facts();
  // Who proved who it is: the peer to us; else we to the peer.
  const bool peer_proved = link.peer_method != ppp::AuthMethod::none;
  const std::string_view user = peer_proved ? link.user : std::string_view(own_name());
  const ppp::AuthMethod method = peer_proved ? link.peer_method : link.own_method;
  const std::string_view how = name(method);
  openl2tp_ppp_facts facts{};
  facts.struct_size = sizeof facts;
  facts.given = OPENL2TP_PPP_KNOWN_INTERFACE | OPENL2TP_PPP_KNOWN_MTU;
  facts.interface_name = interface_name.data();
  facts.interface_name_length = interface_name.size();
  if (method != ppp::AuthMethod::none) {
    facts.given |= OPENL2TP_PPP_KNOWN_USER | OPENL2TP_PPP_KNOWN_AUTH;
    facts.user_name = user.data();
    facts.user_name_length = user.size();
    facts.auth_method = how.data();
    facts.auth_method_length = how.size();
  }
  // Only what packets can use: the other network may still be on its way to the interface, or fail there.
  if (carries_ipv4_) {
    told_ipv4_ = true;
    facts.given |= OPENL2TP_PPP_KNOWN_IPV4;
    put(facts.local_ipv4, link.local_address);
    put(facts.peer_ipv4, link.peer_address);
  }
  if (carries_ipv6_) {
    facts.given |= OPENL2TP_PPP_KNOWN_IPV6;
    put(facts.local_ipv6, link.local_interface_id);
    put(facts.peer_ipv6, link.peer_interface_id);
  }
  facts.mtu = link.mtu;
  facts.mru = link.mru;
  if (const auto unit = path_->unit()) {
    facts.given |= OPENL2TP_PPP_KNOWN_UNIT;
    facts.unit = *unit;
  }
  trace(std::string("up on ").append(interface_name));
  if (!std::exchange(reported_, true)) {
    (void)shard_.host().ppp_up(token_, &facts);
    told_phase_ = OPENL2TP_PPP_PHASE_UP; // it says so by itself
  } else {
    (void)shard_.host().ppp_update(token_, facts);
    tell_phase();
  }
}

/// For those who look at the session. One up that negotiates anew says so, too.
void Session::tell_phase() {
  // Up again only when packets pass again. A host may be without IPv6 where there is IPv4.
  const bool ipv4 = told_ipv4_ || link_.up(ppp::Network::ipv4);
  const bool carries = ipv4 ? carries_ipv4_ : carries_ipv6_;
  const std::uint32_t phase = phase_of(link_, reported_ && carries);
  if (phase == told_phase_ || finished_ || shard_.host().ops().abi_minor < 1) return;
  told_phase_ = phase;
  openl2tp_ppp_facts facts{};
  facts.struct_size = sizeof facts;
  facts.given = OPENL2TP_PPP_KNOWN_PHASE;
  facts.phase = phase;
  (void)shard_.host().ppp_update(token_, facts);
}

void Session::warn(const std::string& what) const {
  shard_.host().warning(session_name(tunnel_id_, session_id_) + ": " + what);
}

void Session::trace(std::string_view what) const {
  if (shard_.host().traces(token_, OPENL2TP_TRACE_PPP)) shard_.host().trace(token_, OPENL2TP_TRACE_PPP, what);
}

} // namespace openl2tp::ppp_kernel
