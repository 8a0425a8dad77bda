// The order of apply(): system parameters without what would refuse our own work, profiles, modified and new objects
// (until here everything can be taken back), replaced and vanished objects, the rest of the system parameters.
#include "tools/openl2tpd/reconciler.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "runtime/profiles/parameter.hpp"
#include "tools/openl2tpd/config_reader.hpp"
#include "tools/rpc/convert.hpp"
#include "tools/rpc/errors.hpp"

namespace openl2tp::daemon {

using runtime::ControlError;
using runtime::ControlFault;
using runtime::SystemChange;
using runtime::SystemConfig;

namespace {

constexpr unsigned attempts_max = 120; // of retry(), one a second
constexpr const char* vanished_reason = "no longer configured";
constexpr const char* replaced_reason = "configured anew";

template <class Parameters>
bool same(const runtime::Parameter<Parameters>& row, const Parameters& a, const Parameters& b) {
  return std::visit([&](auto field) { return a.*field == b.*field; }, row.field);
}

template <class Parameters>
bool has(const runtime::Parameter<Parameters>& row, const Parameters& a) {
  return std::visit([&](auto field) { return (a.*field).has_value(); }, row.field);
}

/// For a modify call: a text that is to have no value is cleared.
template <class Parameters>
void take(const runtime::Parameter<Parameters>& row, Parameters& to, const Parameters& from) {
  std::visit(
      [&](auto field) {
        to.*field = from.*field;
        if constexpr (std::is_same_v<std::decay_t<decltype(to.*field)>, std::optional<std::string>>)
          if (!(to.*field)) to.*field = std::string();
      },
      row.field);
}

bool modifiable(runtime::Use use) noexcept { return use == runtime::Use::modify || use == runtime::Use::anywhere; }

/// Whether what can be given at creation alone differs.
template <class Parameters>
bool must_be_replaced(const Parameters& before, const Parameters& after) {
  return std::ranges::any_of(runtime::parameter_table<Parameters>(),
                             [&](const auto& row) { return !modifiable(row.use) && !same(row, before, after); });
}

/// The same for an object that no file made: what the file gives is not what is in force.
template <class Parameters>
bool contradicts(const Parameters& in_force, const Parameters& wanted) {
  return std::ranges::any_of(runtime::parameter_table<Parameters>(), [&](const auto& row) {
    return !modifiable(row.use) && has(row, wanted) && !same(row, in_force, wanted);
  });
}

/// What a modify call must set so that what the file gives, or gave before, is as `wanted`; and what takes it back.
template <class Parameters>
struct Difference {
  Parameters forth, back;
  bool empty = true;
};

template <class Parameters>
Difference<Parameters> difference(const Parameters& running, const Parameters& wanted, const Parameters* before,
                                  const Parameters& after) {
  Difference<Parameters> result;
  for (const auto& row : runtime::parameter_table<Parameters>()) {
    if (!modifiable(row.use) || (!has(row, after) && (before == nullptr || !has(row, *before)))) continue;
    if (same(row, running, wanted)) continue;
    take(row, result.forth, wanted);
    take(row, result.back, running);
    result.empty = false;
  }
  return result;
}

/// A change of what differs between two states of the system; nullopt: nothing does.
std::optional<SystemChange> change_between(const SystemConfig& from, const SystemConfig& to) {
  SystemChange change;
  bool any = false;
  const auto note = [&any](auto& field, const auto& a, const auto& b) {
    if (a == b) return;
    field = b;
    any = true;
  };
  note(change.trace, from.trace, to.trace);
  note(change.tunnels_max, from.tunnels_max, to.tunnels_max);
  note(change.sessions_max, from.sessions_max, to.sessions_max);
  note(change.drain, from.drain, to.drain);
  note(change.tunnel_establish_timeout_s, from.tunnel_establish_timeout_s, to.tunnel_establish_timeout_s);
  note(change.session_establish_timeout_s, from.session_establish_timeout_s, to.session_establish_timeout_s);
  note(change.tunnel_persist_pend_timeout_s, from.tunnel_persist_pend_timeout_s, to.tunnel_persist_pend_timeout_s);
  note(change.session_persist_pend_timeout_s, from.session_persist_pend_timeout_s, to.session_persist_pend_timeout_s);
  note(change.deny_local_tunnel_creates, from.deny_local_tunnel_creates, to.deny_local_tunnel_creates);
  note(change.deny_remote_tunnel_creates, from.deny_remote_tunnel_creates, to.deny_remote_tunnel_creates);
  return any ? std::optional(change) : std::nullopt;
}

/// What the system parameters become: as the new file says; where only the old one did, the default; else as they are.
SystemConfig target_of(const SystemConfig& running, const SystemChange& before, const SystemChange& after,
                       const SystemConfig& defaults) {
  SystemConfig target = running;
  const auto set = [](auto& field, const auto& old, const auto& now, const auto& otherwise) {
    if (now)
      field = *now;
    else if (old)
      field = otherwise;
  };
  set(target.trace, before.trace, after.trace, defaults.trace);
  set(target.tunnels_max, before.tunnels_max, after.tunnels_max, defaults.tunnels_max);
  set(target.sessions_max, before.sessions_max, after.sessions_max, defaults.sessions_max);
  set(target.drain, before.drain, after.drain, defaults.drain);
  set(target.tunnel_establish_timeout_s, before.tunnel_establish_timeout_s, after.tunnel_establish_timeout_s,
      defaults.tunnel_establish_timeout_s);
  set(target.session_establish_timeout_s, before.session_establish_timeout_s, after.session_establish_timeout_s,
      defaults.session_establish_timeout_s);
  set(target.tunnel_persist_pend_timeout_s, before.tunnel_persist_pend_timeout_s, after.tunnel_persist_pend_timeout_s,
      defaults.tunnel_persist_pend_timeout_s);
  set(target.session_persist_pend_timeout_s, before.session_persist_pend_timeout_s,
      after.session_persist_pend_timeout_s, defaults.session_persist_pend_timeout_s);
  set(target.deny_local_tunnel_creates, before.deny_local_tunnel_creates, after.deny_local_tunnel_creates,
      defaults.deny_local_tunnel_creates);
  set(target.deny_remote_tunnel_creates, before.deny_remote_tunnel_creates, after.deny_remote_tunnel_creates,
      defaults.deny_remote_tunnel_creates);
  return target;
}

/// The target with nothing in it that would refuse `tunnels` and `sessions` more objects of our own.
SystemConfig open_for_work(SystemConfig target, const SystemConfig& running, std::size_t tunnels,
                           std::size_t sessions) {
  if (tunnels + sessions == 0) return target;
  target.drain = target.deny_local_tunnel_creates = false;
  const auto widen = [](std::uint32_t& limit, std::uint32_t now, std::size_t more) {
    constexpr std::uint64_t most = 0x7fffffff;
    limit = limit == 0 || now == 0 ? 0 : static_cast<std::uint32_t>(std::min(most, std::max(limit, now) + more));
  };
  widen(target.tunnels_max, running.tunnels_max, tunnels);
  widen(target.sessions_max, running.sessions_max, sessions);
  return target;
}

FileFault fault(unsigned line, std::string_view command, const ControlError& error) {
  std::string what = rpc::error_text(rpc::error_number(error));
  if (!error.detail.empty()) what += ": " + error.detail;
  return {line, std::string(command), std::move(what)};
}

std::string address_text(const std::optional<protocol::IpAddress>& address) {
  return address ? protocol::to_string(*address) : std::string();
}

std::string key_of(const runtime::TunnelParameters& p) {
  if (p.tunnel_name) return "name " + *p.tunnel_name;
  if (p.tunnel_id) return fmt::format("id {}", *p.tunnel_id);
  return fmt::format("to {} {} from {} {} as {} of {}", address_text(p.peer_addr), p.peer_udp_port.value_or(0),
                     address_text(p.our_addr), p.our_udp_port.value_or(0), p.config_id.value_or(0),
                     p.tunnel_profile_name.value_or(std::string()));
}

std::string key_of(const runtime::SessionParameters& p) {
  if (p.session_name) return "name " + *p.session_name;
  if (p.session_id) return fmt::format("id {}", *p.session_id);
  return "other";
}

/// Tells things of one key apart by their order.
std::string numbered(std::string key, std::unordered_map<std::string, unsigned>& seen) {
  const unsigned before = seen[key]++;
  return before == 0 ? key : fmt::format("{} again {}", key, before);
}

runtime::ProfileNames together(runtime::ProfileNames a, const runtime::ProfileNames& b) {
  a.peers.insert(b.peers.begin(), b.peers.end());
  a.tunnels.insert(b.tunnels.begin(), b.tunnels.end());
  a.sessions.insert(b.sessions.begin(), b.sessions.end());
  a.ppp.insert(b.ppp.begin(), b.ppp.end());
  return a;
}

bool empty(const runtime::ProfileNames& names) {
  return names.peers.empty() && names.tunnels.empty() && names.sessions.empty() && names.ppp.empty();
}

} // namespace

// ---- one apply() ----

class Reconciler::Change {
 public:
  Change(Reconciler& owner, Configuration next)
      : owner_(owner), control_(owner.control_), next_(std::move(next)), tunnels_(owner.keyed(next_.tunnels)) {}

