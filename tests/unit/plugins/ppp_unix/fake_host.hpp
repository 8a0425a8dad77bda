// A daemon for the tests of ppp_unix: it records what the plugin asks for, and lets a test be the clock, the kernel and
// pppd.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

#include <openl2tp/plugin.h>

#include "plugins/ppp_unix/report.h"

namespace openl2tp::ppp_unix::test {

/// A program that the plugin started, and the test's end of its socket.
struct Child {
  std::string path;
  std::vector<std::string> arguments, environment;
  int report_fd = -1; // the child's end: a test speaks as pppd through it
  int session_fd = -1;
  bool left = false; // child_leave was called
  std::uint32_t grace_ms = 0;
  void (*on_exit)(void*, std::int32_t) = nullptr;
  void* user = nullptr;

  ~Child() {
    if (report_fd >= 0) close(report_fd);
    if (session_fd >= 0) close(session_fd);
  }
};

struct Timer {
  void (*call)(void*) = nullptr;
  void* user = nullptr;
  std::uint64_t due_ms = 0; // 0: not armed
  bool freed = false;
};

struct Watch {
  void (*call)(void*, std::uint32_t) = nullptr;
  void* user = nullptr;
  int fd = -1;
  bool stopped = false;
};

struct Up {
  openl2tp_session_token token;
  openl2tp_ppp_facts facts;
  std::string interface_name, user, auth;
};

struct Down {
  openl2tp_session_token token;
  std::uint16_t result, error;
  std::string reason;
  bool operator==(const Down&) const = default;
};

struct Accm {
  openl2tp_session_token token;
  std::uint32_t send, receive;
  bool operator==(const Accm&) const = default;
};

class FakeHost {
 public:
  std::uint64_t now = 1'000;
  openl2tp_status spawn_answer = OPENL2TP_OK, watch_answer = OPENL2TP_OK, timer_answer = OPENL2TP_OK;
  std::uint32_t trace_mask = 0;

  std::vector<std::unique_ptr<Child>> children;
  std::vector<std::unique_ptr<Timer>> timers;
  std::vector<std::unique_ptr<Watch>> watches;
  std::vector<Up> ups, updates;
  std::vector<Down> downs;
  std::vector<Accm> accms;
  std::vector<std::string> lines, traces;

  openl2tp_host* handle() { return reinterpret_cast<openl2tp_host*>(this); }
  openl2tp_loop* loop() { return reinterpret_cast<openl2tp_loop*>(this); }
  [[nodiscard]] static const openl2tp_host_ops* ops() { return &table; }

  /// Tells the plugin's watches what can be read.
  void run_watches() {
    for (std::size_t i = 0; i < watches.size(); ++i)
      if (Watch& watch = *watches[i]; !watch.stopped) watch.call(watch.user, OPENL2TP_WATCH_READ);
  }

  /// Lets time pass; timers fire.
  void pass(std::uint64_t ms) {
    now += ms;
    for (std::size_t i = 0; i < timers.size(); ++i)
      if (Timer& timer = *timers[i]; !timer.freed && timer.due_ms != 0 && timer.due_ms <= now) {
        timer.due_ms = 0;
        timer.call(timer.user);
      }
  }

  /// Child `index` ends, as the host reports it.
  void end_child(std::size_t index, std::int32_t status) {
    Child& child = *children.at(index);
    child.on_exit(child.user, status);
  }

  /// pppd of child `index` says `octets`, and the plugin hears it.
  void say(std::size_t index, const void* octets, std::size_t length) {
    ASSERT_SENT(send(children.at(index)->report_fd, octets, length, MSG_NOSIGNAL), length);
    run_watches();
  }
  void say(std::size_t index, const openl2tp_pppd_report& report) { say(index, &report, sizeof(report)); }

  [[nodiscard]] bool logged(std::string_view part) const {
    for (const std::string& line : lines)
      if (line.find(part) != std::string::npos) return true;
    return false;
  }

