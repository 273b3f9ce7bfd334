#include "api/page.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <zlib.h>

namespace trimtab::api {
namespace {

constexpr std::size_t kMaxInflated = 64 * 1024 * 1024;
// No inline scripts or styles, nothing from elsewhere, not inside another site's frame.
constexpr const char* kContentSecurityPolicy =
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'";

const Asset* find(const std::vector<Asset>& assets, std::string_view path) {
  const auto found = std::ranges::find(assets, path, &Asset::path);
  return found == assets.end() ? nullptr : &*found;
}

// Anything but the API's and files': those are in /assets/ or at the top (/favicon.ico). Names in views may hold dots.
bool is_view(std::string_view path) {
  const bool at_top = path.rfind('/') == 0;
  return !path.starts_with("/api/") && path != "/api" && !path.starts_with("/assets/") && !path.contains("/..") &&
         !(at_top && path.contains('.'));
}

// "gzip" or "*" with a weight that is not zero (RFC 9110 section 12.5.3).
bool accepts_gzip(const net::Request& request) {
  const auto* field = request.headers.find("Accept-Encoding");
  if (field == nullptr) return false;
  std::string_view rest = *field;
  while (!rest.empty()) {
    const auto item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), item.size() + 1));
    const auto first = item.find_first_not_of(" \t");
    if (first == std::string_view::npos) continue;
    const auto name = item.substr(first, item.find_first_of("; \t", first) - first);
    const auto weight = item.find("q=");
    const bool refused = weight != std::string_view::npos &&
                         item.substr(weight + 2).find_first_not_of("0. \t") == std::string_view::npos;
    if (net::equal_ignoring_case(name, "gzip") || name == "*") return !refused;
  }
  return false;
}

Result<std::string> inflate_gzip(std::string_view compressed) {
  z_stream stream{};
  constexpr int kGzip = 16 + MAX_WBITS;
  if (inflateInit2(&stream, kGzip) != Z_OK) return fail(internal_error("zlib does not start"));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));  // zlib's interface; not written
  stream.avail_in = static_cast<uInt>(compressed.size());
  std::string result;
  std::array<char, 64 * 1024> piece{};
  int status = Z_OK;
  while (status == Z_OK && result.size() <= kMaxInflated) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    status = inflate(&stream, Z_NO_FLUSH);
    result.append(piece.data(), piece.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END) return fail(internal_error("an embedded file is damaged"));
  return result;
}

// Any of the tags in If-None-Match; a weak one counts as well (RFC 9110 section 13.1.2).
bool is_current(const net::Request& request, std::string_view etag) {
  const auto* field = request.headers.find("If-None-Match");
  return field != nullptr && (*field == "*" || std::string_view(*field).contains(etag));
}

}  // namespace

Result<net::Response> page_response(const std::vector<Asset>& assets, const net::Request& request) {
  if (request.method != "GET" && request.method != "HEAD") {
    return fail(not_found(fmt::format("there is no {}", request.target.path)));
  }
  const auto& path = request.target.path;
  const Asset* asset = find(assets, path == "/" ? "/index.html" : path);
  if (asset == nullptr && is_view(path)) asset = find(assets, "/index.html");
  if (asset == nullptr) {
    return fail(not_found(fmt::format("there is no {}", path),
                          assets.empty() ? "this build has no web page; the API is at /api/v1/openapi.json" : ""));
  }
  const bool compressed = accepts_gzip(request);
  // The inflated form is another representation and needs a tag of its own.
  const std::string etag = compressed ? std::string(asset->etag) : "W/" + std::string(asset->etag);
  net::Response response;
  response.headers = {
      {"Content-Type", std::string(asset->content_type)},
      {"Cache-Control", asset->path.starts_with("/assets/") ? "public, max-age=31536000, immutable" : "no-cache"},
      {"ETag", etag},
      {"Vary", "Accept-Encoding"},
      {"Content-Security-Policy", kContentSecurityPolicy},
      {"Referrer-Policy", "no-referrer"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
  };
  if (is_current(request, asset->etag)) {
    response.status = 304;
  } else if (compressed) {
    response.headers.add("Content-Encoding", "gzip");
    response.body = asset->gzip;
  } else {
    TRY_ASSIGN(response.body, inflate_gzip(asset->gzip));
  }
  return response;
}

}  // namespace trimtab::api
