// Every argument of every function that the daemon offers plugins, given wrong: refused, named in the log, nothing
// changed. A function or an argument without a row fails the test.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "runtime/plugin/door.hpp"
#include "runtime/plugin/host_services.hpp"
#include "runtime/plugin/vendor_avps.hpp"
#include "runtime/process/spawner.hpp"
#include "tests/unit/runtime/plugin/fake_shard.hpp"
#include "tests/unit/runtime/plugin/loop_lab.hpp"
#include "tests/unit/runtime/plugin/plugin_files.hpp"

namespace openl2tp::runtime {
namespace {

using testing::Called;
using testing::FakeShard;
using testing::LoopLab;
using testing::test_plugin;

Spawner make_spawner() {
  auto spawner = Spawner::start({.channels = 1, .grace = std::chrono::milliseconds{20}});
  EXPECT_TRUE(spawner) << spawner.error();
  return std::move(*spawner);
}

// A shard with a plugin for each extension, one session with PPP and one with a bearer; and a loop.
struct Env {
  Env() {
    for (const char* name : {"scripted", "bearer", "vendor_avps"})
      EXPECT_TRUE(plugins.load(test_plugin(name)));
    EXPECT_TRUE(host.start({}));
    openl2tp_ppp_params params{};
    params.struct_size = sizeof params;
    params.session_id = key.session.value;
    shard.alive = {key, call};
    EXPECT_TRUE(host.open(key, *plugins.ppp_providers()[0], params));
    openl2tp_bearer_params bearer{};
    bearer.struct_size = sizeof bearer;
    bearer.called_number = "silent";
    bearer.called_number_length = 6;
    EXPECT_TRUE(host.open_bearer(call, bearer));
    writer.begin(protocol::VendorAvpWriter::octets_max, true);
  }
  ~Env() {
    host.stop();
    lab.end();
    EXPECT_TRUE(spawner.finish(std::chrono::seconds(60)));
  }
  Env(const Env&) = delete;
  Env& operator=(const Env&) = delete;

  openl2tp_host* of(std::size_t plugin) { return plugins.plugins()[plugin]->host.get(); }
  openl2tp_host* ppp() { return of(0); }
  openl2tp_host* bearer() { return of(1); }
  openl2tp_session_token token() const { return token_of(key); }
  openl2tp_session_token call_token() const { return token_of(call); }
  // What a plugin that kept it would hold.
  static openl2tp_session_token stale() { return token_of({{7}, {1}, 99}); }
  openl2tp_loop* no_loop() { return reinterpret_cast<openl2tp_loop*>(&called); }
  template <class T>
  T* no_handle() {
    return reinterpret_cast<T*>(this);
  }
  openl2tp_timer* timer() { return lab.timer(called); }
  openl2tp_child* child() {
    openl2tp_child* made = nullptr;
    EXPECT_EQ(start(&made, [](auto&) {}), OPENL2TP_OK);
    return made;
  }
  openl2tp_status start(openl2tp_child** out, const std::function<void(openl2tp_spawn_params&)>& change) {
    static const char* const arguments[] = {"/bin/true", nullptr};
    openl2tp_spawn_params params{};
    params.struct_size = sizeof params;
    params.path = arguments[0];
    params.arguments = arguments;
    change(params);
    return ops.spawn(lab.at, out, &params, Called::exit, &called);
  }
  openl2tp_status watch(int fd, std::uint32_t events = OPENL2TP_WATCH_READ) {
    openl2tp_watch* made = nullptr;
    return ops.watch_start(lab.at, &made, fd, events, Called::ready, &called);
  }
  openl2tp_status up(const std::function<void(openl2tp_ppp_facts&)>& change) {
    openl2tp_ppp_facts facts{};
    facts.struct_size = sizeof facts;
    change(facts);
    return ops.ppp_up(ppp(), token(), &facts);
  }
  openl2tp_status update(const std::function<void(openl2tp_ppp_facts&)>& change) {
    openl2tp_ppp_facts facts{};
    facts.struct_size = sizeof facts;
    change(facts);
    return ops.ppp_update(ppp(), token(), &facts);
  }
  std::size_t send(const std::function<void(openl2tp_frame_out&)>& change) {
    openl2tp_frame_out frame{
        .token = token(), .octets = reinterpret_cast<const std::uint8_t*>("abc"), .length = 3, .flags = 0};
    change(frame);
    return ops.ppp_send(ppp(), &frame, 1);
  }
  // From inside openl2tp_vendor_avp_ops.add.
  openl2tp_status add(std::uint32_t flags, const void* value, std::size_t length) {
    openl2tp_avp_writer own{writer, *of(2), 9999};
    const OpenAvpWriter open(own);
    return ops.avp_add(&own, 1, flags, value, length);
  }

