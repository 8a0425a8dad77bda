#include "plugins/ppp_unix/session.hpp"
#include "plugins/descriptors.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

#include "plugins/ppp_profile/profile_rules.hpp"
#include "plugins/ppp_unix/arguments.hpp"
#include "plugins/ppp_unix/shard.hpp"

namespace openl2tp::ppp_unix {

namespace {

// pppd says a handful in its life; more than this at once is not our pppd.
constexpr int reports_at_once_max = 64;

std::string_view view(const char* text, std::size_t length) {
  return text == nullptr ? std::string_view{} : std::string_view(text, length);
}

std::vector<const char*> pointers(const std::vector<std::string>& words) {
  std::vector<const char*> out;
  out.reserve(words.size() + 1);
  for (const std::string& word : words)
    out.push_back(word.c_str());
  out.push_back(nullptr);
  return out;
}

} // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

Session::Session(Shard& shard, openl2tp_session_token token, const openl2tp_ppp_params& params)
    : shard_(shard), token_(token), tunnel_id_(params.tunnel_id), session_id_(params.session_id),
      lns_((params.flags & OPENL2TP_PPP_LNS) != 0), unit_(shard.units().take(shard.host().now_ms())),
      tunnel_peer_(view(params.peer_address, params.peer_address_length)) {}

Session::~Session() {
  const Host& host = shard_.host();
  stop_watching();
  if (timer_ != nullptr) host.ops->timer_free(timer_);
  if (child_ != nullptr) host.ops->child_leave(child_, Shard::grace_ms);
  shard_.units().give_back(unit_, host.now_ms() + Shard::unit_rest_ms);
}

// ---- starting

openl2tp_status Session::open(const openl2tp_ppp_params& params) {
  const Host& host = shard_.host();
  const auto on_timer = [](void* self) { static_cast<Session*>(self)->handle_late(); };
  if (const auto status = host.ops->timer_make(host.loop, &timer_, on_timer, this); status != OPENL2TP_OK)
    return status;
  Descriptor theirs;
  if (const auto status = make_sockets(params, theirs); status != OPENL2TP_OK) return status;
  if (const auto status = start_pppd(params, theirs); status != OPENL2TP_OK) return status;
  host.ops->timer_arm(timer_, shard_.settings().setup_limit_ms);
  return OPENL2TP_OK;
}

openl2tp_status Session::make_sockets(const openl2tp_ppp_params& params, Descriptor& theirs) {
  std::array<int, 2> pair{-1, -1};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair.data()) < 0) {
    log(OPENL2TP_LOG_ERROR, "no socket for pppd: " + plugins::error_text(errno));
    return OPENL2TP_E_FAILED;
  }
  socket_ = Descriptor(pair[0]);
  theirs = Descriptor(pair[1]);
  if (plugins::is_reserved(std::max(pair[0], pair[1]))) {
    log(OPENL2TP_LOG_ERROR, "no socket for pppd: " + plugins::error_text(EMFILE));
    return OPENL2TP_E_FAILED;
  }
  const Credentials credentials(view(params.user_name, params.user_name_length),
                                view(params.user_password, params.user_password_length));
  const auto message = credentials.message();
  if (send(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(message.size())) {
    log(OPENL2TP_LOG_ERROR, std::string("no message to pppd: ") + std::strerror(errno));
    return OPENL2TP_E_FAILED;
  }
  const Host& host = shard_.host();
  const auto on_ready = [](void* self, std::uint32_t events) {
    auto& session = *static_cast<Session*>(self);
    if ((events & OPENL2TP_WATCH_ERROR) != 0)
      session.stop_watching();
    else
      session.handle_reports();
  };
  const auto status = host.ops->watch_start(host.loop, &watch_, socket_.get(), OPENL2TP_WATCH_READ, on_ready, this);
  if (status != OPENL2TP_OK) {
    watch_ = nullptr;
    log(OPENL2TP_LOG_ERROR, "the socket of pppd cannot be watched");
  }
  return status;
}

