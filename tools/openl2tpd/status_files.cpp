// What changed goes into a set, so that an object that changes often is written once a round; the set is bounded by the
// number of objects there are.
#include "tools/openl2tpd/status_files.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <sstream>

#include <fmt/format.h>
#include <poll.h>

#include "runtime/profiles/profile_store.hpp"
#include "tools/l2tpconfig/commands.hpp"
#include "tools/openl2tpd/in_process.hpp"

namespace openl2tp::daemon {

using runtime::MonitorEvent;
using Clock = std::chrono::steady_clock;

class StatusFiles::Writer {
 public:
  Writer(runtime::Control& control, StatusTree tree, const StatusOptions& options, runtime::Log& log)
      : control_(control), stub_(control), tree_(std::move(tree)), options_(options), log_(log) {}

  void note(const MonitorEvent& event) {
    switch (event.kind) {
    case MonitorEvent::Kind::session_up:
    case MonitorEvent::Kind::session_down:
      dirty_.insert({.kind = Kind::session, .tunnel = event.tunnel_id, .session = event.session_id});
      break;
    case MonitorEvent::Kind::ppp_up:
    case MonitorEvent::Kind::session_changed:
      dirty_.insert({.kind = Kind::session, .tunnel = event.tunnel_id, .session = event.session_id});
      return;
    case MonitorEvent::Kind::peer_trouble: return; // no object's file tells it
    case MonitorEvent::Kind::tunnel_created:
    case MonitorEvent::Kind::tunnel_up:
    case MonitorEvent::Kind::tunnel_down:
    case MonitorEvent::Kind::tunnel_gone: break;
    }
    // The tunnel's own file counts its sessions.
    dirty_.insert({.kind = Kind::tunnel, .tunnel = event.tunnel_id});
    peers_changed_ = true;
  }

  void everything_may_have_changed() { resync_ = true; }
  [[nodiscard]] bool has_work() const noexcept { return !dirty_.empty(); }

  /// What no event tells.
  void look_around() {
    if (resync_) resync();
    dirty_.insert({.kind = Kind::system});
    if (auto now = control_.profiles().current(); now != profiles_) {
      profiles_ = std::move(now);
      list_profiles<runtime::PeerProfileParameters>(Kind::peer_profile);
      list_profiles<runtime::TunnelProfileParameters>(Kind::tunnel_profile);
      list_profiles<runtime::SessionProfileParameters>(Kind::session_profile);
      list_profiles<runtime::PppProfileParameters>(Kind::ppp_profile);
    }
    if (peers_changed_) {
      list_peers();
      list_profile_uses();
    }
  }

  /// Writes what waits, at most a batch.
  void work() {
    for (std::size_t i = 0; i < options_.batch && !dirty_.empty(); ++i) {
      const Item item = std::move(dirty_.extract(dirty_.begin()).value());
      update(item);
    }
  }

  void clear() { tree_.clear(); }

 private:
  void update(const Item& item) {
    const std::string path = path_of(item);
    if (path.empty()) return;
    auto text = text_of(item);
    if (!text) {
      // A tunnel and a session have directories of their own.
      const bool folder = item.kind == Kind::tunnel || item.kind == Kind::session;
      tree_.remove(folder ? path.substr(0, path.rfind('/')) : path);
      return;
    }
    if (item.kind == Kind::system) {
      if (*text == system_text_) return;
      system_text_ = *text;
    }
    if (const auto written = tree_.write(path, *text); !written && !complained_) {
      complained_ = true; // once: a full disk would repeat it for every object
      log_.warning("status files: " + written.error());
    }
  }

  static std::string path_of(const Item& item) {
    const auto named = [&](const char* folder) {
      const std::string name = file_name(item.name);
      return name.empty() ? std::string() : std::string(folder) + name;
    };
    switch (item.kind) {
    case Kind::system: return "system";
    case Kind::peer_profile: return named("peer-profiles/");
    case Kind::tunnel_profile: return named("tunnel-profiles/");
    case Kind::session_profile: return named("session-profiles/");
    case Kind::ppp_profile: return named("ppp-profiles/");
    case Kind::peer: return "peers/" + item.name + '-' + item.other;
    case Kind::tunnel: return fmt::format("tunnels/{}/status", item.tunnel);
    case Kind::session: return fmt::format("tunnels/{}/sessions/{}/status", item.tunnel, item.session);
    }
    return {};
  }

  std::optional<std::string> text_of(const Item& item) {
    const std::string profile = "profile_name=" + item.name;
    switch (item.kind) {
    case Kind::system: {
      const auto version = show({"system", "show", "version"}), config = show({"system", "show", "configuration"});
      if (!version || !config) return std::nullopt;
      return *version + '\n' + *config;
    }
    case Kind::peer_profile: return show({"peer", "profile", "show", profile});
    case Kind::tunnel_profile: return show({"tunnel", "profile", "show", profile});
    case Kind::session_profile: return show({"session", "profile", "show", profile});
    case Kind::ppp_profile: return show({"ppp", "profile", "show", profile});
    case Kind::peer: return show({"peer", "show", "peer_ipaddr=" + item.other, "local_ipaddr=" + item.name});
    case Kind::tunnel: return show({"tunnel", "show", fmt::format("tunnel_id={}", item.tunnel), "config"});
    case Kind::session:
      return show(
          {"session", "show", fmt::format("tunnel_id={}", item.tunnel), fmt::format("session_id={}", item.session)});
    }
    return std::nullopt;
  }

  /// What a command shows; nothing when there is no such object.
  std::optional<std::string> show(const std::vector<std::string>& words) {
    std::ostringstream out, err;
    cli::Context context{.stub = stub_, .host = "localhost", .out = out, .err = err, .quiet = true};
    if (cli::run_command(context, words) != cli::Status::done) return std::nullopt;
    return out.str();
  }