  testing::CapturedLog captured;
  PluginSet plugins{captured.log()};
  FakeShard shard;
  PluginHost host{plugins, shard, 0, 1};
  SessionKey key{{7}, {1}, 1}, call{{7}, {2}, 2};
  protocol::VendorAvpWriter writer;
  Spawner spawner = make_spawner();
  LoopLab lab{{}, 10, nullptr, spawner.take_channel(0), spawner.process()};
  Called called;
  const openl2tp_host_ops& ops = host_services();
  UniqueFd file{::eventfd(0, EFD_CLOEXEC)}; // can be watched
};

using Answer = std::optional<long long>; // nullopt: the function returns nothing

struct Row {
  const char* function;
  std::size_t place; // of the function in the table
  std::size_t arguments;
  std::size_t argument;
  const char* what;                      // is wrong with it; or why nothing can be
  std::function<Answer(Env&)> give = {}; // empty: any value of this argument is right
  Answer expected = std::nullopt;
  const char* says = nullptr; // in the log; nullptr: the function's name
};

template <class Result, class... Arguments>
constexpr std::size_t arity(Result (*)(Arguments...)) {
  return sizeof...(Arguments);
}

// clang-format off
#define HEAD(of)                                                                                                       \
  .function = #of, .place = offsetof(openl2tp_host_ops, of), .arguments = arity(decltype(openl2tp_host_ops::of){})
#define BAD(of, number, wrong, expects, ...)                                                                           \
  Row{HEAD(of), .argument = number, .what = wrong,                                                                     \
      .give = [](Env& e) -> Answer { static_cast<void>(e); return static_cast<long long>(__VA_ARGS__); },              \
      .expected = expects}
#define BAD_VOID(of, number, wrong, ...)                                                                               \
  Row{HEAD(of), .argument = number, .what = wrong,                                                                     \
      .give = [](Env& e) -> Answer { __VA_ARGS__; return std::nullopt; }}
#define ANY(of, number, why) Row{HEAD(of), .argument = number, .what = why}
// clang-format on

constexpr long long invalid = OPENL2TP_E_INVALID, unknown = OPENL2TP_E_UNKNOWN_TOKEN;

std::vector<Row> facts_rows() {
  std::vector<Row> rows;
  const auto add = [&rows](const char* what, const char* says, void (*change)(openl2tp_ppp_facts&)) {
    rows.push_back({HEAD(ppp_up), .argument = 2, .what = what,
                    .give = [change](Env& e) -> Answer { return e.up(change); }, .expected = invalid, .says = says});
    rows.push_back({HEAD(ppp_update), .argument = 2, .what = what,
                    .give = [change](Env& e) -> Answer { return e.update(change); }, .expected = invalid,
                    .says = says});
  };
  add("a size below the first release's", "facts of tunnel 7 session 1 have 8 octets",
      [](openl2tp_ppp_facts& f) { f.struct_size = 8; });
  add("a bit that nobody knows", "facts of tunnel 7 session 1 give 0x200",
      [](openl2tp_ppp_facts& f) { f.given = 0x200; });
  add("a reserved member", "facts of tunnel 7 session 1 have a reserved member",
      [](openl2tp_ppp_facts& f) { f.reserved = 1; });
  add("a reserved member of 1.1", "facts of tunnel 7 session 1 have a reserved member",
      [](openl2tp_ppp_facts& f) { f.reserved_1 = 1; });
  add("a phase that nobody knows", "facts of tunnel 7 session 1 give phase 6", [](openl2tp_ppp_facts& f) {
    f.given = OPENL2TP_PPP_KNOWN_PHASE;
    f.phase = 6;
  });
  add("a NULL interface with a length", "facts of tunnel 7 session 1 have a NULL text", [](openl2tp_ppp_facts& f) {
    f.given = OPENL2TP_PPP_KNOWN_INTERFACE;
    f.interface_name_length = 4;
  });
  add("a NULL user with a length", "facts of tunnel 7 session 1 have a NULL text", [](openl2tp_ppp_facts& f) {
    f.given = OPENL2TP_PPP_KNOWN_USER;
    f.user_name_length = 4;
  });
  add("a NULL method with a length", "facts of tunnel 7 session 1 have a NULL text", [](openl2tp_ppp_facts& f) {
    f.given = OPENL2TP_PPP_KNOWN_AUTH;
    f.auth_method_length = 4;
  });
  return rows;
}

// clang-format off
std::vector<Row> all_rows() {
  std::vector<Row> rows{
      BAD_VOID(log, 0, "no host", e.ops.log(nullptr, OPENL2TP_LOG_INFO, "x", 1)),
      BAD_VOID(log, 1, "a level that nobody knows", e.ops.log(e.ppp(), 4, "x", 1)),
      BAD_VOID(log, 2, "NULL with a length", e.ops.log(e.ppp(), OPENL2TP_LOG_INFO, nullptr, 5)),
      ANY(log, 3, "a long line is cut"),

      BAD(get_extension, 0, "no host", 0, e.ops.get_extension(nullptr, "x") != nullptr),
      BAD(get_extension, 1, "no id", 0, e.ops.get_extension(e.ppp(), nullptr) != nullptr),

      BAD_VOID(now_ms, 0, "no host", e.ops.now_ms(nullptr)),

      BAD_VOID(random, 0, "no host", { char octet = 0; e.ops.random(nullptr, &octet, 1); }),
      BAD_VOID(random, 1, "NULL with a length", e.ops.random(e.ppp(), nullptr, 8)),
      ANY(random, 2, "any number of octets"),

      BAD(run_on_shard, 0, "no loop", invalid, e.ops.run_on_shard(nullptr, Called::plain, &e.called)),
      BAD(run_on_shard, 0, "what is no loop", invalid, e.ops.run_on_shard(e.no_loop(), Called::plain, &e.called)),
      BAD(run_on_shard, 1, "no function", invalid, e.ops.run_on_shard(e.lab.at, nullptr, &e.called)),
      ANY(run_on_shard, 2, "the plugin's own"),

      BAD(run_on_worker, 0, "no loop", invalid, e.ops.run_on_worker(nullptr, Called::plain, Called::plain, &e.called)),
      BAD(run_on_worker, 0, "what is no loop", invalid, e.ops.run_on_worker(e.no_loop(), Called::plain, Called::plain, &e.called)),
      BAD(run_on_worker, 1, "no function", invalid, e.ops.run_on_worker(e.lab.at, nullptr, Called::plain, &e.called)),
      BAD(run_on_worker, 2, "no function", invalid, e.ops.run_on_worker(e.lab.at, Called::plain, nullptr, &e.called)),
      ANY(run_on_worker, 3, "the plugin's own"),

      BAD(timer_make, 0, "no loop", invalid, [&] { openl2tp_timer* t = nullptr; return e.ops.timer_make(nullptr, &t, Called::plain, &e.called); }()),
      BAD(timer_make, 0, "what is no loop", invalid, [&] { openl2tp_timer* t = nullptr; return e.ops.timer_make(e.no_loop(), &t, Called::plain, &e.called); }()),
      BAD(timer_make, 1, "NULL", invalid, e.ops.timer_make(e.lab.at, nullptr, Called::plain, &e.called)),
      BAD(timer_make, 2, "no function", invalid, [&] { openl2tp_timer* t = nullptr; return e.ops.timer_make(e.lab.at, &t, nullptr, &e.called); }()),
      ANY(timer_make, 3, "the plugin's own"),

      BAD_VOID(timer_arm, 0, "NULL", e.ops.timer_arm(nullptr, 1)),
      BAD_VOID(timer_arm, 0, "what is no timer", e.ops.timer_arm(e.no_handle<openl2tp_timer>(), 1)),
      BAD_VOID(timer_arm, 0, "a freed one", { auto* t = e.timer(); e.ops.timer_free(t); e.ops.timer_arm(t, 1); }),
      ANY(timer_arm, 1, "too long counts as a hundred years"),

      BAD_VOID(timer_cancel, 0, "what is no timer", e.ops.timer_cancel(e.no_handle<openl2tp_timer>())),
      BAD_VOID(timer_cancel, 0, "a freed one", { auto* t = e.timer(); e.ops.timer_free(t); e.ops.timer_cancel(t); }),
      BAD_VOID(timer_free, 0, "what is no timer", e.ops.timer_free(e.no_handle<openl2tp_timer>())),
      BAD_VOID(timer_free, 0, "a freed one", { auto* t = e.timer(); e.ops.timer_free(t); e.ops.timer_free(t); }),
      BAD_VOID(timer_free, 0, "a child", e.ops.timer_free(reinterpret_cast<openl2tp_timer*>(e.child()))),

      BAD(watch_start, 0, "no loop", invalid, [&] { openl2tp_watch* w = nullptr; return e.ops.watch_start(nullptr, &w, e.file.get(), OPENL2TP_WATCH_READ, Called::ready, &e.called); }()),
      BAD(watch_start, 0, "what is no loop", invalid, [&] { openl2tp_watch* w = nullptr; return e.ops.watch_start(e.no_loop(), &w, e.file.get(), OPENL2TP_WATCH_READ, Called::ready, &e.called); }()),
      BAD(watch_start, 1, "NULL", invalid, e.ops.watch_start(e.lab.at, nullptr, e.file.get(), OPENL2TP_WATCH_READ, Called::ready, &e.called)),
      BAD(watch_start, 2, "no descriptor", invalid, e.watch(-1)),
      BAD(watch_start, 2, "one that is not open", invalid, e.watch(1'000'000)),
      BAD(watch_start, 2, "a regular file", invalid, [&] { e.file.reset(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)); return e.watch(e.file.get()); }()),
      BAD(watch_start, 2, "a directory", invalid, [&] { e.file.reset(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)); return e.watch(e.file.get()); }()),
      BAD(watch_start, 2, "a device that cannot be polled", invalid, [&] { e.file.reset(::open("/dev/null", O_RDWR | O_CLOEXEC)); return e.watch(e.file.get()); }()),
      BAD(watch_start, 3, "no event", invalid, e.watch(e.file.get(), 0)),
      BAD(watch_start, 3, "one that is only reported", invalid, e.watch(e.file.get(), OPENL2TP_WATCH_READ | OPENL2TP_WATCH_HANGUP)),
      BAD(watch_start, 3, "one that nobody knows", invalid, e.watch(e.file.get(), 0x10)),
      BAD(watch_start, 4, "no function", invalid, [&] { openl2tp_watch* w = nullptr; return e.ops.watch_start(e.lab.at, &w, e.file.get(), OPENL2TP_WATCH_READ, nullptr, &e.called); }()),
      ANY(watch_start, 5, "the plugin's own"),

