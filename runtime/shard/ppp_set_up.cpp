// From an established session to PPP on it, and back. Tasks wait for the kernel; each looks its session up again after
// every wait.
#include "runtime/shard/ppp_set_up.hpp"

#include <string>
#include <utility>

#include "runtime/loop/sleep.hpp"
#include "runtime/plugin/ppp_params.hpp"

namespace openl2tp::runtime {

using protocol::CdnResult;
using protocol::GeneralError;
using protocol::make_reason;

PppSetUp::PppSetUp(const Parts& parts, const PluginSet& plugins, std::uint32_t most, std::uint32_t shards, Owner& owner)
    : loop_(parts.loop), engine_(parts.engine), plugins_(parts.plugins), frames_(parts.frames), kernel_(parts.kernel),
      sockets_(parts.sockets), admission_(parts.admission), events_(parts.events), owner_(owner), gate_(most, shards),
      tasks_(parts.loop) {
  for (const auto& plugin : plugins.plugins())
    targets_.push_back({&plugins_, plugin.get()});
}

Task<void> PppSetUp::close() {
  tasks_.request_stop();
  co_await tasks_.join();
}

namespace {

protocol::DataSettings data_settings(const protocol::Session& session, const SessionParameters& config) {
  // Required is what the LAC said in ICCN or OCCN; as LNS our own wish makes us number, and the LAC follow (§5.4).
  const bool lns = is_lns(session.type());
  const bool wished = session.settings().sequencing_required;
  return {.lns = lns,
          .sequencing_required = lns ? session.peer().sequencing_required : wished,
          .use_sequence_numbers = config.use_sequence_numbers.value_or(false) || (lns && wished),
          .reorder_timeout = protocol::Duration{config.reorder_timeout.value_or(0)}};
}

KernelSessionChange kernel_sequencing(const protocol::Session& session, const SessionParameters& config) {
  const protocol::DataSettings wanted = data_settings(session, config);
  const bool numbers = wanted.use_sequence_numbers || wanted.sequencing_required;
  return {.send_sequence = numbers,
          .receive_sequence = wanted.sequencing_required,
          .reorder_timeout = std::chrono::milliseconds{config.reorder_timeout.value_or(0)}};
}

} // namespace

// ---- starting

void PppSetUp::start(const SessionKey& key) {
  if (!gate_.full())
    begin(key);
  else if (!gate_.wait(key))
    refuse(key, "too many sessions wait for PPP");
}

void PppSetUp::begin(const SessionKey& key) {
  const auto live = find_live(engine_, key);
  if (!live) return; // it ended while it waited for its turn
  SessionRecord& record = live->record;
  if (record.config->in_force.no_ppp.value_or(false)) return; // the operator wants the session alone
  PppParams params(live->tunnel, live->session, *live->owner.config, *record.config, record.created_by_admin);
  const std::string& profile = record.config->in_force.ppp_profile_name.value_or("default");
  const Plugin* provider = plugins_.choose(params.get(), profile);
  if (provider == nullptr) return refuse(key, "no plugin takes the session");
  const auto data_path = data_path_for(*provider, params.get());
  if (!data_path) return refuse(key, "no data path for PPP");
  record.data_path = static_cast<std::uint8_t>(*data_path);
  params.get().data_path = *data_path;
  switch (*data_path) {
  case OPENL2TP_DATA_PATH_KERNEL:
    begin_set_up(key, record);
    tasks_.spawn(open_on_kernel(key, provider));
    return;
  case OPENL2TP_DATA_PATH_FRAMES:
    begin_set_up(key, record);
    if (!open_frames(key, *provider)) return refuse(key, "no frames path");
    break;
  default: break;
  }
  open(key, *provider, params.get());
}

// The one that the plugin wants for this session, else the first that it takes; of those that this daemon can offer.
std::optional<std::uint32_t> PppSetUp::data_path_for(const Plugin& provider, const openl2tp_ppp_params& params) {
  const auto wish = plugins_.wished_data_path(provider, params);
  if (wish && (*wish != OPENL2TP_DATA_PATH_KERNEL || kernel_)) return wish;
  for (std::uint32_t i = 0; i < provider.ppp->data_path_count; ++i) {
    const std::uint32_t path = provider.ppp->data_paths[i];
    if (path != OPENL2TP_DATA_PATH_KERNEL || kernel_) return path;
  }
  return std::nullopt;
}

void PppSetUp::open(const SessionKey& key, const Plugin& provider, const openl2tp_ppp_params& params) {
  if (!plugins_.open(key, provider, params)) return refuse(key, "PPP did not start");
  if (params.data_path == OPENL2TP_DATA_PATH_FRAMES) frames_.set_ppp(key.tunnel, key.session, plugins_.ppp_of(key));
}

bool PppSetUp::open_frames(const SessionKey& key, const Plugin& provider) {
  const auto live = find_live(engine_, key);
  if (!live) return false;
  UdpEndpoint* from = sockets_.find(live->tunnel.route().socket);
  if (from == nullptr) return false;
  return frames_.open({.tunnel = key.tunnel,
                       .session = key.session,
                       .peer_tunnel = live->tunnel.peer_id(),
                       .peer_session = live->session.peer_id(),
                       .endpoint = from,
                       .path = live->tunnel.route().path,
                       .sequencing = data_settings(live->session, live->record.config->in_force),
                       .ppp = nullptr,
                       .receiver = {&PppSetUp::deliver_frames, &targets_[provider.number]}});
}

void PppSetUp::deliver_frames(void* self, std::span<const openl2tp_frame_in> frames) noexcept {
  const FramesTarget& target = *static_cast<const FramesTarget*>(self);
  target.host->deliver(*target.provider, frames);
}

Task<void> PppSetUp::open_on_kernel(SessionKey key, const Plugin* provider) {
  KernelTunnel wanted;
  KernelSession asked;
  if (const auto live = find_live(engine_, key)) {
    const TunnelParameters& config = live->owner.config->in_force;
    wanted = {.tunnel = key.tunnel,
              .peer_tunnel = live->tunnel.peer_id(),
              .route = live->tunnel.route(),
              .udp_checksums = config.use_udp_checksums.value_or(true),
              .pmtu_discovery = config.do_pmtu_discovery.value_or(false)};
    const KernelSessionChange sequencing = kernel_sequencing(live->session, live->record.config->in_force);
    asked = {.session = key.session,
             .peer_session = live->session.peer_id(),
             .lns = is_lns(live->session.type()),
             .send_sequence = sequencing.send_sequence,
             .receive_sequence = sequencing.receive_sequence,
             .reorder_timeout = sequencing.reorder_timeout,
             .debug = (live->session.trace_mask() & (protocol::trace::data | protocol::trace::system)) != 0};
  } else {
    co_return; // it ended in the turn in which it came up
  }
  auto opened = co_await kernel_->open_session(wanted, asked);
  const auto ports_are_taken = [&opened] {
    return !opened && opened.error().operation == KernelOperation::claim_ports;
  };
  if (find_live(engine_, key) && ports_are_taken()) {
    // A peer that began anew from its old port: what it left behind is found out, and makes way.
    bool waiting = co_await owner_.peer_is_gone({opened.error().other});
    const protocol::TimePoint deadline = loop_.now() + release_patience;
    while (waiting && find_live(engine_, key) && ports_are_taken() && loop_.now() < deadline) {
      waiting = co_await sleep_for(look);
      if (waiting && find_live(engine_, key)) opened = co_await kernel_->open_session(wanted, asked);
    }
  }
  const auto live = find_live(engine_, key);
  if (!live) co_return; // it ended meanwhile, and its data path with it
  if (!opened) {
    events_.warn("data path: " + to_string(opened.error()));
    refuse(key, ports_are_taken() ? "another tunnel has the same addresses and ports" : "no data path in the kernel",
           opened.error().temporary());
  } else {
    PppParams params(live->tunnel, live->session, *live->owner.config, *live->record.config,
                     live->record.created_by_admin);
    params.get().data_path = OPENL2TP_DATA_PATH_KERNEL;
    params.get().session_fd = opened->socket;
    open(key, *provider, params.get());
  }
  owner_.pump();
}

void PppSetUp::refuse(const SessionKey& key, std::string_view why, bool temporary) {
  ++engine_.counters().no_ppp_resources;
  const protocol::Reason reason = temporary ? make_reason(CdnResult::no_facilities_temporary, GeneralError::none, why)
                                            : make_reason(CdnResult::general_error, GeneralError::vendor_specific, why);
  static_cast<void>(engine_.close_session(key.tunnel, key.session, reason, loop_.now()));
}

// ---- the bound on set-ups

void PppSetUp::begin_set_up(const SessionKey& key, SessionRecord& record) {
  record.setting_up = true;
  gate_.begin(key, loop_.now());
}

// PPP is up, or the session has ended.
void PppSetUp::end_set_up(SessionRecord& record) {
  if (!std::exchange(record.setting_up, false)) return;
  gate_.end();
  while (const auto next = gate_.next())
    begin(*next);
}

// A plugin may take its time, or never say that PPP is up; the others do not wait for it for ever.
void PppSetUp::pass_slow() {
  const std::uint32_t patience_s = admission_.system().session_establish_timeout_s;
  if (patience_s == 0) return;
  while (const auto key = gate_.next_begun_by(loop_.now() - std::chrono::seconds(patience_s))) {
    const auto live = find_live(engine_, *key);
    if (!live || !live->record.setting_up) continue;
    events_.log("tunnel " + std::to_string(key->tunnel.value) + " session " + std::to_string(key->session.value) +
                ": PPP is not up after " + std::to_string(patience_s) + " s; others no longer wait for it");
    end_set_up(live->record);
  }
  owner_.pump();
}

// ---- ending and changing

void PppSetUp::end(const protocol::SessionEnded& action, SessionRecord* record) {
  // Frames first: a plugin that is closing hears no more of them. The kernel's socket last: it was the plugin's until
  // now.
  if (record != nullptr && record->data_path == OPENL2TP_DATA_PATH_FRAMES)
    static_cast<void>(frames_.close(action.tunnel, action.session));
  plugins_.close(action.tunnel, action.session, action.reason.result);
  if (record == nullptr) return;
  if (record->data_path == OPENL2TP_DATA_PATH_KERNEL) kernel_->close_session(action.tunnel, action.session);
  end_set_up(*record);
}

void PppSetUp::modify(const SessionKey& key) {
  const auto live = find_live(engine_, key);
  if (!live) return;
  const SessionRecord& record = live->record;
  if (record.data_path == OPENL2TP_DATA_PATH_FRAMES)
    frames_.modify(key.tunnel, key.session, data_settings(live->session, record.config->in_force));
  if (record.data_path == OPENL2TP_DATA_PATH_KERNEL)
    if (const auto changed =
            kernel_->modify_session(key.tunnel, key.session, kernel_sequencing(live->session, record.config->in_force));
        !changed)
      events_.warn("data path: " + to_string(changed.error()));
  PppParams params(live->tunnel, live->session, *live->owner.config, *record.config, record.created_by_admin);
  params.get().data_path = record.data_path;
  plugins_.modify(key, params.get());
  events_.tell(OPENL2TP_EVENT_MODIFIED, key, {});
}

} // namespace openl2tp::runtime