  tl::expected<Applied, FileFault> run() {
    const auto running = control_.system_get();
    if (!running) return tl::unexpected(fault(0, "system modify", running.error()));
    system_ = running->config;
    target_ = target_of(system_, owner_.before_.system, next_.system, owner_.defaults_);
    match();
    if (auto done = reversible(); !done) {
      take_back();
      return tl::unexpected(std::move(done.error()));
    }
    final();
    return applied_;
  }

 private:
  enum class Deed : std::uint8_t { keep, create, replace };
  struct TunnelDeed {
    Deed deed = Deed::create;
    Tunnel* before = nullptr; // of the previous file
    std::optional<runtime::TunnelReport> report;
    bool asleep = false; // persistent, and waiting to be opened again: it has no sessions now
  };

  void match() {
    std::unordered_map<std::string, Tunnel*> known;
    for (Tunnel& tunnel : owner_.tunnels_)
      known[tunnel.key] = &tunnel;
    deeds_.resize(tunnels_.size());
    for (std::size_t i = 0; i < tunnels_.size(); ++i) {
      Tunnel& tunnel = tunnels_[i];
      TunnelDeed& deed = deeds_[i];
      if (const auto found = known.find(tunnel.key); found != known.end()) {
        deed.before = found->second;
        matched_.insert(found->second);
        tunnel.id = deed.before->id;
      }
      deed.report = owner_.alive(tunnel);
      if (!deed.report) {
        tunnel.id = 0;
        continue;
      }
      tunnel.id = deed.report->tunnel_id;
      const bool replace = deed.before != nullptr
                               ? must_be_replaced(deed.before->plan.parameters, tunnel.plan.parameters)
                               : contradicts(deed.report->config, tunnel.plan.parameters);
      const auto sessions = control_.session_list({.id = tunnel.id, .name = {}});
      deed.asleep = !sessions;
      if (sessions) new_sessions_ += new_sessions(tunnel, deed.before, *sessions);
      deed.deed = replace || (deed.asleep && sessions_differ(tunnel, deed)) ? Deed::replace : Deed::keep;
    }
    for (std::size_t i = 0; i < tunnels_.size(); ++i) {
      if (deeds_[i].deed == Deed::keep) continue;
      ++new_tunnels_;
      new_sessions_ += tunnels_[i].sessions.size();
    }
  }