      BAD_VOID(watch_stop, 0, "NULL", e.ops.watch_stop(nullptr, Called::plain, &e.called)),
      BAD_VOID(watch_stop, 0, "what is no watch", e.ops.watch_stop(e.no_handle<openl2tp_watch>(), Called::plain, &e.called)),
      ANY(watch_stop, 1, "may be NULL"),
      ANY(watch_stop, 2, "the plugin's own"),

      BAD(spawn, 0, "no loop", invalid, [&] { openl2tp_child* c = nullptr; openl2tp_spawn_params p{}; return e.ops.spawn(nullptr, &c, &p, Called::exit, &e.called); }()),
      BAD(spawn, 0, "what is no loop", invalid, [&] { openl2tp_child* c = nullptr; openl2tp_spawn_params p{}; return e.ops.spawn(e.no_loop(), &c, &p, Called::exit, &e.called); }()),
      BAD(spawn, 1, "NULL", invalid, e.start(nullptr, [](auto&) {})),
      BAD(spawn, 2, "NULL", invalid, [&] { openl2tp_child* c = nullptr; return e.ops.spawn(e.lab.at, &c, nullptr, Called::exit, &e.called); }()),
      BAD(spawn, 2, "a small size", invalid, [&] { openl2tp_child* c = nullptr; return e.start(&c, [](auto& p) { p.struct_size = 8; }); }()),
      BAD(spawn, 2, "a flag", invalid, [&] { openl2tp_child* c = nullptr; return e.start(&c, [](auto& p) { p.flags = 1; }); }()),
      BAD(spawn, 2, "no path", invalid, [&] { openl2tp_child* c = nullptr; return e.start(&c, [](auto& p) { p.path = nullptr; }); }()),
      BAD(spawn, 2, "a relative path", invalid, [&] { openl2tp_child* c = nullptr; return e.start(&c, [](auto& p) { p.path = "true"; }); }()),
      BAD(spawn, 2, "no arguments", invalid, [&] { openl2tp_child* c = nullptr; return e.start(&c, [](auto& p) { p.arguments = nullptr; }); }()),
      BAD(spawn, 2, "empty arguments", invalid, [&] { openl2tp_child* c = nullptr; static const char* const none[] = {nullptr}; return e.start(&c, [](auto& p) { p.arguments = none; }); }()),
      BAD(spawn, 2, "NULL descriptors", invalid, [&] { openl2tp_child* c = nullptr; return e.start(&c, [](auto& p) { p.fd_count = 1; }); }()),
      BAD(spawn, 2, "too many descriptors", invalid, [&] { openl2tp_child* c = nullptr; static const openl2tp_child_fd fds[17] = {}; return e.start(&c, [](auto& p) { p.fds = fds; p.fd_count = 17; }); }()),
      BAD(spawn, 2, "a descriptor that is not open", invalid, [&] { openl2tp_child* c = nullptr; static const openl2tp_child_fd fd{1'000'000, 5}; return e.start(&c, [](auto& p) { p.fds = &fd; p.fd_count = 1; }); }()),
      BAD(spawn, 2, "a number over 63", invalid, [&] { openl2tp_child* c = nullptr; static const openl2tp_child_fd fd{0, 64}; return e.start(&c, [](auto& p) { p.fds = &fd; p.fd_count = 1; }); }()),
      BAD(spawn, 2, "a negative number", invalid, [&] { openl2tp_child* c = nullptr; static const openl2tp_child_fd fd{0, -1}; return e.start(&c, [](auto& p) { p.fds = &fd; p.fd_count = 1; }); }()),
      BAD(spawn, 2, "a number twice", invalid, [&] { openl2tp_child* c = nullptr; static const openl2tp_child_fd fds[2] = {{0, 5}, {1, 5}}; return e.start(&c, [](auto& p) { p.fds = fds; p.fd_count = 2; }); }()),
      BAD(spawn, 3, "no function", invalid, [&] { openl2tp_child* c = nullptr; openl2tp_spawn_params p{}; p.struct_size = sizeof p; return e.ops.spawn(e.lab.at, &c, &p, nullptr, &e.called); }()),
      ANY(spawn, 4, "the plugin's own"),

