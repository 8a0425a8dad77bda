// XDR values for C++: which routine codes a type, an owner that frees what decoding allocated, and coding to and from
// octets. What does not live here: the meaning of the values (convert.hpp).
#pragma once

#include <cstdarg>
#include <cstddef>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "openl2tp_rpc.h"

namespace openl2tp::rpc {

/// The argument or result of a procedure that has none.
struct Nothing {};

/// Names the XDR routine of `T`: `Coder<T>::code(xdrs, &value)`.
template <typename T>
struct Coder;

template <>
struct Coder<Nothing> {
  static bool_t code(XDR*, Nothing*) noexcept { return TRUE; }
};
template <>
struct Coder<int> {
  static bool_t code(XDR* xdrs, int* value) noexcept { return xdr_int(xdrs, value); }
};
template <>
struct Coder<wire_string> {
  static bool_t code(XDR* xdrs, wire_string* value) noexcept { return xdr_wire_string(xdrs, value); }
};

#define OPENL2TP_XDR_CODER(type)                                                                                       \
  template <>                                                                                                          \
  struct Coder<type> {                                                                                                 \
    static bool_t code(XDR* xdrs, type* value) noexcept { return xdr_##type(xdrs, value); }                            \
  }
OPENL2TP_XDR_CODER(optstring);
OPENL2TP_XDR_CODER(l2tp_api_app_msg_data);
OPENL2TP_XDR_CODER(l2tp_api_system_msg_data);
OPENL2TP_XDR_CODER(l2tp_api_peer_msg_data);
OPENL2TP_XDR_CODER(l2tp_api_peer_list_msg_data);
OPENL2TP_XDR_CODER(l2tp_api_peer_profile_msg_data);
OPENL2TP_XDR_CODER(l2tp_api_peer_profile_list_msg_data);
OPENL2TP_XDR_CODER(l2tp_api_peer_profile_unset_msg_data);
OPENL2TP_XDR_CODER(l2tp_api_tunnel_msg_data);
OPENL2TP_XDR_CODER(l2tp_api_tunnel_list_msg_data);
OPENL2TP_XDR_CODER(l2tp_api_tunnel_profile_msg_data);
OPENL2TP_XDR_CODER(l2tp_api_tunnel_profile_list_msg_data);
OPENL2TP_XDR_CODER(l2tp_api_tunnel_profile_unset_msg_data);
OPENL2TP_XDR_CODER(l2tp_api_session_msg_data);
OPENL2TP_XDR_CODER(l2tp_api_session_list_msg_data);
OPENL2TP_XDR_CODER(l2tp_api_session_incall_msg_data);
OPENL2TP_XDR_CODER(l2tp_api_session_profile_msg_data);
OPENL2TP_XDR_CODER(l2tp_api_session_profile_list_msg_data);
OPENL2TP_XDR_CODER(l2tp_api_session_profile_unset_msg_data);
OPENL2TP_XDR_CODER(l2tp_api_ppp_profile_msg_data);
OPENL2TP_XDR_CODER(l2tp_api_ppp_profile_list_msg_data);
OPENL2TP_XDR_CODER(l2tp_api_ppp_profile_unset_msg_data);
OPENL2TP_XDR_CODER(l2tp_api_user_list_msg_data);
OPENL2TP_XDR_CODER(l2tp_api_test_msg_data);
OPENL2TP_XDR_CODER(l2tp_tunnel_delete_1_argument);
OPENL2TP_XDR_CODER(l2tp_tunnel_get_1_argument);
OPENL2TP_XDR_CODER(l2tp_session_delete_1_argument);
OPENL2TP_XDR_CODER(l2tp_session_get_1_argument);
OPENL2TP_XDR_CODER(l2tp_session_list_1_argument);
OPENL2TP_XDR_CODER(l2tp_peer_get_1_argument);
OPENL2TP_XDR_CODER(l2tp_ext_monitor_request);
OPENL2TP_XDR_CODER(l2tp_ext_monitor_reply);
OPENL2TP_XDR_CODER(l2tp_ext_addresses_reply);
OPENL2TP_XDR_CODER(l2tp_ext_peer_list_reply);
OPENL2TP_XDR_CODER(l2tp_ext_error_detail_reply);
OPENL2TP_XDR_CODER(l2tp_ext_session_ppp_reply);
OPENL2TP_XDR_CODER(l2tp_ext_user_list_reply);
OPENL2TP_XDR_CODER(l2tp_ext_session_ppp_1_argument);
OPENL2TP_XDR_CODER(l2tp_ext_user_list_1_argument);
OPENL2TP_XDR_CODER(l2tp_ext_profile_delete_1_argument);
OPENL2TP_XDR_CODER(l2tp_ext_tunnel_create_1_argument);
OPENL2TP_XDR_CODER(l2tp_ext_tunnel_addresses_1_argument);
OPENL2TP_XDR_CODER(l2tp_ext_profile_addresses_1_argument);
OPENL2TP_XDR_CODER(l2tp_ext_profile_set_addresses_1_argument);
#undef OPENL2TP_XDR_CODER

/// The XDR routine of `T` with the variadic type by which libtirpc calls all of them.
template <typename T>
bool_t erased_coder(XDR* xdrs, ...) noexcept {
  va_list arguments;
  va_start(arguments, xdrs);
  T* value = va_arg(arguments, T*);
  va_end(arguments);
  return Coder<T>::code(xdrs, value);
}

/// Owns an XDR value and everything it points to. Pointers inside must come from malloc (see `set_string`), as XDR
/// frees them.
template <typename T>
class Value {
 public:
  Value() noexcept = default;
  Value(Value&& other) noexcept : value_(std::exchange(other.value_, T{})) {}
  Value& operator=(Value&& other) noexcept {
    if (this != &other) {
      release();
      value_ = std::exchange(other.value_, T{});
    }
    return *this;
  }
  Value(const Value&) = delete;
  Value& operator=(const Value&) = delete;
  ~Value() { release(); }

