// A daemon and a kernel for the tests of ppp_kernel: two shards, whose sessions hear each other's frames, with devices
// that are socket pairs. A test is the clock; worker and posted calls run when it says so.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plugins/ppp_kernel/network.hpp"
#include "tests/unit/plugins/ppp_engine/support.hpp"

namespace openl2tp::ppp_kernel::test {

struct Timer {
  void (*call)(void*) = nullptr;
  void* user = nullptr;
  std::uint64_t due_ms = 0;
  bool armed = false, freed = false;
  std::uint64_t* now = nullptr;
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

struct Child {
  std::string path;
  std::vector<std::string> arguments, environment; // arguments: with the program's
  void (*on_exit)(void*, std::int32_t) = nullptr;
  void* user = nullptr;
  bool left = false;
  bool patient = false; // ignores TERM

  /// "VALUE" of "NAME=VALUE"; "-" without.
  [[nodiscard]] std::string variable(const std::string& name) const {
    for (const std::string& one : environment)
      if (one.starts_with(name + "=")) return one.substr(name.size() + 1);
    return "-";
  }
};

struct Down {
  openl2tp_session_token token;
  std::uint16_t result;
  std::string reason;
};

/// One loop: what it was asked for, and what is still to be run.
class FakeHost {
 public:
  /// `seed`: two ends of a link with one look like a loop.
  explicit FakeHost(std::uint64_t seed) : random(seed) {}

  ppp::testing_support::SeededRandom random;
  std::uint64_t now = 1'000;
  bool workers_busy = false;

  std::vector<std::unique_ptr<Timer>> timers;
  std::vector<std::unique_ptr<Watch>> watches;
  std::deque<std::pair<void (*)(void*), void*>> calls;                           // posted, and ends of work
  std::deque<std::tuple<void (*)(void*), void (*)(void*), void*>> works;         // not begun
  std::deque<std::pair<openl2tp_session_token, std::vector<std::uint8_t>>> sent; // frames
  std::vector<std::unique_ptr<Child>> children;
  bool spawn_busy = false;
  std::vector<Up> ups;
  std::vector<Down> downs;
  std::vector<std::uint32_t> phases;                           // told on their own
  std::map<openl2tp_session_token, std::string> locals, peers; // addresses of IPv4, as last told in an up or update
  openl2tp_host_ops ops = table;                               // of this daemon
  std::vector<std::string> lines;

  [[nodiscard]] Host host() { return {reinterpret_cast<openl2tp_host*>(this), &ops}; }
  [[nodiscard]] openl2tp_loop* loop() { return reinterpret_cast<openl2tp_loop*>(this); }

  /// One turn of the loop, with the workers. @return whether anything was done
  bool turn() {
    bool any = false;
    for (auto posted = std::exchange(calls, {}); const auto& [call, user] : posted) {
      call(user);
      any = true;
    }
    for (auto begun = std::exchange(works, {}); const auto& [work, done, user] : begun) {
      work(user);
      calls.emplace_back(done, user);
      any = true;
    }
    return any;
  }
  /// Everything that can be read is told.
  void run_watches() {
    for (std::size_t i = 0; i < watches.size(); ++i)
      if (Watch& watch = *watches[i]; !watch.stopped) watch.call(watch.user, OPENL2TP_WATCH_READ);
  }
  void pass(std::uint64_t ms) {
    now += ms;
    for (std::size_t i = 0; i < timers.size(); ++i)
      if (Timer& timer = *timers[i]; !timer.freed && timer.armed && timer.due_ms <= now) {
        timer.armed = false;
        timer.call(timer.user);
      }
  }
  /// A child ends.
  void end(std::size_t child, std::int32_t status = 0) { children[child]->on_exit(children[child]->user, status); }
  [[nodiscard]] bool logged(std::string_view part) const {
    for (const std::string& line : lines)
      if (line.find(part) != std::string::npos) return true;
    return false;
  }

  void note(openl2tp_session_token token, const openl2tp_ppp_facts& facts) {
    if ((facts.given & OPENL2TP_PPP_KNOWN_IPV4) == 0) return; // what was told stays
    const auto text_of = [](const auto& octets) {
      return ppp::Ipv4::of(octets[0], octets[1], octets[2], octets[3]).text();
    };
    locals[token] = text_of(facts.local_ipv4);
    peers[token] = text_of(facts.peer_ipv4);
  }

