// The script of an LNS: accepts tunnels and incoming calls, keeps them, lets the peer clear them. For testing a LAC,
// and the generator.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "tools/l2tpload/meter.hpp"
#include "tools/l2tpload/tunnels.hpp"

namespace openl2tp::load {

class Lns final : public Script {
 public:
  Lns(Tunnels& tunnels, Meter& meter);
  /// Serves for so long, or until a signal.
  void run(std::uint32_t seconds);

  void handle_request(const Received& message, const Address& from, std::size_t socket) override;
  void handle_message(std::uint32_t tunnel, const Received& message) override;
  void handle_acknowledged(std::uint32_t tunnel, MessageType type, std::uint16_t slot) override;
  void handle_silence(std::uint32_t tunnel) override;

 private:
  struct Closed {
    std::uint32_t index, at_ms;
  };

  void handle_icrq(std::uint32_t index, const Received& message);
  void release_old();
  void release(std::uint32_t index);

  Tunnels& tunnels_;
  Meter& meter_;
  std::vector<std::uint32_t> free_; // taken from the back
  std::vector<std::string> keys_;   // of each tunnel, in by_peer_
  std::unordered_map<std::string, std::uint32_t>
      by_peer_;                          // address, port and peer's tunnel id: is a SCCRQ a duplicate?
  std::vector<std::uint32_t> next_slot_; // where the search for a free one starts
  std::deque<Closed> closed_;            // kept to acknowledge what is sent again
  std::uint64_t tunnels_refused_ = 0, tunnels_up_ = 0, tunnels_lost_ = 0, calls_refused_ = 0, calls_up_ = 0,
                duplicates_ = 0;
};

} // namespace openl2tp::load