  /// How many sessions a tunnel that stays is to get, `live` being those that it has.
  static std::size_t new_sessions(const Tunnel& tunnel, const Tunnel* before, const std::vector<std::uint16_t>& live) {
    std::unordered_map<std::string, const Session*> known;
    if (before != nullptr)
      for (const Session& session : before->sessions)
        known[session.key] = &session;
    return static_cast<std::size_t>(std::ranges::count_if(tunnel.sessions, [&](const Session& session) {
      const auto found = known.find(session.key);
      if (found == known.end() || !std::ranges::binary_search(live, found->second->id)) return true;
      return must_be_replaced(found->second->plan.parameters, session.plan.parameters);
    }));
  }

  static bool sessions_differ(const Tunnel& tunnel, const TunnelDeed& deed) {
    if (deed.before == nullptr) return !tunnel.sessions.empty();
    return !std::ranges::equal(tunnel.sessions, deed.before->sessions, [](const Session& a, const Session& b) {
      return a.key == b.key && !must_be_replaced(a.plan.parameters, b.plan.parameters);
    });
  }

  // ---- what can be taken back ----

  tl::expected<void, FileFault> reversible() {
    const SystemConfig working = open_for_work(target_, system_, new_tunnels_, new_sessions_);
    if (const auto change = change_between(system_, working)) {
      if (const auto done = control_.system_modify(*change); !done)
        return tl::unexpected(fault(0, "system modify", done.error()));
      undo_.push_back(
          [this, back = *change_between(working, system_)] { static_cast<void>(control_.system_modify(back)); });
    }
    during_ = working;
    adopt_profiles();
    for (std::size_t i = 0; i < tunnels_.size(); ++i) {
      if (deeds_[i].deed == Deed::replace) continue;
      if (auto done = deeds_[i].deed == Deed::keep ? adjust(tunnels_[i], deeds_[i]) : add(tunnels_[i]); !done)
        return done;
    }
    return {};
  }

