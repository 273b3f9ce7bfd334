#include "api/page.h"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

namespace trimtab::api {
namespace {

using ::testing::HasSubstr;

std::string gzip(std::string_view text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string result(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  result.resize(result.size() - stream.avail_out);
  deflateEnd(&stream);
  return result;
}

class PageTest : public ::testing::Test {
 protected:
  static net::Request request(const std::string& path, const net::Headers& headers = {}) {
    net::Request result;
    result.method = "GET";
    result.target.path = path;
    result.headers = headers;
    return result;
  }
  [[nodiscard]] Result<net::Response> ask(const std::string& path, const net::Headers& headers = {}) const {
    return page_response(assets_, request(path, headers));
  }
  [[nodiscard]] static std::string field(const Result<net::Response>& response, std::string_view name) {
    const auto* value = response->headers.find(name);
    return value == nullptr ? "" : *value;
  }

  std::string script_ = std::string(300'000, 'x') + "end";
  std::string page_gzip_ = gzip("<html>page</html>");
  std::string script_gzip_ = gzip(script_);
  std::vector<Asset> assets_{{"/assets/index-abc123.js", "text/javascript", script_gzip_, "\"j\""},
                             {"/index.html", "text/html", page_gzip_, "\"p\""}};
};

TEST_F(PageTest, ServesThePageForItsViews) {
  for (const auto* path : {"/", "/index.html", "/applications/shop", "/applications/team.shop", "/apicture"}) {
    const auto response = ask(path);
    ASSERT_TRUE(response) << path;
    EXPECT_EQ(response->body, "<html>page</html>");
    EXPECT_EQ(field(response, "Cache-Control"), "no-cache");
    EXPECT_THAT(field(response, "Content-Security-Policy"), HasSubstr("default-src 'self'"));
    EXPECT_THAT(field(response, "Content-Security-Policy"), HasSubstr("frame-ancestors 'none'"));
  }
  for (const auto* path : {"/api", "/api/v1/x", "/favicon.ico", "/assets/gone.js", "/../etc/passwd.txt"}) {
    EXPECT_EQ(ask(path).error().code, Code::kNotFound) << path;
  }
  EXPECT_THAT(page_response({}, request("/")).error().hint, HasSubstr("no web page"));
}

TEST_F(PageTest, CompressesForWhoAsks) {
  const auto response = ask("/assets/index-abc123.js", {{"Accept-Encoding", "br, GZIP;q=0.5"}});
  EXPECT_EQ(response->body, script_gzip_);
  EXPECT_EQ(field(response, "Content-Encoding"), "gzip");
  EXPECT_EQ(field(response, "ETag"), "\"j\"");
  EXPECT_THAT(field(response, "Cache-Control"), HasSubstr("immutable"));
  for (const auto* refusal : {"", "br", "gzip;q=0", "gzip; q=0.0, br", "xgzip"}) {
    const auto plain = ask("/assets/index-abc123.js", {{"Accept-Encoding", refusal}});
    EXPECT_EQ(plain->body, script_) << refusal;
    EXPECT_EQ(field(plain, "Content-Encoding"), "") << refusal;
    EXPECT_EQ(field(plain, "ETag"), "W/\"j\"") << refusal;
  }
  EXPECT_EQ(ask("/", {{"Accept-Encoding", "*"}})->body, page_gzip_);
}

TEST_F(PageTest, SaysThatNothingChanged) {
  for (const auto* tags : {"\"p\"", "W/\"p\"", "\"x\", \"p\"", "*"}) {
    const auto response = ask("/", {{"If-None-Match", tags}});
    EXPECT_EQ(response->status, 304) << tags;
    EXPECT_EQ(response->body, "");
  }
  EXPECT_EQ(ask("/", {{"If-None-Match", "\"j\""}})->status, 200);
}

TEST_F(PageTest, SaysThatAFileIsDamaged) {
  const std::string torn = page_gzip_.substr(0, 12);
  const std::vector<Asset> assets{{"/index.html", "text/html", torn, "\"p\""}};
  EXPECT_EQ(page_response(assets, request("/")).error().code, Code::kInternal);
}

}  // namespace
}  // namespace trimtab::api
