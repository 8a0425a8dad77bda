// Command lines against a dispatcher in the same process, with everything that is seen of them.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <ctime>
#include <sstream>

#include "tests/unit/tools/rpc/fake_control.hpp"
#include "tools/l2tpconfig/commands.hpp"
#include "tools/l2tpconfig/tokeniser.hpp"
#include "tools/rpc/dispatcher.hpp"

namespace openl2tp::test {

/// Carries calls to a dispatcher without a network.
class DirectStub final : public rpc::Stub {
 public:
  explicit DirectStub(rpc::Dispatcher& dispatcher) : dispatcher_(dispatcher) {}

  tl::expected<void, std::string> call_raw(rpcproc_t procedure, xdrproc_t encode_argument, void* argument,
                                           xdrproc_t decode_result, void* result) override {
    if (procedure > highest_procedure)
      return tl::unexpected("localhost: " + std::string(clnt_sperrno(RPC_PROCUNAVAIL)));
    std::vector<std::byte> call(40 + 65536);
    const std::array<std::uint32_t, 10> header = {1, 0, 2, 300773, 1, static_cast<std::uint32_t>(procedure),
                                                  0, 0, 0, 0};
    for (std::size_t i = 0; i < header.size(); ++i) {
      for (std::size_t k = 0; k < 4; ++k)
        call[i * 4 + k] = static_cast<std::byte>(header[i] >> (24 - 8 * k) & 0xff);
    }
    XDR xdrs{};
    xdrmem_create(&xdrs, reinterpret_cast<char*>(call.data()) + 40, 65536, XDR_ENCODE);
    if (!encode_argument(&xdrs, argument)) return tl::unexpected(std::string("localhost: RPC: Can't encode arguments"));
    call.resize(40 + xdr_getpos(&xdrs));
    auto reply = dispatcher_.answer(call, {.local = true, .privileged = true}, 1 << 20,
                                    {.refusal = keeps_refusals ? &refusal_ : nullptr});
    if (!reply || reply->size() < 24 || (*reply)[23] != std::byte{0})
      return tl::unexpected(std::string("localhost: RPC: refused"));
    xdrmem_create(&xdrs, reinterpret_cast<char*>(reply->data()) + 24, static_cast<u_int>(reply->size() - 24),
                  XDR_DECODE);
    if (!decode_result(&xdrs, result)) return tl::unexpected(std::string("localhost: RPC: Can't decode result"));
    return {};
  }

  bool keeps_refusals = true;        ///< as a connection does, and UDP does not
  rpcproc_t highest_procedure = 255; ///< 99 is a daemon without our own

 private:
  rpc::Dispatcher& dispatcher_;
  std::string refusal_;
};

class CommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv("TZ", "UTC", 1);
    tzset();
  }

  cli::Status run(const std::string& line) {
    out_.str("");
    err_.str("");
    const auto words = cli::tokenise(line).value();
    return cli::run_command(context_, words);
  }
  /// Runs a line that must succeed and print nothing but results.
  std::string output_of(const std::string& line) {
    EXPECT_EQ(run(line), cli::Status::done) << line;
    EXPECT_EQ(err_.str(), "") << line;
    return out_.str();
  }
  /// Runs a line and compares everything that is seen of it.
  void expect(const std::string& line, cli::Status status, const std::string& out, const std::string& err) {
    EXPECT_EQ(run(line), status) << line;
    EXPECT_EQ(out_.str(), out) << line;
    EXPECT_EQ(err_.str(), err) << line;
  }

  FakeControl control_;
  rpc::Dispatcher dispatcher_{control_, {}};
  DirectStub stub_{dispatcher_};
  std::ostringstream out_, err_;
  cli::Context context_{.stub = stub_, .host = "localhost", .out = out_, .err = err_, .quiet = false};
};

} // namespace openl2tp::test
