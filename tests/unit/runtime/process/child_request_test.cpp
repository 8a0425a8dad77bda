#include "runtime/process/child_request.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

namespace openl2tp::runtime {
namespace {

struct Words {
  std::vector<const char*> arguments{"prog", "-a", ""};
  std::vector<const char*> environment{"A=1", "B="};
  std::vector<ChildFd> fds{{.from = 9, .to = 0}, {.from = 9, .to = 63}};
  [[nodiscard]] ChildStart start() const {
    return {.path = "/bin/prog", .arguments = arguments, .environment = environment, .fds = fds};
  }
};

TEST(ChildRequest, WhatIsEncodedIsDecoded) {
  const Words words;
  auto message = encode_start(7, words.start());
  const auto decoded = decode_start(message, 2);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->child, 7U);
  EXPECT_STREQ(decoded->path, "/bin/prog");
  ASSERT_EQ(decoded->arguments.size(), 4U);
  EXPECT_STREQ(decoded->arguments[1], "-a");
  EXPECT_STREQ(decoded->arguments[2], "");
  EXPECT_EQ(decoded->arguments[3], nullptr);
  ASSERT_EQ(decoded->environment.size(), 3U);
  EXPECT_STREQ(decoded->environment[1], "B=");
  EXPECT_EQ(decoded->environment[2], nullptr);
  EXPECT_EQ(decoded->targets, (std::vector<int>{0, 63}));
}

TEST(ChildRequest, RefusesAPathThatIsNotAbsolute) {
  Words words;
  ChildStart start = words.start();
  start.path = "bin/prog";
  EXPECT_TRUE(encode_start(1, start).empty());
  start.path = nullptr;
  EXPECT_TRUE(encode_start(1, start).empty());
}

TEST(ChildRequest, RefusesAStartWithoutArgumentZero) {
  Words words;
  words.arguments.clear();
  EXPECT_TRUE(encode_start(1, words.start()).empty());
}

TEST(ChildRequest, HasRoomForTheMostWordsAndForNoMore) {
  Words words;
  words.arguments.assign(child_words_max, "x");
  words.environment.assign(child_words_max, "X=");
  EXPECT_FALSE(encode_start(1, words.start()).empty());
  words.arguments.push_back("x");
  EXPECT_TRUE(encode_start(1, words.start()).empty());
  words.arguments.pop_back();
  words.environment.push_back("x");
  EXPECT_TRUE(encode_start(1, words.start()).empty());
}

TEST(ChildRequest, HasRoomForTheMostOctetsAndForNoMore) {
  Words words;
  const std::size_t others = encode_start(1, words.start()).size();
  std::string text(start_octets_max - others - 1, 'x'); // and its NUL
  words.arguments.push_back(text.c_str());
  EXPECT_EQ(encode_start(1, words.start()).size(), start_octets_max);
  text.push_back('x');
  words.arguments.back() = text.c_str();
  EXPECT_TRUE(encode_start(1, words.start()).empty());
}

TEST(ChildRequest, RefusesTargetsOutOfRangeOrNamedTwice) {
  Words words;
  for (const int bad : {-1, 64, 63}) {
    words.fds[0].to = bad; // 63 is taken
    EXPECT_TRUE(encode_start(1, words.start()).empty()) << bad;
  }
}

TEST(ChildRequest, RefusesMoreDescriptorsThanFit) {
  Words words;
  words.fds.clear();
  for (int i = 0; i < static_cast<int>(child_fds_max); ++i)
    words.fds.push_back({.from = 0, .to = i});
  EXPECT_FALSE(encode_start(1, words.start()).empty());
  words.fds.push_back({.from = 0, .to = 40});
  EXPECT_TRUE(encode_start(1, words.start()).empty());
}

TEST(ChildRequest, EveryCutMessageIsRefused) {
  const auto whole = encode_start(1, Words().start());
  for (std::size_t length = 0; length < whole.size(); ++length) {
    std::vector<std::byte> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_FALSE(decode_start(cut, 2)) << length;
  }
}

TEST(ChildRequest, OctetsBehindTheTextsAreRefused) {
  auto message = encode_start(1, Words().start());
  message.push_back(std::byte{0});
  EXPECT_FALSE(decode_start(message, 2));
}

TEST(ChildRequest, DescriptorsThatDidNotArriveAreEmfile) {
  auto message = encode_start(1, Words().start());
  EXPECT_EQ(decode_start(message, 1).error(), EMFILE);
  EXPECT_EQ(decode_start(message, 3).error(), EINVAL);
}

TEST(ChildRequest, TheHelperChecksTheHeaderAnew) {
  const auto good = encode_start(1, Words().start());
  const auto broken = [&](auto change) {
    auto message = good;
    StartRequest header;
    std::memcpy(&header, message.data(), sizeof header);
    change(header);
    std::memcpy(message.data(), &header, sizeof header);
    return !decode_start(message, 2);
  };
  EXPECT_FALSE(broken([](StartRequest&) {}));
  EXPECT_TRUE(broken([](StartRequest& h) { h.request.kind = RequestKind::leave; }));
  EXPECT_TRUE(broken([](StartRequest& h) { h.request.child = 0; }));
  EXPECT_TRUE(broken([](StartRequest& h) { h.reserved = 1; }));
  EXPECT_TRUE(broken([](StartRequest& h) { h.argument_count = 0; }));
  EXPECT_TRUE(broken([](StartRequest& h) { h.argument_count = 4; }));
  EXPECT_TRUE(broken([](StartRequest& h) { h.argument_count = 256; }));
  EXPECT_TRUE(broken([](StartRequest& h) { h.environment_count = 1U << 31; }));
  EXPECT_TRUE(broken([](StartRequest& h) { h.targets[1] = 0; }));
  EXPECT_TRUE(broken([](StartRequest& h) { h.targets[0] = -1; }));
}

} // namespace
} // namespace openl2tp::runtime