  void adopt_profiles() {
    const runtime::ProfileNames names = together(owner_.before_.named, next_.named);
    if (empty(names) || !next_.profiles) return;
    auto backup = std::make_shared<runtime::ProfileStore>(0);
    backup->adopt(control_.profiles());
    control_.profiles().adopt(*next_.profiles, names);
    undo_.push_back([this, backup, names] { control_.profiles().adopt(*backup, names); });
    applied_.profiles = true;
  }

  tl::expected<void, FileFault> add(Tunnel& tunnel) {
    if (auto done = owner_.create(tunnel); !done) return done;
    undo_.push_back([this, id = tunnel.id] {
      static_cast<void>(control_.tunnel_delete({.id = id, .name = {}}, "the configuration was refused"));
    });
    applied_.created += 1;
    for (Session& session : tunnel.sessions) {
      if (auto done = owner_.create(tunnel.id, session); !done) return done;
      applied_.created += 1;
    }
    return {};
  }

  tl::expected<void, FileFault> adjust(Tunnel& tunnel, const TunnelDeed& deed) {
    const auto config = control_.profiles().current()->for_tunnel(tunnel.plan.parameters, during_);
    if (!config) return tl::unexpected(fault(tunnel.plan.line, "tunnel create", config.error()));
    const auto change =
        difference(deed.report->config, (*config)->in_force,
                   deed.before != nullptr ? &deed.before->plan.parameters : nullptr, tunnel.plan.parameters);
    if (!change.empty) {
      const runtime::TunnelName name{.id = tunnel.id, .name = {}};
      if (const auto done = control_.tunnel_modify(name, change.forth); !done)
        return tl::unexpected(fault(tunnel.plan.line, "tunnel modify", done.error()));
      undo_.push_back([this, name, back = change.back] { static_cast<void>(control_.tunnel_modify(name, back)); });
      applied_.modified += 1;
    }
    if (deed.asleep) {
      for (std::size_t i = 0; i < tunnel.sessions.size(); ++i)
        tunnel.sessions[i].id = deed.before->sessions[i].id;
      return {};
    }
    return adjust_sessions(tunnel, deed, **config);
  }

  tl::expected<void, FileFault> adjust_sessions(Tunnel& tunnel, const TunnelDeed& deed,
                                                const runtime::TunnelConfig& config) {
    std::unordered_map<std::string, const Session*> known;
    if (deed.before != nullptr)
      for (const Session& session : deed.before->sessions)
        known[session.key] = &session;
    for (Session& session : tunnel.sessions) {
      const auto found = known.find(session.key);
      const Session* before = found == known.end() ? nullptr : found->second;
      if (before != nullptr) known.erase(found);
      const auto report = session_of(tunnel, session, before);
      if (!report) {
        if (auto done = owner_.create(tunnel.id, session); !done) return done;
        undo_session(tunnel.id, session.id);
        applied_.created += 1;
        continue;
      }
      session.id = report->session_id;
      const bool replace = before != nullptr ? must_be_replaced(before->plan.parameters, session.plan.parameters)
                                             : contradicts(report->config, session.plan.parameters);
      if (replace) {
        replaced_sessions_.push_back({&tunnel, &session});
        continue;
      }
      const auto wanted =
          control_.profiles().current()->for_session(config, deed.report->mode, session.plan.parameters, during_);
      if (!wanted) return tl::unexpected(fault(session.plan.line, "session create", wanted.error()));
      const auto change = difference(report->config, (*wanted)->in_force,
                                     before != nullptr ? &before->plan.parameters : nullptr, session.plan.parameters);
      if (change.empty) continue;
      const runtime::SessionName name{.tunnel = {.id = tunnel.id, .name = {}}, .id = session.id, .name = {}};
      if (const auto done = control_.session_modify(name, change.forth); !done)
        return tl::unexpected(fault(session.plan.line, "session modify", done.error()));
      undo_.push_back([this, name, back = change.back] { static_cast<void>(control_.session_modify(name, back)); });
      applied_.modified += 1;
    }
    for (const auto& [key, session] : known)
      if (session->id != 0) vanished_sessions_.push_back({tunnel.id, session->id});
    return {};
  }

