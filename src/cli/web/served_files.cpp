#include "cli/web/served_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <optional>
#include <utility>
#include <vector>

#include <bowline/url.h>

namespace bowline::cli {

namespace {

constexpr std::size_t piece_octets = std::size_t{64} * 1024;
constexpr std::size_t listed_max = 10'000;

/// A descriptor that is closed once nobody needs it.
class OpenFile {
 public:
  explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] int number() const { return descriptor_; }

 private:
  int descriptor_;
};

/// Below `folder`, wherever links point to; -1 and errno otherwise.
int open_below(int folder, const std::string& path) {
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(
      ::syscall(SYS_openat2, folder, path.empty() ? "." : path.c_str(), &how, sizeof how));
}

/// The path below the folder; nothing for one that names what is not given.
std::optional<std::string> relative_path(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  // An encoded slash would be another path to whoever looked at it before.
  std::string lower(path);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  if (lower.contains("%2f") || lower.contains("%5c")) return std::nullopt;
  std::string decoded = percent_decode(path.substr(1));
  if (decoded.contains('\0') || decoded.contains('\\')) return std::nullopt;
  std::string_view rest = decoded;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    if (rest.starts_with('.')) return std::nullopt;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return decoded;
}

std::string http_date(std::time_t time) {
  std::tm parts{};
  gmtime_r(&time, &parts);
  constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%02d %s %04d %02d:%02d:%02d GMT", parts.tm_mday % 100,
                months.at(static_cast<std::size_t>(parts.tm_mon)).data(),
                (parts.tm_year + 1900) % 10000, parts.tm_hour % 100, parts.tm_min % 100,
                parts.tm_sec % 100);
  return std::string(days.at(static_cast<std::size_t>(parts.tm_wday))) + ", " + text.data();
}

std::string entity_tag(const struct stat& status) {
  return "\"" + std::to_string(status.st_mtim.tv_sec) + "-" +
         std::to_string(status.st_mtim.tv_nsec) + "-" + std::to_string(status.st_size) + "\"";
}

std::string in_html(std::string_view text) {
  std::string safe_text;
  for (const char c : text) {
    switch (c) {
      case '&': safe_text += "&amp;"; break;
      case '<': safe_text += "&lt;"; break;
      case '>': safe_text += "&gt;"; break;
      case '"': safe_text += "&quot;"; break;
      default: safe_text += c;
    }
  }
  return safe_text;
}

void respond(HttpExchange& exchange, int status, std::string_view text, HttpFields fields = {}) {
  static_cast<void>(fields.set("Content-Type", "text/plain; charset=utf-8"));
  static_cast<void>(exchange.respond(status, fields, std::string(text) + "\n"));
}

/// What is in a folder, by name; folders have a slash.
std::vector<std::string> names_in(int folder) {
  std::vector<std::string> names;
  const int own = ::dup(folder);
  DIR* const stream = own < 0 ? nullptr : ::fdopendir(own);
  if (stream == nullptr) {
    if (own >= 0) ::close(own);
    return names;
  }
  while (const dirent* const entry = ::readdir(stream)) {
    std::string name = entry->d_name;
    if (name.starts_with('.') || names.size() >= listed_max) continue;
    struct stat status{};
    if (::fstatat(folder, name.c_str(), &status, 0) != 0) continue;
    if (S_ISDIR(status.st_mode)) name += '/';
    names.push_back(std::move(name));
  }
  ::closedir(stream);
  std::ranges::sort(names);
  return names;
}

void respond_list(HttpExchange& exchange, int folder, std::string_view path) {
  const std::string title = in_html(percent_decode(path));
  std::string page =
      "<!doctype html><meta charset=utf-8><meta name=viewport content=width=device-width>"
      "<title>" +
      title + "</title><h1>" + title + "</h1><ul>";
  if (path != "/") page += "<li><a href=\"../\">../</a>";
  for (const std::string& name : names_in(folder)) {
    const bool is_folder = name.ends_with('/');
    const std::string_view bare =
        std::string_view(name).substr(0, name.size() - (is_folder ? 1 : 0));
    page += "<li><a href=\"./" + percent_encode(bare, PercentSet::component) +
            (is_folder ? "/" : "") + "\">" + in_html(name) + "</a>";
  }
  static_cast<void>(exchange.respond(200,
                                     {{"Content-Type", "text/html; charset=utf-8"},
                                      {"Cache-Control", "no-cache"},
                                      {"Content-Security-Policy", "default-src 'none'"}},
                                     page + "</ul>\n"));
}

/// Sends a file piece by piece, as the client takes it.
void send_file(HttpExchange exchange, std::shared_ptr<OpenFile> file, std::uint64_t offset,
               std::uint64_t octets) {
  if (octets == 0) {
    static_cast<void>(exchange.finish());
    return;
  }
  std::string piece(static_cast<std::size_t>(std::min<std::uint64_t>(octets, piece_octets)), '\0');
  const ssize_t count =
      ::pread(file->number(), piece.data(), piece.size(), static_cast<off_t>(offset));
  // A file that became shorter must not look whole.
  if (count <= 0) return exchange.abort();
  piece.resize(static_cast<std::size_t>(count));
  const std::uint64_t sent = piece.size();
  HttpExchange keep = exchange;
  keep.send(std::move(piece))
      .detach([exchange = std::move(exchange), file = std::move(file), offset, octets,
               sent](const Result<void>& done) mutable {
        if (done.has_value())
          send_file(std::move(exchange), std::move(file), offset + sent, octets - sent);
      });
}

