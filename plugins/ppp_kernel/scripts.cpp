#include "plugins/ppp_kernel/scripts.hpp"
#include "plugins/descriptors.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace openl2tp::ppp_kernel {

namespace {

constexpr std::uint32_t grace_ms = 3'000; // between TERM and KILL
constexpr std::int32_t signalled = 256;

// What goes down may do so because the daemon ends, which sends TERM to what is left and KILL `grace_ms` later. A
// script that cleans up needs that time, so that it is started with TERM ignored.
constexpr const char* shell = "/bin/sh";
constexpr const char* without_term = "trap '' TERM; exec \"$0\" \"$@\"";

bool goes_up(ScriptKind kind) noexcept { return kind == ScriptKind::ip_up || kind == ScriptKind::ipv6_up; }
bool of_ipv6(ScriptKind kind) noexcept { return kind == ScriptKind::ipv6_up || kind == ScriptKind::ipv6_down; }

/// A peer's name is of any octets; a script's writer expects text of one line.
std::string plain(std::string_view text) {
  std::string made(text);
  for (char& c : made)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return made;
}

std::string how_it_ended(std::int32_t status) {
  if (status < 0) return std::string("cannot be run: ") + plugins::error_text(-status);
  if (status >= signalled) return "ended by signal " + std::to_string(status - signalled);
  return "exit status " + std::to_string(status);
}

} // namespace

ScriptRun make_run(ScriptKind kind, const std::string& path, const ScriptFacts& facts) {
  ScriptRun run{kind, path, {}, {}};
  const std::string speed = std::to_string(facts.speed);
  run.arguments = {plain(facts.interface_name), plain(facts.tty), speed, facts.local, facts.peer, plain(facts.ipparam)};
  const auto set = [&](std::string_view variable, std::string_view value) {
    run.environment.push_back(std::string(variable) + "=" + plain(value));
  };
  set("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  set("IFNAME", facts.interface_name);
  set("DEVICE", facts.tty);
  set("SPEED", speed);
  set("ORIG_UID", "0");
  set("PPPLOGNAME", "root");
  set("LINKNAME", facts.tty);
  if (!facts.user.empty()) set("PEERNAME", facts.user);
  set(of_ipv6(kind) ? "LLLOCAL" : "IPLOCAL", facts.local);
  set(of_ipv6(kind) ? "LLREMOTE" : "IPREMOTE", facts.peer);
  for (std::size_t i = 0; i < facts.dns.size(); ++i)
    set(i == 0 ? "DNS1" : "DNS2", facts.dns[i]);
  if (!facts.dns.empty()) set("USEPEERDNS", "1");
  if (goes_up(kind)) return run;
  set("CONNECT_TIME", std::to_string(facts.connected_s));
  if (facts.sent_octets) set("BYTES_SENT", std::to_string(*facts.sent_octets));
  if (facts.received_octets) set("BYTES_RCVD", std::to_string(*facts.received_octets));
  return run;
}

Scripts::Scripts(Host host, openl2tp_loop* loop)
    : host_(host), loop_(loop), timer_(host, loop, [this] { handle_timer(); }) {}

Scripts::~Scripts() {
  for (const Job& job : running_)
    if (job.child != nullptr) host_.ops().child_leave(job.child, grace_ms);
}

/// Of one network of a session one script runs at a time.
bool Scripts::busy(const Job& job) const noexcept {
  return std::any_of(running_.begin(), running_.end(), [&](const Job& other) {
    return other.session == job.session && of_ipv6(other.run.kind) == of_ipv6(job.run.kind);
  });
}

void Scripts::run(openl2tp_session_token session, ScriptRun run) {
  if (!goes_up(run.kind)) {
    const auto same = [&](const Job& other) {
      return other.session == session && goes_up(other.run.kind) && of_ipv6(other.run.kind) == of_ipv6(run.kind);
    };
    if (const auto before = std::find_if(waiting_.begin(), waiting_.end(), same); before != waiting_.end()) {
      waiting_.erase(before);
      return;
    }
  }
  if (waiting_.size() >= waiting_max) {
    if (dropped_++ == 0)
      host_.warning(run.path + ": " + std::to_string(waiting_max) + " scripts wait already; some are not run");
    return;
  }
  Job job;
  job.owner = this;
  job.session = session;
  job.run = std::move(run);
  waiting_.push_back(std::move(job));
  begin_some();
}

void Scripts::begin_some() {
  for (auto next = waiting_.begin(); next != waiting_.end() && running_.size() < running_max;) {
    if (busy(*next)) {
      ++next;
      continue;
    }
    Job job = std::move(*next);
    waiting_.erase(next);
    begin(std::move(job));
    next = waiting_.begin(); // a start that failed at once may have let others go
  }
  if (waiting_.empty() && dropped_ != 0)
    host_.warning(std::to_string(std::exchange(dropped_, 0)) + " scripts were not run: too many waited");
}

bool Scripts::begin(Job&& job) {
  running_.push_back(std::move(job));
  Job& mine = running_.back();
  mine.place = std::prev(running_.end());
  mine.until_ms = host_.now_ms() + time_max_ms;
  const bool patient = !goes_up(mine.run.kind);
  std::vector<const char*> arguments, environment;
  if (patient) arguments = {shell, "-c", without_term};
  arguments.push_back(mine.run.path.c_str());
  for (const std::string& argument : mine.run.arguments)
    arguments.push_back(argument.c_str());
  for (const std::string& variable : mine.run.environment)
    environment.push_back(variable.c_str());
  arguments.push_back(nullptr);
  environment.push_back(nullptr);
  openl2tp_spawn_params params{};
  params.struct_size = sizeof params;
  params.path = patient ? shell : mine.run.path.c_str();
  params.arguments = arguments.data();
  params.environment = environment.data();
  const auto on_exit = [](void* user, std::int32_t status) noexcept {
    Job& ended = *static_cast<Job*>(user);
    detail::guarded("the end of a script threw", [&] { ended.owner->handle_exit(ended, status); });
  };
  if (host_.ops().spawn(loop_, &mine.child, &params, on_exit, &mine) != OPENL2TP_OK) {
    host_.warning(mine.run.path + ": is not run: too many programs wait to be started, or the daemon ends");
    running_.pop_back();
    return false;
  }
  arm();
  return true;
}

void Scripts::handle_exit(Job& job, std::int32_t status) {
  if (status != 0) host_.warning(job.run.path + ": " + how_it_ended(status));
  running_.erase(job.place);
  begin_some();
}

/// The first one in the list began first.
void Scripts::arm() {
  if (running_.empty() || !timer_) return;
  const std::uint64_t now = host_.now_ms(), until = running_.front().until_ms;
  timer_.arm(until > now ? until - now : 0);
}

void Scripts::handle_timer() {
  const std::uint64_t now = host_.now_ms();
  while (!running_.empty() && running_.front().until_ms <= now) {
    const Job& job = running_.front();
    host_.warning(job.run.path + ": has not ended after " + std::to_string(time_max_ms / 1'000) + " s: it is stopped");
    host_.ops().child_leave(job.child, grace_ms);
    running_.pop_front();
  }
  begin_some();
  arm();
}

} // namespace openl2tp::ppp_kernel