  std::optional<runtime::SessionReport> session_of(const Tunnel& tunnel, const Session& session,
                                                   const Session* before) {
    runtime::SessionName name{.tunnel = {.id = tunnel.id, .name = {}}, .id = 0, .name = {}};
    const runtime::SessionParameters& wanted = session.plan.parameters;
    if (before != nullptr)
      name.id = before->id;
    else if (wanted.session_name)
      name.name = wanted.session_name;
    else
      name.id = wanted.session_id.value_or(0);
    if (name.id == 0 && !name.name) return std::nullopt;
    auto report = control_.session_get(name);
    if (!report || !report->created_by_admin) return std::nullopt;
    return std::move(*report);
  }

  void undo_session(std::uint16_t tunnel, std::uint16_t session) {
    undo_.push_back([this, tunnel, session] {
      static_cast<void>(control_.session_delete({.tunnel = {.id = tunnel, .name = {}}, .id = session, .name = {}},
                                                "the configuration was refused"));
    });
  }

  void take_back() {
    for (auto step = undo_.rbegin(); step != undo_.rend(); ++step)
      (*step)();
  }

  // ---- from here on there is no way back ----

  void final() {
    owner_.pending_.clear();
    for (const auto& [tunnel, session] : vanished_sessions_) {
      static_cast<void>(control_.session_delete({.tunnel = {.id = tunnel, .name = {}}, .id = session, .name = {}},
                                                vanished_reason)); // it may have gone by itself
      applied_.deleted += 1;
    }
    for (const auto& [tunnel, session] : replaced_sessions_)
      replace(*tunnel, *session);
    for (Tunnel& tunnel : owner_.tunnels_) {
      if (matched_.contains(&tunnel) || !owner_.alive(tunnel)) continue;
      static_cast<void>(control_.tunnel_delete({.id = tunnel.id, .name = {}}, vanished_reason));
      applied_.deleted += 1;
    }
    for (std::size_t i = 0; i < tunnels_.size(); ++i)
      if (deeds_[i].deed == Deed::replace) replace(i);

    if (auto change = change_between(during_, target_); change || next_.system.reset_statistics) {
      SystemChange last = change.value_or(SystemChange{});
      last.reset_statistics = next_.system.reset_statistics;
      if (const auto done = control_.system_modify(last); !done)
        owner_.say_(fault_text({}, fault(0, "system modify", done.error())));
    }
    applied_.system = change_between(system_, target_).has_value();
    next_.tunnels.clear();
    owner_.before_ = std::move(next_);
    owner_.tunnels_ = std::move(tunnels_);
  }

  void replace(std::size_t place) {
    Tunnel& tunnel = tunnels_[place];
    static_cast<void>(control_.tunnel_delete({.id = tunnel.id, .name = {}}, replaced_reason));
    tunnel.id = 0;
    applied_.replaced += 1;
    if (auto done = owner_.create(tunnel); !done) {
      owner_.pending_.push_back({place});
      return;
    }
    for (Session& session : tunnel.sessions)
      if (auto done = owner_.create(tunnel.id, session); !done) owner_.say_(fault_text(next_.file, done.error()));
  }

