#include "plugins/ppp_kernel/shard.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>

#include <fcntl.h>
#include <unistd.h>

#include "plugins/descriptors.hpp"
#include "plugins/ppp_kernel/session.hpp"

namespace openl2tp::ppp_kernel {

namespace {

constexpr const char* default_configuration = "/etc/openl2tp-ppp.conf";
constexpr const char* default_scripts = "/etc/openl2tp";

/// A file that the environment names; empty: none. Which files count is not for whoever started a daemon with more
/// privileges than their own.
std::string from_environment(const char* variable) {
  const char* path = secure_getenv(variable);
  return path == nullptr ? std::string() : std::string(path);
}

/// One look of a worker, for all shards.
class ConfigurationLook final : public Look {
 public:
  ConfigurationLook(Host host, ConfigurationFile& file) noexcept : host_(host), file_(file) {}
  void work() override {
    file_.look([&](const std::string& line) { host_.warning(line); });
  }

 private:
  Host host_;
  ConfigurationFile& file_;
};

/// One line at the start in place of one a session.
void look_for_tun(const Host& host) {
  const Descriptor device(open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  if (device.get() >= 0) return;
  const int fault = errno;
  const char* cure = fault == ENOENT || fault == ENODEV || fault == ENXIO
                         ? "load the kernel module tun, or give the container the device"
                         : "the unit needs DeviceAllow=/dev/net/tun rw, a container the device";
  host.warning("/dev/net/tun: " + plugins::error_text(fault) +
               ": sessions that the kernel's L2TP does not carry have no interface and fail; " + cure);
}

} // namespace

const Surroundings& daemon_surroundings() {
  static const std::string named = from_environment("OPENL2TP_PPP_CONFIG");
  static ConfigurationFile configuration(named.empty() ? default_configuration : named, !named.empty(),
                                         default_scripts);
  static const Surroundings surroundings = [] {
    Surroundings made{.network = kernel_network(), .configuration = configuration, .secrets = {}, .host_name = {}};
    if (const std::string path = from_environment("OPENL2TP_SECRETS"); !path.empty())
      made.secrets = {.chap = path, .pap = path};
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) == 0) made.host_name = name.data();
    // At start, before there is anybody to wait: the operator sees a mistake at once, and the first session finds all.
    configuration.look([](const std::string& line) { detail::the_host().warning(line); });
    look_for_tun(detail::the_host());
    return made;
  }();
  return surroundings;
}

Shard::Shard(Host host, openl2tp_loop* loop, std::uint32_t, std::uint32_t, const Surroundings& surroundings)
    : host_(host), random_(host), host_name_(surroundings.host_name), timer_(host, loop, [this] { handle_timer(); }),
      secrets_(host, loop, surroundings.secrets, surroundings.authority), configuration_(surroundings.configuration),
      configuration_freshness_(
          host, loop, [host, &file = configuration_] { return std::make_unique<ConfigurationLook>(host, file); }),
      door_(std::make_shared<Door>(host, loop,
                                   [this](openl2tp_session_token token, Door::Message message) {
                                     if (Session* session = find(token)) session->handle_told(message);
                                   })),
      leases_writer_(host, loop, surroundings.configuration.pools()), scripts_(host, loop),
      tun_paths_(host, loop, surroundings.network), kernel_paths_(host, loop, *surroundings.ppp) {
  if (!timer_) throw std::runtime_error("no timer");
}

Shard::~Shard() { configuration_.pools().close(*door_); }

void Shard::add(Session& session) { sessions_.emplace(session.token(), &session); }

void Shard::remove(Session& session) noexcept {
  sessions_.erase(session.token());
  deadlines_.remove(session);
  if (sessions_.empty()) detail::guarded("writing leases threw", [this] { leases_writer_.handle_last_gone(); });
}

Session* Shard::find(openl2tp_session_token token) const noexcept {
  const auto found = sessions_.find(token);
  return found == sessions_.end() ? nullptr : found->second;
}

void Shard::wait_until(Session& session, ppp::TimePoint deadline) {
  deadlines_.set(session, deadline);
  arm();
}

/// The timer may be armed for an earlier time than needed: it then wakes in vain.
void Shard::arm() {
  const ppp::TimePoint first = deadlines_.first();
  if (first >= armed_for_) return;
  armed_for_ = first;
  timer_.arm(static_cast<std::uint64_t>(std::max<std::int64_t>((first - now()).count(), 0)));
}

void Shard::handle_timer() {
  armed_for_ = ppp::never;
  for (int i = 0; i < timeouts_a_turn; ++i) {
    Waiting* due = deadlines_.take_due(now());
    if (due == nullptr) break;
    static_cast<Session*>(due)->handle_timeout();
  }
  arm();
}

} // namespace openl2tp::ppp_kernel
