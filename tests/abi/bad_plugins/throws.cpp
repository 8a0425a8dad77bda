// Throws through the interface: from open, from close, from a policy and from an observer of profiles.
#include <openl2tp/plugin.h>

#include <cstring>
#include <stdexcept>

namespace {

openl2tp_status ppp_open(openl2tp_ppp** out, openl2tp_shard*, openl2tp_session_token,
                         const openl2tp_ppp_params* params) {
  *out = nullptr;
  if (params->session_id == 1) throw std::runtime_error("open");
  return OPENL2TP_OK;
}
void ppp_close(openl2tp_ppp*, uint16_t) { throw 7; }
openl2tp_status judge(openl2tp_shard*, const openl2tp_session_request*, openl2tp_refusal*) { throw 8; }

void observe_profile(uint32_t, uint32_t, const char*, size_t) { throw 9; }

const uint32_t data_paths[] = {OPENL2TP_DATA_PATH_NONE};

const void* get_extension(const char* id) {
  static const openl2tp_ppp_ops ppp = [] {
    openl2tp_ppp_ops ops{};
    ops.struct_size = sizeof ops;
    ops.data_path_count = 1;
    ops.data_paths = data_paths;
    ops.open = ppp_open;
    ops.close = ppp_close;
    return ops;
  }();
  static const openl2tp_policy_ops policy{sizeof(openl2tp_policy_ops), 0, nullptr, judge};
  static const openl2tp_observer_ops observer = [] {
    openl2tp_observer_ops ops{};
    ops.struct_size = sizeof ops;
    ops.profile = observe_profile;
    return ops;
  }();
  if (std::strcmp(id, OPENL2TP_EXTENSION_PPP) == 0) return &ppp;
  if (std::strcmp(id, OPENL2TP_EXTENSION_OBSERVER) == 0) return &observer;
  if (std::strcmp(id, OPENL2TP_EXTENSION_POLICY) == 0) return &policy;
  return nullptr;
}

} // namespace

OPENL2TP_PLUGIN_EXPORT const openl2tp_plugin_ops* openl2tp_plugin_entry(openl2tp_host*, const openl2tp_host_ops*) {
  static openl2tp_plugin_ops ops{};
  ops.struct_size = sizeof ops;
  ops.abi_major = OPENL2TP_ABI_MAJOR;
  ops.abi_minor = OPENL2TP_ABI_MINOR;
  ops.name = "throws";
  ops.get_extension = get_extension;
  return &ops;
}
