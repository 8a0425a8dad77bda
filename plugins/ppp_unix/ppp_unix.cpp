// The plugin ppp_unix: one pppd a session. Here are its entry point and the C ABI's tables; what they do is in
// session.hpp and shard.hpp.
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <variant>

#include <dlfcn.h>
#include <unistd.h>

#include <openl2tp/plugin.h>

#include "plugins/ppp_unix/arguments.hpp"
#include "plugins/ppp_unix/host.hpp"
#include "plugins/ppp_unix/session.hpp"
#include "plugins/ppp_unix/settings.hpp"
#include "plugins/ppp_unix/shard.hpp"

// The C ABI's names for what is ours.
struct openl2tp_shard final : openl2tp::ppp_unix::Shard {
  using Shard::Shard;
};
struct openl2tp_ppp final : openl2tp::ppp_unix::Session {
  using Session::Session;
};

namespace openl2tp::ppp_unix {

namespace {

// Written by the entry point, before any other thread runs; only read later.
Host daemon_host;
Settings settings;

std::string own_folder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&openl2tp_plugin_entry), &info) == 0 || info.dli_fname == nullptr) return {};
  char* path = realpath(info.dli_fname, nullptr);
  if (path == nullptr) return {};
  std::string folder = path;
  std::free(path);
  folder.resize(folder.rfind('/'));
  return folder;
}

/// Which program runs as root is not for whoever started a daemon with more privileges than their own.
const char* from_environment(const char* name) {
  return std::strcmp(name, "OPENL2TP_PPPD") == 0 ? secure_getenv(name) : std::getenv(name);
}

openl2tp_status shard_start(openl2tp_shard** out, openl2tp_loop* loop, std::uint32_t index,
                            std::uint32_t shards) noexcept {
  Host host = daemon_host;
  host.loop = loop;
  *out = new (std::nothrow) openl2tp_shard(host, settings, index, shards);
  return *out == nullptr ? OPENL2TP_E_NO_MEMORY : OPENL2TP_OK;
}

void shard_stop(openl2tp_shard* shard) noexcept { delete shard; }

void say_once_about_proxy() {
  static std::atomic_flag said;
  if (said.test_and_set()) return;
  daemon_host.log(OPENL2TP_LOG_DEBUG,
                  "pppd takes no proxy LCP and no proxy authentication: both are negotiated with the peer afresh");
}

openl2tp_status ppp_open(openl2tp_ppp** out, openl2tp_shard* shard, openl2tp_session_token token,
                         const openl2tp_ppp_params* params) noexcept {
  try {
    if (params->data_path != OPENL2TP_DATA_PATH_KERNEL || params->session_fd < 0) return OPENL2TP_E_UNSUPPORTED;
    if (const auto why = contradiction(*params)) {
      shard->host().log(OPENL2TP_LOG_ERROR, "session " + std::to_string(params->tunnel_id) + "/" +
                                                std::to_string(params->session_id) + ": " + std::string(*why));
      return OPENL2TP_E_INVALID;
    }
    if (params->proxy != nullptr) say_once_about_proxy();
    auto session = std::make_unique<openl2tp_ppp>(*shard, token, *params);
    const auto status = session->open(*params);
    if (status == OPENL2TP_OK) *out = session.release();
    return status;
  } catch (const std::bad_alloc&) {
    return OPENL2TP_E_NO_MEMORY;
  }
}

/// The CDN has gone, whatever its result: pppd is told to end.
void ppp_close(openl2tp_ppp* ppp, std::uint16_t) noexcept { delete ppp; }

constexpr std::uint32_t data_paths[] = {OPENL2TP_DATA_PATH_KERNEL};

const openl2tp_ppp_ops ppp_ops = {
    .struct_size = sizeof(openl2tp_ppp_ops),
    .data_path_count = 1,
    .data_paths = data_paths,
    .accept = nullptr,
    .open = ppp_open,
    .close = ppp_close,
    .modify = nullptr, // pppd takes its parameters at its start
    .stats = nullptr,  // the kernel counts
    .frames = nullptr,
    .accm = nullptr, // pppd as LAC does not frame what the tunnel carries
};

const void* get_extension(const char* id) noexcept {
  return std::strcmp(id, OPENL2TP_EXTENSION_PPP) == 0 ? &ppp_ops : nullptr;
}

const openl2tp_plugin_ops plugin_ops = {
    .struct_size = sizeof(openl2tp_plugin_ops),
    .abi_major = OPENL2TP_ABI_MAJOR,
    .abi_minor = OPENL2TP_ABI_MINOR,
    .name = "ppp_unix",
    .version = "1.0",
    .get_extension = get_extension,
    .shard_start = shard_start,
    .shard_stop = shard_stop,
};

/// Whether `path` can be used; a warning when not: it may be installed later.
void look_for(const std::string& path, int mode, const char* cure) {
  if (access(path.c_str(), mode) == 0) return;
  daemon_host.log(OPENL2TP_LOG_WARNING, path + ": " + std::strerror(errno) + ": no session can have PPP; " + cure);
}

const openl2tp_plugin_ops* enter(openl2tp_host* host, const openl2tp_host_ops* ops) {
  daemon_host = Host{.handle = host, .ops = ops};
  auto read = read_settings(from_environment, own_folder());
  if (const auto* fault = std::get_if<std::string>(&read)) {
    daemon_host.log(OPENL2TP_LOG_ERROR, *fault);
    return nullptr;
  }
  settings = std::get<Settings>(std::move(read));
  look_for(settings.pppd, X_OK, "install pppd 2.4.9 (Debian package ppp)");
  look_for(settings.pppd_plugin, R_OK, "it belongs to this plugin and was built against another pppd, or not at all");
  return &plugin_ops;
}

} // namespace

} // namespace openl2tp::ppp_unix

extern "C" OPENL2TP_PLUGIN_EXPORT const openl2tp_plugin_ops* openl2tp_plugin_entry(openl2tp_host* host,
                                                                                   const openl2tp_host_ops* host_ops) {
  return openl2tp::ppp_unix::enter(host, host_ops);
}