  [[nodiscard]] std::size_t timers_left() const {
    std::size_t count = 0;
    for (const auto& timer : timers)
      count += timer->freed ? 0 : 1;
    return count;
  }
  [[nodiscard]] std::size_t watches_left() const {
    std::size_t count = 0;
    for (const auto& watch : watches)
      count += watch->stopped ? 0 : 1;
    return count;
  }

 private:
  static void ASSERT_SENT(ssize_t sent, std::size_t length) {
    if (sent != static_cast<ssize_t>(length)) std::abort();
  }
  static FakeHost& of(void* pointer) { return *static_cast<FakeHost*>(pointer); }
  static std::string text(const char* octets, std::size_t length) {
    return octets == nullptr ? std::string() : std::string(octets, length);
  }

  static void log(openl2tp_host* host, std::uint32_t, const char* octets, std::size_t length) {
    of(host).lines.push_back(text(octets, length));
  }
  static std::uint64_t now_ms(openl2tp_host* host) { return of(host).now; }

  static openl2tp_status timer_make(openl2tp_loop* loop, openl2tp_timer** out, void (*call)(void*), void* user) {
    FakeHost& self = of(loop);
    if (self.timer_answer != OPENL2TP_OK) return self.timer_answer;
    self.timers.push_back(std::make_unique<Timer>(Timer{call, user}));
    *out = reinterpret_cast<openl2tp_timer*>(new std::pair<FakeHost*, std::size_t>(&self, self.timers.size() - 1));
    return OPENL2TP_OK;
  }
  static std::pair<FakeHost*, std::size_t>* timer_of(openl2tp_timer* timer) {
    return reinterpret_cast<std::pair<FakeHost*, std::size_t>*>(timer);
  }
  static Timer& entry(openl2tp_timer* timer) { return *timer_of(timer)->first->timers[timer_of(timer)->second]; }
  static void timer_arm(openl2tp_timer* timer, std::uint64_t after_ms) {
    entry(timer).due_ms = timer_of(timer)->first->now + after_ms;
  }
  static void timer_cancel(openl2tp_timer* timer) { entry(timer).due_ms = 0; }
  static void timer_free(openl2tp_timer* timer) {
    entry(timer).freed = true;
    delete timer_of(timer);
  }

  static openl2tp_status watch_start(openl2tp_loop* loop, openl2tp_watch** out, std::int32_t fd, std::uint32_t,
                                     void (*call)(void*, std::uint32_t), void* user) {
    FakeHost& self = of(loop);
    if (self.watch_answer != OPENL2TP_OK) return self.watch_answer;
    self.watches.push_back(std::make_unique<Watch>(Watch{call, user, fd}));
    *out = reinterpret_cast<openl2tp_watch*>(self.watches.back().get());
    return OPENL2TP_OK;
  }
  static void watch_stop(openl2tp_watch* watch, void (*stopped)(void*), void* user) {
    reinterpret_cast<Watch*>(watch)->stopped = true;
    if (stopped != nullptr) stopped(user);
  }

  static openl2tp_status spawn(openl2tp_loop* loop, openl2tp_child** out, const openl2tp_spawn_params* params,
                               void (*on_exit)(void*, std::int32_t), void* user) {
    FakeHost& self = of(loop);
    if (self.spawn_answer != OPENL2TP_OK) return self.spawn_answer;
    auto child = std::make_unique<Child>();
    child->path = params->path;
    for (const char* const* word = params->arguments; *word != nullptr; ++word)
      child->arguments.emplace_back(*word);
    for (const char* const* word = params->environment; *word != nullptr; ++word)
      child->environment.emplace_back(*word);
    for (std::size_t i = 0; i < params->fd_count; ++i) {
      if (params->fds[i].to == OPENL2TP_PPPD_REPORT_FD) child->report_fd = dup(params->fds[i].from);
      if (params->fds[i].to == OPENL2TP_PPPD_SESSION_FD) child->session_fd = dup(params->fds[i].from);
    }
    child->on_exit = on_exit;
    child->user = user;
    *out = reinterpret_cast<openl2tp_child*>(child.get());
    self.children.push_back(std::move(child));
    return OPENL2TP_OK;
  }
  static void child_leave(openl2tp_child* child, std::uint32_t grace_ms) {
    reinterpret_cast<Child*>(child)->left = true;
    reinterpret_cast<Child*>(child)->grace_ms = grace_ms;
  }

