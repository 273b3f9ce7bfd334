#include "load/response_reader.h"

#include <string>

#include <gtest/gtest.h>

namespace trimtab::load {
namespace {

constexpr std::string_view kLength = "HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello";
constexpr std::string_view kChunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\na;x=y\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n";

TEST(ResponseReader, KnowsTheEndWhereverTheBytesAreCut) {
  for (const std::string_view answer : {kLength, kChunked}) {
    for (std::size_t cut = 0; cut <= answer.size(); ++cut) {
      ResponseReader reader;
      ASSERT_TRUE(reader.take(answer.substr(0, cut)));
      EXPECT_EQ(reader.complete(), cut == answer.size()) << cut;
      ASSERT_TRUE(reader.take(answer.substr(cut)));
      EXPECT_TRUE(reader.complete());
      EXPECT_TRUE(reader.keep_alive());
      EXPECT_EQ(reader.body_bytes(), answer == kLength ? 5u : 15u);
    }
  }
}

TEST(ResponseReader, TakesTheCloseAsEndOnlyWhereItIsOne) {
  ResponseReader reader;
  ASSERT_TRUE(reader.take("HTTP/1.0 200 OK\r\n\r\nsome"));
  EXPECT_FALSE(reader.complete());
  EXPECT_TRUE(reader.take_end());
  EXPECT_FALSE(reader.keep_alive());
  reader.reset();
  ASSERT_TRUE(reader.take(kLength.substr(0, kLength.size() - 1)));
  EXPECT_FALSE(reader.take_end());
  reader.reset();
  EXPECT_FALSE(reader.take_end());
}

TEST(ResponseReader, HeedsConnectionCloseAndAnswersWithoutBody) {
  ResponseReader reader;
  ASSERT_TRUE(reader.take("HTTP/1.1 503 Service Unavailable\r\nCONNECTION: Close\r\ncontent-length: 0\r\n\r\n"));
  EXPECT_TRUE(reader.complete());
  EXPECT_EQ(reader.status(), 503);
  EXPECT_FALSE(reader.keep_alive());
  reader.reset();
  ASSERT_TRUE(reader.take("HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n"));
  EXPECT_TRUE(reader.complete());
  reader.reset();
  ASSERT_TRUE(reader.take("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_TRUE(reader.complete());
  EXPECT_EQ(reader.status(), 200);
}

TEST(ResponseReader, RefusesWhatIsNotHttp) {
  for (const char* text : {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    ResponseReader reader;
    EXPECT_FALSE(reader.take(text)) << text;
  }
}

}  // namespace
}  // namespace trimtab::load
