// A plugin inside the test program. It takes every session on the data path that the test wants, and writes down what
// it is told and what the daemon answers. One at a time.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "openl2tp/plugin.h"

namespace openl2tp::runtime::testing {

class LabPlugin {
 public:
  explicit LabPlugin(std::uint32_t data_path) {
    path = data_path;
    said.clear();
  }

  /// "open", "frames 1", "close 3"...
  inline static std::vector<std::string> said;

  static const openl2tp_plugin_ops* entry(openl2tp_host* host, const openl2tp_host_ops* ops) {
    the_host = host;
    the_ops = ops;
    return &plugin_ops;
  }
  [[nodiscard]] static std::size_t count(const std::string& what) {
    std::size_t found = 0;
    for (const std::string& one : said)
      found += one == what ? 1 : 0;
    return found;
  }

 private:
  inline static std::uint32_t path = OPENL2TP_DATA_PATH_NONE;
  inline static openl2tp_host* the_host = nullptr;
  inline static const openl2tp_host_ops* the_ops = nullptr;

  /// The plugin's session: its token.
  static openl2tp_session_token token_of(openl2tp_ppp* ppp) { return *reinterpret_cast<openl2tp_session_token*>(ppp); }
  /// What a plugin does whenever it might trace.
  static void look_at_trace(openl2tp_session_token token) {
    if ((the_ops->session_trace_mask(the_host, token) & OPENL2TP_TRACE_PPP) == 0) return;
    the_ops->session_trace(the_host, token, OPENL2TP_TRACE_PPP, "traced", 6);
  }
  static openl2tp_status open(openl2tp_ppp** out, openl2tp_shard*, openl2tp_session_token token,
                              const openl2tp_ppp_params* params) {
    *out = reinterpret_cast<openl2tp_ppp*>(new openl2tp_session_token(token));
    said.push_back("open " + std::to_string(params->data_path));
    look_at_trace(token);
    return OPENL2TP_OK;
  }
  static void close(openl2tp_ppp* ppp, std::uint16_t result_code) {
    said.push_back("close " + std::to_string(result_code));
    look_at_trace(token_of(ppp));
    delete reinterpret_cast<openl2tp_session_token*>(ppp);
  }
  static void frames(openl2tp_shard*, const openl2tp_frame_in* frames, std::size_t count) {
    said.push_back("frames " + std::to_string(count));
    for (std::size_t i = 0; i < count; ++i) {
      look_at_trace(token_of(frames[i].ppp));
      // Terminate-Ack: the link is over, as after a failed login.
      if (frames[i].octets[4] == 6) the_ops->ppp_down(the_host, token_of(frames[i].ppp), 3, 0, "wrong password", 14);
    }
  }
  static std::uint32_t choose(openl2tp_shard*, const openl2tp_ppp_params*) { return path; }
  static const void* get_extension(const char* id) {
    return std::strcmp(id, OPENL2TP_EXTENSION_PPP) == 0 ? &ppp_ops : nullptr;
  }

  static constexpr std::uint32_t paths[] = {OPENL2TP_DATA_PATH_NONE, OPENL2TP_DATA_PATH_KERNEL,
                                            OPENL2TP_DATA_PATH_FRAMES};
  static constexpr openl2tp_ppp_ops ppp_ops = {.struct_size = sizeof(openl2tp_ppp_ops),
                                               .data_path_count = 3,
                                               .data_paths = paths,
                                               .open = open,
                                               .close = close,
                                               .frames = frames,
                                               .choose_data_path = choose};
  static constexpr openl2tp_plugin_ops plugin_ops = {.struct_size = sizeof(openl2tp_plugin_ops),
                                                     .abi_major = OPENL2TP_ABI_MAJOR,
                                                     .abi_minor = OPENL2TP_ABI_MINOR,
                                                     .name = "lab",
                                                     .version = "1",
                                                     .get_extension = get_extension};
};

} // namespace openl2tp::runtime::testing