void respond_file(HttpExchange& exchange, std::shared_ptr<OpenFile> file, const struct stat& status,
                  std::string_view name) {
  const auto octets = static_cast<std::uint64_t>(status.st_size);
  const std::string tag = entity_tag(status);
  const std::string modified = http_date(status.st_mtim.tv_sec);
  HttpFields fields{{"Content-Type", content_type_of(name)},
                    {"ETag", tag},
                    {"Last-Modified", modified},
                    {"Accept-Ranges", "bytes"},
                    {"X-Content-Type-Options", "nosniff"}};
  const std::string_view known = exchange.field("if-none-match");
  if (known == tag || known == "*" ||
      (known.empty() && exchange.field("if-modified-since") == modified)) {
    static_cast<void>(exchange.respond(304, fields));
    return;
  }
  const std::string_view condition = exchange.field("if-range");
  std::optional<ServedRange> range;
  if (condition.empty() || condition == tag) range = read_range(exchange.field("range"), octets);
  if (range && !range->is_satisfiable) {
    static_cast<void>(fields.add("Content-Range", "bytes */" + std::to_string(octets)));
    static_cast<void>(exchange.respond(416, fields));
    return;
  }
  const ServedRange part = range.value_or(ServedRange{0, octets, true});
  if (range) {
    static_cast<void>(fields.add("Content-Range", "bytes " + std::to_string(part.begin) + "-" +
                                                      std::to_string(part.begin + part.octets - 1) +
                                                      "/" + std::to_string(octets)));
  }
  if (!exchange.begin(range ? 206 : 200, fields, part.octets).has_value()) return;
  send_file(exchange, std::move(file), part.begin, exchange.method() == "HEAD" ? 0 : part.octets);
}

}  // namespace

Result<ServedFiles> ServedFiles::open(const std::string& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return Error::from_errno(errno, "open").about(folder);
  return ServedFiles(descriptor);
}

ServedFiles::ServedFiles(ServedFiles&& other) noexcept
    : folder_(std::exchange(other.folder_, -1)) {}
ServedFiles::~ServedFiles() {
  if (folder_ >= 0) ::close(folder_);
}

void ServedFiles::answer(HttpExchange exchange) const {
  if (exchange.method() != "GET" && exchange.method() != "HEAD")
    return respond(exchange, 405, "only GET and HEAD", {{"Allow", "GET, HEAD"}});
  const auto path = relative_path(exchange.path());
  if (!path) return respond(exchange, 404, "not found");
  auto file = std::make_shared<OpenFile>(open_below(folder_, *path));
  if (file->number() < 0 && (errno == EMFILE || errno == ENFILE))
    return respond(exchange, 503, "too much at once");
  struct stat status{};
  if (file->number() < 0 || ::fstat(file->number(), &status) != 0)
    return respond(exchange, 404, "not found");
  if (S_ISDIR(status.st_mode)) {
    if (!exchange.path().ends_with('/'))
      return respond(exchange, 301, "it is a folder",
                     {{"Location", std::string(exchange.path()) + "/"}});
    auto index = std::make_shared<OpenFile>(open_below(file->number(), "index.html"));
    struct stat index_status{};
    if (index->number() >= 0 && ::fstat(index->number(), &index_status) == 0 &&
        S_ISREG(index_status.st_mode))
      return respond_file(exchange, std::move(index), index_status, "index.html");
    return respond_list(exchange, file->number(), exchange.path());
  }
  if (!S_ISREG(status.st_mode) || path->ends_with('/')) return respond(exchange, 404, "not found");
  respond_file(exchange, std::move(file), status, *path);
}

std::optional<ServedRange> read_range(std::string_view field, std::uint64_t octets) {
  constexpr std::string_view unit = "bytes=";
  if (!field.starts_with(unit) || field.contains(',')) return std::nullopt;
  field.remove_prefix(unit.size());
  const std::size_t dash = field.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto number = [](std::string_view text) -> std::optional<std::uint64_t> {
    std::uint64_t value = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || rest != text.data() + text.size()) return std::nullopt;
    return value;
  };
  const std::string_view first = field.substr(0, dash);
  const std::string_view last = field.substr(dash + 1);
  if (first.empty()) {
    const auto from_end = number(last);
    if (!from_end) return std::nullopt;
    if (*from_end == 0 || octets == 0) return ServedRange{0, 0, false};
    const std::uint64_t count = std::min(*from_end, octets);
    return ServedRange{octets - count, count, true};
  }
  const auto begin = number(first);
  const auto end = last.empty() ? std::optional(octets) : number(last);
  if (!begin || !end || (!last.empty() && *end < *begin)) return std::nullopt;
  if (*begin >= octets) return ServedRange{0, 0, false};
  const std::uint64_t until = last.empty() ? octets : std::min(*end, octets - 1) + 1;
  return ServedRange{*begin, until - *begin, true};
}

std::string_view content_type_of(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 20> types{{
      {".html", "text/html; charset=utf-8"},
      {".htm", "text/html; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".json", "application/json"},
      {".txt", "text/plain; charset=utf-8"},
      {".md", "text/plain; charset=utf-8"},
      {".xml", "application/xml"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".jpeg", "image/jpeg"},
      {".gif", "image/gif"},
      {".webp", "image/webp"},
      {".pdf", "application/pdf"},
      {".wasm", "application/wasm"},
      {".mp4", "video/mp4"},
      {".mp3", "audio/mpeg"},
      {".zip", "application/zip"},
      {".gz", "application/gzip"},
  }};
  for (const auto& [ending, type] : types)
    if (name.ends_with(ending)) return type;
  return "application/octet-stream";
}

}  // namespace bowline::cli
