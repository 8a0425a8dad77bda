// l2tpconfig's commands without a network: calls go straight to a dispatcher of this process, as root.
#pragma once

#include "tools/rpc/dispatcher.hpp"
#include "tools/rpc/stub.hpp"

namespace openl2tp::daemon {

/// One thread at a time. The control outlives it.
class InProcessStub final : public rpc::Stub {
 public:
  explicit InProcessStub(runtime::Control& control) : dispatcher_(control, {}) {}

  /// What the last call took otherwise than it was given, a line each; empty when there is nothing to say.
  [[nodiscard]] const std::string& note() const noexcept { return refusal_; }

  [[nodiscard]] tl::expected<void, std::string> call_raw(rpcproc_t procedure, xdrproc_t encode_argument, void* argument,
                                                         xdrproc_t decode_result, void* result) override;

 private:
  rpc::Dispatcher dispatcher_;
  std::string refusal_; // rpc::Kept::refusal
};

} // namespace openl2tp::daemon
