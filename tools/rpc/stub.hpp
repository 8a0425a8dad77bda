// Typed calls of procedures over whatever carries them: the network (client.hpp), or a dispatcher in the same process
// (tests).
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "tools/rpc/xdr_value.hpp"

namespace openl2tp::rpc {

class Stub {
 public:
  virtual ~Stub() = default;

  /// Calls `procedure` and waits for its answer.
  /// @error one line for people when no answer came: "host: RPC: reason".
  template <typename Result, typename Argument>
  [[nodiscard]] tl::expected<Value<Result>, std::string> call(rpcproc_t procedure, const Argument& argument) {
    Value<Result> result;
    // The argument is only read: XDR routines take mutable pointers for all directions.
    auto done =
        call_raw(procedure, &erased_coder<Argument>, const_cast<Argument*>(&argument), &erased_coder<Result>, &*result);
    if (!done) return tl::unexpected(std::move(done.error()));
    return result;
  }

  /// What `call` does, with the types of argument and result given as XDR routines.
  [[nodiscard]] virtual tl::expected<void, std::string>
  call_raw(rpcproc_t procedure, xdrproc_t encode_argument, void* argument, xdrproc_t decode_result, void* result) = 0;
};

/// True when a call failed because the daemon is there but has no such procedure: it is of another version.
[[nodiscard]] inline bool is_unknown_procedure(std::string_view failure) {
  return failure.ends_with(clnt_sperrno(RPC_PROCUNAVAIL));
}

} // namespace openl2tp::rpc