  static Up copy(openl2tp_session_token token, const openl2tp_ppp_facts* facts) {
    return {token, *facts, text(facts->interface_name, facts->interface_name_length),
            text(facts->user_name, facts->user_name_length), text(facts->auth_method, facts->auth_method_length)};
  }
  static openl2tp_status ppp_up(openl2tp_host* host, openl2tp_session_token token, const openl2tp_ppp_facts* facts) {
    of(host).ups.push_back(copy(token, facts));
    return OPENL2TP_OK;
  }
  static openl2tp_status ppp_update(openl2tp_host* host, openl2tp_session_token token,
                                    const openl2tp_ppp_facts* facts) {
    of(host).updates.push_back(copy(token, facts));
    return OPENL2TP_OK;
  }
  static openl2tp_status ppp_down(openl2tp_host* host, openl2tp_session_token token, std::uint16_t result,
                                  std::uint16_t error, const char* reason, std::size_t length) {
    of(host).downs.push_back({token, result, error, text(reason, length)});
    return OPENL2TP_OK;
  }
  static openl2tp_status ppp_accm(openl2tp_host* host, openl2tp_session_token token, std::uint32_t send_accm,
                                  std::uint32_t receive_accm) {
    of(host).accms.push_back({token, send_accm, receive_accm});
    return OPENL2TP_OK;
  }
  static std::uint32_t session_trace_mask(openl2tp_host* host, openl2tp_session_token) { return of(host).trace_mask; }
  static void session_trace(openl2tp_host* host, openl2tp_session_token, std::uint32_t, const char* octets,
                            std::size_t length) {
    of(host).traces.push_back(text(octets, length));
  }

  static const openl2tp_host_ops table;
};

// What the plugin never calls stays NULL: a call would crash the test.
inline const openl2tp_host_ops FakeHost::table = {
    .struct_size = sizeof(openl2tp_host_ops),
    .abi_major = OPENL2TP_ABI_MAJOR,
    .abi_minor = OPENL2TP_ABI_MINOR,
    .log = log,
    .now_ms = now_ms,
    .timer_make = timer_make,
    .timer_arm = timer_arm,
    .timer_cancel = timer_cancel,
    .timer_free = timer_free,
    .watch_start = watch_start,
    .watch_stop = watch_stop,
    .spawn = spawn,
    .child_leave = child_leave,
    .ppp_up = ppp_up,
    .ppp_update = ppp_update,
    .ppp_down = ppp_down,
    .ppp_accm = ppp_accm,
    .session_trace_mask = session_trace_mask,
    .session_trace = session_trace,
};

/// Parameters of a session with a profile in which nothing is set.
struct Parameters {
  openl2tp_ppp_profile profile{};
  openl2tp_ppp_params params{};

  Parameters() {
    profile.struct_size = sizeof(profile);
    params.struct_size = sizeof(params);
    params.profile = &profile;
    params.tunnel_id = 7;
    params.session_id = 9;
    params.data_path = OPENL2TP_DATA_PATH_KERNEL;
    params.session_fd = -1;
  }
  Parameters(const Parameters&) = delete;

  /// A text that lives as long as the program.
  static void put(const char*& octets, std::size_t& length, const char* text) {
    octets = text;
    length = std::strlen(text);
  }
};

/// A report of pppd as it should be.
inline openl2tp_pppd_report report_of(std::uint16_t type) {
  openl2tp_pppd_report report{};
  report.header = {OPENL2TP_PPPD_MAGIC, OPENL2TP_PPPD_VERSION, type};
  report.process = 4'711;
  return report;
}

} // namespace openl2tp::ppp_unix::test
