// The command line of l2tpload.
#pragma once

#include <string>

#include "tl/expected.hpp"
#include "tools/l2tpload/echo.hpp"
#include "tools/l2tpload/lac.hpp"
#include "tools/l2tpload/transport.hpp"
#include "tools/l2tpload/tunnels.hpp"

namespace openl2tp::load {

enum class Mode : std::uint8_t { help, tunnels, churn, echo, lns };

struct Options {
  Mode mode = Mode::help;
  TransportOptions transport;
  TunnelsOptions tunnels;
  LacOptions lac;
  EchoOptions echo;
  std::uint32_t seconds = 0; // of churn, echo, lns
  std::uint16_t receive_window = 16;
  bool json = false;
  int watched = 0;
  int processor = -1; // to run on; -1: any
};

extern const char* const usage;

/// @error  one line about the first thing that is wrong.
[[nodiscard]] tl::expected<Options, std::string> parse(int argc, char** argv);

} // namespace openl2tp::load
