// What a shard and the helper process that starts programs say to each other: one message a datagram, in the octets of
// this very program. Both ends check what they get. Who sends when is spawner_client's and spawner_process's business.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <tl/expected.hpp>

namespace openl2tp::runtime {

/// A child of one channel; never 0 and never given again on that channel.
using ChildId = std::uint64_t;

inline constexpr std::size_t child_words_max = 255; // arguments; variables of the environment
inline constexpr std::size_t child_fds_max = 16;
inline constexpr int child_fd_number_max = 63;
/// Of path, arguments and environment together, with their NULs and the header of the message.
inline constexpr std::size_t start_octets_max = 65'536;

struct ChildFd {
  int from; // open here
  int to;   // 0 to child_fd_number_max, each once
};

/// How a child is started. Views, valid during the call that they are given to. All texts end with NUL.
struct ChildStart {
  const char* path = nullptr; // absolute
  std::span<const char* const> arguments;
  std::span<const char* const> environment;
  std::span<const ChildFd> fds;
};

enum class RequestKind : std::uint32_t { start = 1, signal, leave };

struct ChildRequest {
  RequestKind kind;
  std::uint32_t number; // of `signal`: which; of `leave`: milliseconds until KILL
  ChildId child;
};

/// In front of the texts of a start: path, arguments, environment, each with its NUL.
struct StartRequest {
  ChildRequest request;
  std::uint32_t argument_count, environment_count, fd_count, reserved;
  std::array<std::int32_t, child_fds_max> targets; // of the descriptors that travel with the message, in their order
};

enum class ReportKind : std::uint32_t { started = 1, ended };

struct ChildReport {
  ReportKind kind;
  // Of `ended`: exit status 0 to 255, 256 + signal, or -errno of the failed start.
  std::int32_t status;
  ChildId child;
};

/// The message of a start. @return empty when something is beyond the limits above: a path that is not absolute, too
/// many words or octets, a target that is out of range or named twice.
[[nodiscard]] std::vector<std::byte> encode_start(ChildId child, const ChildStart& start);

/// A start as the helper reads it; points into the message. The lists end with a null pointer, as execve wants them.
struct DecodedStart {
  ChildId child = 0;
  const char* path = nullptr;
  std::vector<char*> arguments, environment;
  std::vector<int> targets;
};

/// Reads what encode_start() wrote, and checks all of it anew. `fds` descriptors came with it.
/// @error an errno value: what the start fails with.
[[nodiscard]] tl::expected<DecodedStart, int> decode_start(std::span<std::byte> message, std::size_t fds);

} // namespace openl2tp::runtime