  void replace(Tunnel& tunnel, Session& session) {
    static_cast<void>(control_.session_delete({.tunnel = {.id = tunnel.id, .name = {}}, .id = session.id, .name = {}},
                                              replaced_reason));
    session.id = 0;
    applied_.replaced += 1;
    if (auto done = owner_.create(tunnel.id, session); !done) owner_.say_(fault_text(next_.file, done.error()));
  }

  Reconciler& owner_;
  runtime::Control& control_;
  Configuration next_;
  std::vector<Tunnel> tunnels_;
  std::vector<TunnelDeed> deeds_; // as long as tunnels_
  std::set<const Tunnel*> matched_;
  std::vector<std::pair<Tunnel*, Session*>> replaced_sessions_;
  std::vector<std::pair<std::uint16_t, std::uint16_t>> vanished_sessions_;
  SystemConfig system_, target_, during_;
  std::size_t new_tunnels_ = 0, new_sessions_ = 0;
  std::vector<std::function<void()>> undo_;
  Applied applied_;
};

// ---- the whole ----

Reconciler::Reconciler(runtime::Control& control, const SystemConfig& defaults,
                       std::function<void(const std::string&)> say)
    : control_(control), defaults_(defaults), say_(std::move(say)) {}

tl::expected<Applied, FileFault> Reconciler::apply(Configuration next) { return Change(*this, std::move(next)).run(); }

std::vector<Reconciler::Tunnel> Reconciler::keyed(const std::vector<PlannedTunnel>& plans) const {
  std::vector<Tunnel> tunnels;
  tunnels.reserve(plans.size());
  std::unordered_map<std::string, unsigned> seen;
  for (const PlannedTunnel& plan : plans) {
    Tunnel& tunnel = tunnels.emplace_back();
    tunnel.key = numbered(key_of(plan.parameters), seen);
    tunnel.plan = {plan.line, plan.parameters, {}};
    std::unordered_map<std::string, unsigned> seen_sessions;
    for (const PlannedSession& session : plan.sessions)
      tunnel.sessions.push_back({numbered(key_of(session.parameters), seen_sessions), session, 0});
  }
  return tunnels;
}

std::optional<runtime::TunnelReport> Reconciler::alive(const Tunnel& tunnel) {
  runtime::TunnelName name{.id = tunnel.id, .name = {}};
  const runtime::TunnelParameters& wanted = tunnel.plan.parameters;
  if (name.id == 0 && wanted.tunnel_name)
    name.name = wanted.tunnel_name;
  else if (name.id == 0)
    name.id = wanted.tunnel_id.value_or(0);
  if (name.id == 0 && !name.name) return std::nullopt;
  auto report = control_.tunnel_get(name);
  // An id may have passed to somebody else; a closing tunnel is as good as gone.
  if (!report || !report->created_by_admin || report->state == "CLOSING" || report->state == "DEAD")
    return std::nullopt;
  if (report->config.tunnel_name.value_or("") != wanted.tunnel_name.value_or("") && wanted.tunnel_name)
    return std::nullopt;
  return std::move(*report);
}

tl::expected<void, FileFault> Reconciler::create(Tunnel& tunnel) {
  const auto id = control_.tunnel_create(tunnel.plan.parameters);
  if (!id) return tl::unexpected(fault(tunnel.plan.line, "tunnel create", id.error()));
  tunnel.id = *id;
  return {};
}

tl::expected<void, FileFault> Reconciler::create(std::uint16_t tunnel, Session& session) {
  const auto id = control_.session_create({.id = tunnel, .name = {}}, session.plan.parameters);
  if (!id) return tl::unexpected(fault(session.plan.line, "session create", id.error()));
  session.id = *id;
  return {};
}

void Reconciler::retry() {
  for (auto pending = pending_.begin(); pending != pending_.end();) {
    Tunnel& tunnel = tunnels_[pending->place];
    if (auto done = create(tunnel); !done) {
      if (++pending->attempts < attempts_max) {
        ++pending;
        continue;
      }
      say_(fault_text(before_.file, done.error()));
    } else {
      for (Session& session : tunnel.sessions)
        if (auto made = create(tunnel.id, session); !made) say_(fault_text(before_.file, made.error()));
    }
    pending = pending_.erase(pending);
  }
}

} // namespace openl2tp::daemon