  T& operator*() noexcept { return value_; }
  const T& operator*() const noexcept { return value_; }
  T* operator->() noexcept { return &value_; }
  const T* operator->() const noexcept { return &value_; }

 private:
  void release() noexcept {
    XDR freeing{};
    freeing.x_op = XDR_FREE;
    Coder<T>::code(&freeing, &value_);
    value_ = T{};
  }
  T value_{};
};

/// Decodes `T` from the front of `octets`; octets behind it are ignored.
/// @return nothing when the octets end early or a length, small integer or list is out of bounds.
template <typename T>
[[nodiscard]] std::optional<Value<T>> decode(std::span<const std::byte> octets) {
  XDR xdrs{};
  // xdrmem never writes while decoding.
  xdrmem_create(&xdrs, const_cast<char*>(reinterpret_cast<const char*>(octets.data())),
                static_cast<u_int>(octets.size()), XDR_DECODE);
  Value<T> value;
  if (!Coder<T>::code(&xdrs, &*value)) return std::nullopt;
  return value;
}

/// Appends the encoding of `value` to `out`.
/// @return false when a string or array is longer than the interface allows; `out` is then as before.
template <typename T>
[[nodiscard]] bool encode(std::vector<std::byte>& out, const T& value) {
  // XDR routines take mutable values for all directions; encoding leaves them alone.
  T& writable = const_cast<T&>(value);
  const std::size_t size = xdr_sizeof(&erased_coder<T>, &writable);
  const std::size_t before = out.size();
  if (size > std::numeric_limits<u_int>::max() - before) return false;
  out.resize(before + size);
  XDR xdrs{};
  xdrmem_create(&xdrs, reinterpret_cast<char*>(out.data() + before), static_cast<u_int>(size), XDR_ENCODE);
  if (!Coder<T>::code(&xdrs, &writable)) {
    out.resize(before);
    return false;
  }
  return true;
}

/// The number in an enum of the wire. XDR puts there whatever came; to read it as the enum is undefined when it is
/// none.
template <typename E>
[[nodiscard]] int number_of(const E& value) noexcept {
  static_assert(sizeof(E) == sizeof(int));
  int number = 0;
  std::memcpy(&number, &value, sizeof number);
  return number;
}

/// The other way round, for a number that a peer of ours chose.
template <typename E>
void set_number(E& target, int number) noexcept {
  static_assert(sizeof(E) == sizeof(int));
  std::memcpy(&target, &number, sizeof number);
}

/// A malloc'ed copy of `text` up to its first NUL, as XDR expects; nullptr only when memory is exhausted.
[[nodiscard]] inline char* copy_string(std::string_view text) { return strndup(text.data(), text.size()); }

/// Sets an optional string to a copy of `text`. The target must be absent before.
inline void set_string(optstring& target, std::string_view text) {
  target.valid = 1;
  target.optstring_u.value = copy_string(text);
}

/// The text of an optional string; nothing when it is absent. The view lives as long as the value.
[[nodiscard]] inline std::optional<std::string_view> string_of(const optstring& text) noexcept {
  if (text.valid != 1 || text.optstring_u.value == nullptr) return std::nullopt;
  return std::string_view(text.optstring_u.value);
}

} // namespace openl2tp::rpc