 private:
  static FakeHost& of(void* pointer) { return *static_cast<FakeHost*>(pointer); }
  static std::vector<std::string> list(const char* const* texts) {
    std::vector<std::string> all;
    for (; texts != nullptr && *texts != nullptr; ++texts)
      all.emplace_back(*texts);
    return all;
  }
  static std::string text(const char* octets, std::size_t length) {
    return octets == nullptr ? std::string() : std::string(octets, length);
  }
  static const openl2tp_host_ops table;
};

// What the plugin never calls stays NULL: a call would crash the test.
inline const openl2tp_host_ops FakeHost::table = {
    .struct_size = sizeof(openl2tp_host_ops),
    .abi_major = OPENL2TP_ABI_MAJOR,
    .abi_minor = OPENL2TP_ABI_MINOR,
    .log = [](openl2tp_host* host, std::uint32_t, const char* octets,
              std::size_t length) { of(host).lines.push_back(text(octets, length)); },
    .now_ms = [](openl2tp_host* host) { return of(host).now; },
    .random = [](openl2tp_host* host, void* out,
                 std::size_t length) { of(host).random.fill(std::span(static_cast<std::byte*>(out), length)); },
    .run_on_shard =
        [](openl2tp_loop* loop, void (*call)(void*), void* user) {
          of(loop).calls.emplace_back(call, user);
          return OPENL2TP_OK;
        },
    .run_on_worker =
        [](openl2tp_loop* loop, void (*work)(void*), void (*done)(void*), void* user) {
          if (of(loop).workers_busy) return OPENL2TP_E_BUSY;
          of(loop).works.emplace_back(work, done, user);
          return OPENL2TP_OK;
        },
    .timer_make =
        [](openl2tp_loop* loop, openl2tp_timer** out, void (*call)(void*), void* user) {
          of(loop).timers.push_back(std::make_unique<Timer>(Timer{.call = call, .user = user, .now = &of(loop).now}));
          *out = reinterpret_cast<openl2tp_timer*>(of(loop).timers.back().get());
          return OPENL2TP_OK;
        },
    .timer_arm =
        [](openl2tp_timer* timer, std::uint64_t after_ms) {
          auto& mine = *reinterpret_cast<Timer*>(timer);
          mine.due_ms = *mine.now + after_ms;
          mine.armed = true;
        },
    .timer_cancel = [](openl2tp_timer* timer) { reinterpret_cast<Timer*>(timer)->armed = false; },
    .timer_free = [](openl2tp_timer* timer) { reinterpret_cast<Timer*>(timer)->freed = true; },
    .watch_start =
        [](openl2tp_loop* loop, openl2tp_watch** out, std::int32_t fd, std::uint32_t,
           void (*call)(void*, std::uint32_t), void* user) {
          of(loop).watches.push_back(std::make_unique<Watch>(Watch{call, user, fd}));
          *out = reinterpret_cast<openl2tp_watch*>(of(loop).watches.back().get());
          return OPENL2TP_OK;
        },
    .watch_stop =
        [](openl2tp_watch* watch, void (*stopped)(void*), void* user) {
          reinterpret_cast<Watch*>(watch)->stopped = true;
          if (stopped != nullptr) stopped(user);
        },
    .spawn =
        [](openl2tp_loop* loop, openl2tp_child** out, const openl2tp_spawn_params* params,
           void (*on_exit)(void*, std::int32_t), void* user) {
          if (of(loop).spawn_busy) return OPENL2TP_E_BUSY;
          of(loop).children.push_back(std::make_unique<Child>(
              Child{params->path, list(params->arguments), list(params->environment), on_exit, user}));
          Child& child = *of(loop).children.back();
          if (child.path == "/bin/sh" && child.arguments.size() > 3 &&
              child.arguments[2].starts_with("trap '' TERM;")) {
            child.patient = true; // and it runs the rest
            child.arguments.erase(child.arguments.begin(), child.arguments.begin() + 3);
            child.path = child.arguments[0];
          }
          *out = reinterpret_cast<openl2tp_child*>(of(loop).children.back().get());
          return OPENL2TP_OK;
        },
    .child_leave = [](openl2tp_child* child, std::uint32_t) { reinterpret_cast<Child*>(child)->left = true; },
    .ppp_up =
        [](openl2tp_host* host, openl2tp_session_token token, const openl2tp_ppp_facts* facts) {
          of(host).note(token, *facts);
          of(host).ups.push_back({token, *facts, text(facts->interface_name, facts->interface_name_length),
                                  text(facts->user_name, facts->user_name_length),
                                  text(facts->auth_method, facts->auth_method_length)});
          return OPENL2TP_OK;
        },
    .ppp_update =
        [](openl2tp_host* host, openl2tp_session_token token, const openl2tp_ppp_facts* facts) {
          of(host).note(token, *facts);
          if ((facts->given & OPENL2TP_PPP_KNOWN_PHASE) != 0) of(host).phases.push_back(facts->phase);
          return OPENL2TP_OK;
        },
    .ppp_down =
        [](openl2tp_host* host, openl2tp_session_token token, std::uint16_t result, std::uint16_t, const char* reason,
           std::size_t length) {
          of(host).downs.push_back({token, result, text(reason, length)});
          return OPENL2TP_OK;
        },
    .ppp_accm = [](openl2tp_host*, openl2tp_session_token, std::uint32_t, std::uint32_t) { return OPENL2TP_OK; },
    .ppp_send =
        [](openl2tp_host* host, const openl2tp_frame_out* frames, std::size_t count) {
          for (std::size_t i = 0; i < count; ++i)
            of(host).sent.emplace_back(
                frames[i].token, std::vector<std::uint8_t>(frames[i].octets, frames[i].octets + frames[i].length));
          return count;
        },
    .session_trace_mask = [](openl2tp_host*, openl2tp_session_token) { return std::uint32_t{0}; },
};

/// A kernel whose devices are socket pairs: what a test writes into an outer end is a packet of the host.
class FakeNetwork final : public Network {
 public:
  struct Outer {
    Descriptor fd;
    std::weak_ptr<Device> device;
  };
  std::map<std::string, Outer> devices; // by name
  std::vector<std::string> log;         // what was asked
  std::string fault;                    // of opening
  std::string route_fault;              // of adding routes
  int failing_addresses = 0;            // so many of the next cannot be added, or removed
  bool offloads = false;                // of the devices

