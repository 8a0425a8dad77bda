// The headers of RFC 5531 with nothing in them: no credentials, as the caller is told to the dispatcher directly.
#include "tools/openl2tpd/in_process.hpp"

#include <array>
#include <limits>
#include <vector>

namespace openl2tp::daemon {

namespace {

constexpr std::uint32_t reply_kind = 1;
constexpr std::size_t reply_header = 24;

void put(std::vector<std::byte>& out, std::uint32_t unit) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::byte>(unit >> shift & 0xff));
}

std::uint32_t unit_at(const std::vector<std::byte>& octets, std::size_t index) {
  std::uint32_t unit = 0;
  for (std::size_t i = 0; i < 4; ++i)
    unit = unit << 8 | std::to_integer<std::uint32_t>(octets[index * 4 + i]);
  return unit;
}

} // namespace

tl::expected<void, std::string> InProcessStub::call_raw(rpcproc_t procedure, xdrproc_t encode_argument, void* argument,
                                                        xdrproc_t decode_result, void* result) {
  std::vector<std::byte> call;
  // Transaction, call, RPC version, program, version, procedure; credential and verifier of flavour none, empty.
  for (const std::uint32_t unit : {std::uint32_t{1}, std::uint32_t{0}, std::uint32_t{2}, std::uint32_t{L2TP_PROG},
                                   std::uint32_t{L2TP_VERSION}, static_cast<std::uint32_t>(procedure), 0U, 0U, 0U, 0U})
    put(call, unit);
  const std::size_t header = call.size();
  const std::size_t size = ::xdr_sizeof(encode_argument, argument);
  call.resize(header + size);
  XDR encoding{};
  ::xdrmem_create(&encoding, reinterpret_cast<char*>(call.data() + header), static_cast<u_int>(size), XDR_ENCODE);
  if (!encode_argument(&encoding, argument)) return tl::unexpected(std::string("a value is too long"));

  auto reply = dispatcher_.answer(call, {.local = true, .privileged = true}, std::numeric_limits<std::size_t>::max(),
                                  {.refusal = &refusal_});
  // Transaction, reply, accepted, verifier of two units, success.
  if (!reply || reply->size() < reply_header || unit_at(*reply, 1) != reply_kind || unit_at(*reply, 2) != MSG_ACCEPTED)
    return tl::unexpected(std::string("the call is refused"));
  switch (unit_at(*reply, 5)) {
  case SUCCESS: break;
  case PROC_UNAVAIL: return tl::unexpected(std::string("not available in this version"));
  case GARBAGE_ARGS: return tl::unexpected(std::string("a value is not allowed"));
  default: return tl::unexpected(std::string("the call failed"));
  }
  XDR decoding{};
  ::xdrmem_create(&decoding, reinterpret_cast<char*>(reply->data() + reply_header),
                  static_cast<u_int>(reply->size() - reply_header), XDR_DECODE);
  if (!decode_result(&decoding, result)) return tl::unexpected(std::string("the answer cannot be decoded"));
  return {};
}

} // namespace openl2tp::daemon