      BAD_VOID(child_signal, 0, "NULL", e.ops.child_signal(nullptr, 15)),
      BAD_VOID(child_signal, 0, "what is no child", e.ops.child_signal(e.no_handle<openl2tp_child>(), 15)),
      BAD_VOID(child_signal, 1, "no signal", e.ops.child_signal(e.child(), 0)),
      BAD_VOID(child_signal, 1, "a negative one", e.ops.child_signal(e.child(), -15)),
      BAD_VOID(child_signal, 1, "one too large", e.ops.child_signal(e.child(), 4711)),

      BAD_VOID(child_leave, 0, "what is no child", e.ops.child_leave(e.no_handle<openl2tp_child>(), 1)),
      ANY(child_leave, 1, "any time"),

      BAD(ppp_up, 0, "no host", invalid, e.ops.ppp_up(nullptr, e.token(), nullptr)),
      BAD(ppp_up, 1, "a token that is dead", unknown, e.ops.ppp_up(e.ppp(), Env::stale(), nullptr)),
      BAD(ppp_up, 1, "0", unknown, e.ops.ppp_up(e.ppp(), 0, nullptr)),
      BAD(ppp_update, 0, "no host", invalid, [&] { openl2tp_ppp_facts f{}; f.struct_size = sizeof f; return e.ops.ppp_update(nullptr, e.token(), &f); }()),
      BAD(ppp_update, 1, "a token that is dead", unknown, [&] { openl2tp_ppp_facts f{}; f.struct_size = sizeof f; return e.ops.ppp_update(e.ppp(), Env::stale(), &f); }()),
      BAD(ppp_update, 2, "NULL", invalid, e.ops.ppp_update(e.ppp(), e.token(), nullptr)),