openl2tp_status Session::start_pppd(const openl2tp_ppp_params& params, const Descriptor& theirs) {
  const Host& host = shard_.host();
  // Scripts that pppd runs get an environment of pppd's own making; this one is for pppd and its plugins.
  static constexpr std::array<const char*, 2> environment{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", nullptr};
  const auto words = pppd_arguments(params, {.pppd_plugin = shard_.settings().pppd_plugin, .unit = unit_});
  const auto arguments = pointers(words);
  const std::array<openl2tp_child_fd, 2> fds{{
      {theirs.get(), OPENL2TP_PPPD_REPORT_FD},
      {params.session_fd, OPENL2TP_PPPD_SESSION_FD},
  }};
  openl2tp_spawn_params asked{};
  asked.struct_size = sizeof(asked);
  asked.path = shard_.settings().pppd.c_str();
  asked.arguments = arguments.data();
  asked.environment = environment.data();
  asked.fds = fds.data();
  asked.fd_count = fds.size();
  const auto on_exit = [](void* self, std::int32_t status) { static_cast<Session*>(self)->handle_exit(status); };
  const auto status = host.ops->spawn(host.loop, &child_, &asked, on_exit, this);
  if (status != OPENL2TP_OK) {
    child_ = nullptr;
    log(OPENL2TP_LOG_WARNING,
        status == OPENL2TP_E_BUSY ? "too many programs are being started" : "pppd was not started");
    return status;
  }
  if (host.traces(token_)) {
    std::string line = "starts";
    for (const std::string& word : words)
      line.append(" ").append(word);
    host.trace(token_, line);
  }
  return OPENL2TP_OK;
}

// ---- what happens to it

Step Session::advance(Event event) {
  const Row row = transition(state_, event);
  if (row.to != state_) trace(std::string(name_of(state_)).append(" -> ").append(name_of(row.to)));
  state_ = row.to;
  return row.step;
}

void Session::handle_reports() {
  std::array<std::byte, sizeof(Report) + 1> buffer;
  for (int count = 0; count < reports_at_once_max; ++count) {
    const ssize_t length = recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (length <= 0) { // pppd has closed it: its exit status comes soon, and says more
      stop_watching();
      return;
    }
    const auto report = decode_report(std::span(buffer).first(static_cast<std::size_t>(length)));
    if (!report) {
      log(OPENL2TP_LOG_ERROR, "pppd sent a message that this version does not know");
      break;
    }
    handle_report(*report);
  }
  stop_watching();
  end(Event::broken, {Result::general_error, "PPP reports nonsense"});
}

void Session::handle_report(const Report& report) {
  const Host& host = shard_.host();
  if (host.traces(token_)) host.trace(token_, describe(report));
  switch (report.header.type) {
  case OPENL2TP_PPPD_LINK_UP:
    if ((report.given & OPENL2TP_PPPD_GIVEN_ACCM) != 0 && state_ != State::ended)
      (void)host.ops->ppp_accm(host.handle, token_, report.send_accm, report.receive_accm);
    break;
  case OPENL2TP_PPPD_IPV4_UP:
  case OPENL2TP_PPPD_IPV6_UP: handle_network_up(report); break;
  default: break; // a protocol that went down comes back, or pppd ends
  }
}

void Session::handle_network_up(const Report& report) {
  const Host& host = shard_.host();
  if ((report.given & OPENL2TP_PPPD_GIVEN_IPV4) != 0 && ppp_profile::is_address(report.peer_ipv4, tunnel_peer_)) {
    const std::string why =
        "the peer's address " + tunnel_peer_ + " is its end of the tunnel: the tunnel would carry itself";
    log(OPENL2TP_LOG_WARNING, why);
    return end(Event::broken, {Result::general_error, why});
  }
  const openl2tp_ppp_facts facts = facts_of(report);
  const Step step = advance(Event::network_up);
  if (step == Step::report_up) {
    host.ops->timer_cancel(timer_);
    (void)host.ops->ppp_up(host.handle, token_, &facts);
  } else if (step == Step::update_facts) {
    (void)host.ops->ppp_update(host.handle, token_, &facts);
  }
}

void Session::handle_exit(std::int32_t status) {
  child_ = nullptr;
  // What it said last may still be unread, and is older than its end.
  if (watch_ != nullptr) handle_reports();
  stop_watching();
  const Ending ending = ending_of(status);
  if (status < 0)
    log(OPENL2TP_LOG_ERROR, shard_.settings().pppd + ": " + plugins::error_text(-status));
  else if (status > 256 || (status >= 1 && status <= 4))
    log(OPENL2TP_LOG_WARNING, ending.reason);
  trace("pppd has ended: " + ending.reason);
  end(Event::process_ended, ending);
}

void Session::handle_late() {
  // Of the two ends, "the time allotted by LAC" is the LAC's to speak of.
  end(Event::out_of_time, {lns_ ? Result::general_error : Result::not_in_time, "PPP was not up in time"});
}

void Session::end(Event event, const Ending& ending) {
  if (advance(event) != Step::report_down) return;
  const Host& host = shard_.host();
  host.ops->timer_cancel(timer_);
  (void)host.ops->ppp_down(host.handle, token_, static_cast<std::uint16_t>(ending.result), ending.error_code(),
                           ending.reason.data(), ending.reason.size());
}

void Session::stop_watching() {
  if (watch_ == nullptr) return;
  shard_.host().ops->watch_stop(std::exchange(watch_, nullptr), nullptr, nullptr);
  socket_ = Descriptor();
}

void Session::log(std::uint32_t level, std::string_view what) const {
  std::string line = "session " + std::to_string(tunnel_id_) + "/" + std::to_string(session_id_) + ": ";
  shard_.host().log(level, line.append(what));
}

void Session::trace(std::string_view what) const {
  if (shard_.host().traces(token_)) shard_.host().trace(token_, what);
}

} // namespace openl2tp::ppp_unix
