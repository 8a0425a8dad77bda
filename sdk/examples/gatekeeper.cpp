// SPDX-License-Identifier: MIT-0
//
// gatekeeper: a policy in C++. Lets a peer ask for at most ten calls a second, and none whose number begins with 0900.
#include <openl2tp/plugin.hpp>

#include <cstdio>
#include <cstring>
#include <map>
#include <string_view>

namespace {

class Gate {
 public:
  Gate(openl2tp::Host host, openl2tp_loop* loop, uint32_t, uint32_t)
      : host_(host), second_(host, loop, [this] {
          calls_.clear();
          second_.arm(1000);
        }) {
    second_.arm(1000);
  }

  bool judge(const openl2tp_session_request& request, openl2tp_refusal& refusal) {
    const std::string_view called(request.called_number_length != 0 ? request.called_number : "",
                                  request.called_number_length);
    if (called.starts_with("0900")) return refuse(refusal, 3, "this number is not served");
    if (++calls_[request.tunnel_id] > calls_a_second) return refuse(refusal, 4, "too many calls");
    return true;
  }

 private:
  static constexpr unsigned calls_a_second = 10;

  bool refuse(openl2tp_refusal& refusal, uint16_t result_code, const char* why) {
    refusal.result_code = result_code;
    std::snprintf(refusal.message, sizeof refusal.message, "%s", why);
    host_.info(why);
    return false;
  }

  openl2tp::Host host_;
  std::map<uint16_t, unsigned> calls_; // by tunnel, in this second
  openl2tp::Timer second_;
};

} // namespace

OPENL2TP_PLUGIN("gatekeeper", "1.0", Gate, openl2tp::Policy<Gate>)