  template <class Parameters>
  void list_profiles(Kind kind) {
    std::set<std::string>& known = known_profiles_[kind];
    std::set<std::string> now;
    for (std::string& name : control_.profiles().list<Parameters>()) {
      dirty_.insert({.kind = kind, .name = name});
      now.insert(std::move(name));
    }
    for (const std::string& name : known)
      if (!now.contains(name)) dirty_.insert({.kind = kind, .name = name}); // it is not shown, so it is removed
    known = std::move(now);
  }

  void list_peers() {
    const auto peers = control_.peer_list();
    if (!peers) return;
    peers_changed_ = false;
    std::map<std::pair<std::string, std::string>, std::uint32_t> now;
    for (const runtime::PeerReport& peer : *peers)
      now[{protocol::to_string(peer.local), protocol::to_string(peer.peer)}] = peer.tunnels;
    for (const auto& [addresses, tunnels] : now)
      if (const auto known = known_peers_.find(addresses); known == known_peers_.end() || known->second != tunnels)
        dirty_.insert({.kind = Kind::peer, .name = addresses.first, .other = addresses.second});
    for (const auto& [addresses, tunnels] : known_peers_)
      if (!now.contains(addresses)) tree_.remove("peers/" + addresses.first + '-' + addresses.second);
    known_peers_ = std::move(now);
  }

  /// Peer profiles show how many tunnels use them.
  void list_profile_uses() {
    auto now = control_.peer_profile_uses();
    if (!now) {
      peers_changed_ = true; // asked again with the next round
      return;
    }
    const auto differs = [](const runtime::ProfileUses& one, const runtime::ProfileUses& other) {
      std::vector<std::string> names;
      for (const auto& [name, tunnels] : one)
        if (const auto it = other.find(name); it == other.end() || it->second != tunnels) names.push_back(name);
      return names;
    };
    for (const auto& names : {differs(*now, profile_uses_), differs(profile_uses_, *now)})
      for (const std::string& name : names)
        if (known_profiles_[Kind::peer_profile].contains(name))
          dirty_.insert({.kind = Kind::peer_profile, .name = name});
    profile_uses_ = std::move(*now);
  }

  /// Events were lost: every object anew, and what is not there any more goes.
  void resync() {
    const auto tunnels = control_.tunnel_list();
    if (!tunnels) return;
    resync_ = false;
    tree_.remove("tunnels");
    for (const std::uint16_t tunnel : *tunnels) {
      dirty_.insert({.kind = Kind::tunnel, .tunnel = tunnel});
      const auto sessions = control_.session_list({.id = tunnel, .name = {}});
      if (!sessions) continue; // gone since, or waiting to be opened again
      for (const std::uint16_t session : *sessions)
        dirty_.insert({.kind = Kind::session, .tunnel = tunnel, .session = session});
    }
    peers_changed_ = true;
  }

  runtime::Control& control_;
  InProcessStub stub_;
  StatusTree tree_;
  const StatusOptions& options_;
  runtime::Log& log_;
  std::set<Item> dirty_;
  std::map<Kind, std::set<std::string>> known_profiles_;
  std::map<std::pair<std::string, std::string>, std::uint32_t> known_peers_;
  runtime::ProfileUses profile_uses_;
  std::shared_ptr<const runtime::Profiles> profiles_;
  std::string system_text_;
  bool resync_ = true, peers_changed_ = true, complained_ = false;
};

tl::expected<void, std::string> StatusFiles::start(runtime::Control& control) {
  auto tree = StatusTree::open(options_.directory);
  if (!tree) return tl::unexpected("status files: " + tree.error());
  stop_ = UniqueFd(::eventfd(0, EFD_CLOEXEC));
  if (!stop_) return tl::unexpected(std::string("status files: cannot make an event descriptor"));
  thread_ = std::thread([this, &control, taken = std::move(*tree)]() mutable { run(control, std::move(taken)); });
  return {};
}

void StatusFiles::stop() {
  if (!thread_.joinable()) return;
  ::eventfd_write(stop_.get(), 1);
  thread_.join();
}

void StatusFiles::run(runtime::Control& control, StatusTree tree) {
  Writer writer(control, std::move(tree), options_, log_);
  hub_.listen([&writer](const MonitorEvent& event) { writer.note(event); });
  std::uint64_t dropped = hub_.dropped();
  Clock::time_point next = Clock::now();
  while (true) {
    const auto now = Clock::now();
    if (now >= next) {
      writer.look_around();
      next = now + options_.tick;
    }
    writer.work();
    // While there is work the pause alone is waited for; events queue up meanwhile.
    const bool busy = writer.has_work();
    const auto wait = busy ? options_.pause : std::chrono::ceil<std::chrono::milliseconds>(next - now);
    std::array<pollfd, 2> watched{{{stop_.get(), POLLIN, 0}, {hub_.wake_fd(), POLLIN, 0}}};
    if (::poll(watched.data(), busy ? 1 : 2, static_cast<int>(std::max<std::int64_t>(wait.count(), 0))) < 0 &&
        errno != EINTR)
      break;
    if (watched[0].revents != 0) break;
    if (watched[1].revents != 0) {
      eventfd_t count = 0;
      ::eventfd_read(hub_.wake_fd(), &count);
    }
    hub_.dispatch();
    if (const std::uint64_t lost = hub_.dropped(); lost != dropped) {
      dropped = lost;
      writer.everything_may_have_changed();
    }
  }
  hub_.listen({});
  hub_.dispatch();
  writer.clear();
}

} // namespace openl2tp::daemon