      BAD(ppp_down, 0, "no host", invalid, e.ops.ppp_down(nullptr, e.token(), 1, 0, nullptr, 0)),
      BAD(ppp_down, 1, "a token that is dead", unknown, e.ops.ppp_down(e.ppp(), Env::stale(), 1, 0, nullptr, 0)),
      BAD(ppp_down, 2, "0", invalid, e.ops.ppp_down(e.ppp(), e.token(), 0, 0, nullptr, 0)),
      ANY(ppp_down, 3, "goes out as it is"),
      BAD(ppp_down, 4, "NULL with a length", invalid, e.ops.ppp_down(e.ppp(), e.token(), 1, 0, nullptr, 5)),
      ANY(ppp_down, 5, "at most 255 octets count"),

      BAD(ppp_accm, 0, "no host", invalid, e.ops.ppp_accm(nullptr, e.token(), 0, 0)),
      BAD(ppp_accm, 1, "a token that is dead", unknown, e.ops.ppp_accm(e.ppp(), Env::stale(), 0, 0)),
      ANY(ppp_accm, 2, "32 bits"),
      ANY(ppp_accm, 3, "32 bits"),

      BAD(ppp_send, 0, "no host", 0, [&] { openl2tp_frame_out f{e.token(), reinterpret_cast<const std::uint8_t*>("abc"), 3, 0}; return e.ops.ppp_send(nullptr, &f, 1); }()),
      BAD(ppp_send, 1, "NULL with a count", 0, e.ops.ppp_send(e.ppp(), nullptr, 3)),
      BAD(ppp_send, 1, "a token that is dead", 0, e.send([](auto& f) { f.token = Env::stale(); })),
      BAD(ppp_send, 1, "NULL octets", 0, e.send([](auto& f) { f.octets = nullptr; })),
      BAD(ppp_send, 1, "no octets", 0, e.send([](auto& f) { f.length = 0; })),
      BAD(ppp_send, 1, "too many octets", 0, e.send([](auto& f) { f.length = 65'001; })),
      BAD(ppp_send, 1, "a flag that nobody knows", 0, e.send([](auto& f) { f.flags = 2; })),
      ANY(ppp_send, 2, "any number"),

      BAD(session_trace_mask, 0, "no host", 0, e.ops.session_trace_mask(nullptr, e.token())),
      BAD(session_trace_mask, 1, "a token that is dead", 0, e.ops.session_trace_mask(e.ppp(), Env::stale())),

      BAD_VOID(session_trace, 0, "no host", e.ops.session_trace(nullptr, e.token(), OPENL2TP_TRACE_PPP, "x", 1)),
      BAD_VOID(session_trace, 1, "a token that is dead", e.ops.session_trace(e.ppp(), Env::stale(), OPENL2TP_TRACE_PPP, "x", 1)),
      BAD_VOID(session_trace, 2, "none", e.ops.session_trace(e.ppp(), e.token(), 0, "x", 1)),
      BAD_VOID(session_trace, 2, "two", e.ops.session_trace(e.ppp(), e.token(), OPENL2TP_TRACE_PPP | OPENL2TP_TRACE_FSM, "x", 1)),
      BAD_VOID(session_trace, 2, "one that nobody knows", e.ops.session_trace(e.ppp(), e.token(), 0x800, "x", 1)),
      BAD_VOID(session_trace, 3, "NULL with a length", e.ops.session_trace(e.ppp(), e.token(), OPENL2TP_TRACE_PPP, nullptr, 5)),
      ANY(session_trace, 4, "a long line is cut"),

      BAD(session_close, 0, "no host", invalid, e.ops.session_close(nullptr, e.token(), 3, 0, nullptr, 0)),
      BAD(session_close, 1, "a token that is dead", unknown, e.ops.session_close(e.ppp(), Env::stale(), 3, 0, nullptr, 0)),
      BAD(session_close, 2, "0", invalid, e.ops.session_close(e.ppp(), e.token(), 0, 0, nullptr, 0)),
      ANY(session_close, 3, "goes out as it is"),
      BAD(session_close, 4, "NULL with a length", invalid, e.ops.session_close(e.ppp(), e.token(), 3, 0, nullptr, 5)),
      ANY(session_close, 5, "at most 255 octets count"),

      BAD(bearer_up, 0, "no host", invalid, e.ops.bearer_up(nullptr, e.call_token(), 64000, 0)),
      BAD(bearer_up, 1, "a token that is dead", unknown, e.ops.bearer_up(e.bearer(), Env::stale(), 64000, 0)),
      BAD(bearer_up, 1, "another plugin's", unknown, e.ops.bearer_up(e.ppp(), e.call_token(), 64000, 0)),
      ANY(bearer_up, 2, "0: unknown"),
      ANY(bearer_up, 3, "0: the same"),

      BAD(bearer_failed, 0, "no host", invalid, e.ops.bearer_failed(nullptr, e.call_token(), 1, 0, nullptr, 0)),
      BAD(bearer_failed, 1, "a token that is dead", unknown, e.ops.bearer_failed(e.bearer(), Env::stale(), 1, 0, nullptr, 0)),
      BAD(bearer_failed, 2, "0", invalid, e.ops.bearer_failed(e.bearer(), e.call_token(), 0, 0, nullptr, 0)),
      ANY(bearer_failed, 3, "goes out as it is"),
      BAD(bearer_failed, 4, "NULL with a length", invalid, e.ops.bearer_failed(e.bearer(), e.call_token(), 1, 0, nullptr, 5)),
      ANY(bearer_failed, 5, "at most 255 octets count"),

      BAD(avp_add, 0, "NULL", invalid, e.ops.avp_add(nullptr, 1, 0, "x", 1)),
      BAD(avp_add, 0, "one of a message that has left", invalid, [&] { openl2tp_avp_writer own{e.writer, *e.of(2), 9999}; return e.ops.avp_add(&own, 1, 0, "x", 1); }()),
      ANY(avp_add, 1, "the vendor's own numbers"),
      BAD(avp_add, 2, "a flag that nobody knows", invalid, e.add(4, "x", 1)),
      BAD(avp_add, 3, "NULL with a length", invalid, e.add(0, nullptr, 5)),
      BAD(avp_add, 4, "too long", invalid, [&] { static const char large[1018] = {}; return e.add(0, large, sizeof large); }()),
  };
  for (Row& row : facts_rows())
    rows.push_back(std::move(row));
  return rows;
}
// clang-format on

TEST(HostArguments, EveryArgumentOfEveryFunctionHasARow) {
  std::map<std::size_t, std::set<std::size_t>> covered;
  std::map<std::size_t, const Row*> named;
  const std::vector<Row> rows = all_rows();
  for (const Row& row : rows) {
    ASSERT_LT(row.argument, row.arguments) << row.function;
    covered[row.place].insert(row.argument);
    named[row.place] = &row;
  }
  for (std::size_t place = offsetof(openl2tp_host_ops, log); place < sizeof(openl2tp_host_ops);
       place += sizeof(void (*)())) {
    ASSERT_TRUE(named.contains(place)) << "the function at octet " << place << " of openl2tp_host_ops has no row";
    for (std::size_t argument = 0; argument < named[place]->arguments; ++argument)
      EXPECT_TRUE(covered[place].contains(argument)) << named[place]->function << ", argument " << argument;
  }
}

TEST(HostArguments, AWrongOneIsRefusedAndNamedAndChangesNothing) {
  for (const Row& row : all_rows()) {
    if (!row.give) continue;
    SCOPED_TRACE(std::string(row.function) + ", argument " + std::to_string(row.argument) + ": " + row.what);
    auto env = std::make_unique<Env>();
    {
      // As a plugin would: from inside a call, so that even a call without a host has a name.
      const InsidePlugin inside(env->lab.host, "test", PluginThread::shard, system_environment().now());
      EXPECT_EQ(row.give(*env), row.expected);
    }
    EXPECT_FALSE(env->host.has_events());
    EXPECT_TRUE(env->shard.frames.empty());
    EXPECT_TRUE(env->shard.traced.empty());
    EXPECT_TRUE(env->writer.avps().empty());
    EXPECT_EQ(env->lab.at->counters().watches, 0U);
    EXPECT_EQ(env->lab.at->counters().works, 0U);
    EXPECT_EQ(env->lab.at->counters().calls, 0U);
    if (env->lab.at->counters().children == 0) EXPECT_EQ(env->called.count, 0);
    env->host.stop();
    env->lab.end();
    const std::string says = row.says != nullptr ? row.says : row.function;
    const auto named = [&](const testing::Lines& lines) {
      for (const auto& [level, line] : lines) {
        const auto at = line.find(": ");
        if (level == LogLevel::warning && line.starts_with("plugin ") && line.substr(at + 2).starts_with(says))
          return true;
      }
      return false;
    };
    EXPECT_TRUE(named(env->captured.take()) || named(env->lab.captured.take())) << "not named in the log";
  }
}

TEST(HostArguments, NullWhereItMeansNothingIsLeftAlone) {
  Env env;
  env.ops.timer_cancel(nullptr);
  env.ops.timer_free(nullptr);
  env.ops.child_leave(nullptr, 0);
  env.ops.log(env.ppp(), OPENL2TP_LOG_INFO, nullptr, 0);
  env.ops.random(env.ppp(), nullptr, 0);
  EXPECT_EQ(env.ops.ppp_send(env.ppp(), nullptr, 0), 0U);
  EXPECT_EQ(env.ops.ppp_down(env.ppp(), env.token(), 1, 0, nullptr, 0), OPENL2TP_OK);
  EXPECT_EQ(env.add(0, nullptr, 0), OPENL2TP_OK);
  EXPECT_EQ(env.host.counters().rules_broken, 0U);
  EXPECT_EQ(env.lab.at->counters().rules_broken, 0U);
}

} // namespace
} // namespace openl2tp::runtime