  std::string run(const Request& request) override {
    using Kind = Request::Kind;
    Device& device = *request.device;
    if (request.kind == Kind::open_device) {
      if (!fault.empty()) return fault;
      std::array<int, 2> pair{};
      if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()) < 0) std::abort();
      if (device.name == "l2tp%d") device.name = "l2tp" + std::to_string(next_++);
      device.fd = Descriptor(pair[0]);
      device.offloads = offloads;
      devices[device.name] = {Descriptor(pair[1]), request.device};
      log.push_back("open " + device.name);
      return {};
    }
    if (device.fd.get() < 0) return request.kind == Kind::close_device ? "" : "there is no interface";
    switch (request.kind) {
    case Kind::open_device: break;
    case Kind::close_device:
      log.push_back("close " + device.name);
      devices.erase(device.name);
      device.fd = Descriptor();
      break;
    case Kind::add_address:
      log.push_back("address " + request.local.text() + " to " + request.peer.text());
      if (failing_addresses > 0) return --failing_addresses, "there is no room";
      break;
    case Kind::remove_address:
      log.push_back("no address " + request.local.text());
      if (failing_addresses > 0) return --failing_addresses, "it stays";
      break;
    case Kind::add_route:
      log.push_back("route " + request.peer.text() + " mtu " + std::to_string(request.mtu));
      return route_fault;
    case Kind::remove_route: log.push_back("no route " + request.peer.text()); break;
    }
    return {};
  }

  /// A packet from the host into a device.
  void put(const std::string& name, const std::vector<std::uint8_t>& packet) {
    if (send(devices.at(name).fd.get(), packet.data(), packet.size(), MSG_NOSIGNAL) < 0) std::abort();
  }
  /// What a device gave to the host; empty: nothing.
  [[nodiscard]] std::vector<std::uint8_t> take(const std::string& name) {
    std::vector<std::uint8_t> packet(66'000);
    const ssize_t got = recv(devices.at(name).fd.get(), packet.data(), packet.size(), MSG_DONTWAIT);
    packet.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return packet;
  }

 private:
  int next_ = 0;
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
    params.data_path = OPENL2TP_DATA_PATH_FRAMES;
    params.session_fd = -1;
  }
  Parameters(const Parameters&) = delete;
  Parameters& operator=(const Parameters&) = delete;

  /// A text that lives as long as the program.
  static void put(const char*& octets, std::size_t& length, const char* text) {
    octets = text;
    length = std::strlen(text);
  }
  void address(std::uint64_t given, std::uint8_t (&member)[4], std::array<std::uint8_t, 4> octets) {
    profile.given |= given;
    std::memcpy(member, octets.data(), 4);
  }
};

} // namespace openl2tp::ppp_kernel::test
