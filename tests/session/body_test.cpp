#include "session_scene.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <zlib.h>

namespace bowline::test {
namespace {

std::string gzip_of(std::string_view text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

std::string long_text(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * 7 + i / 251) % 26);
  return text;
}

/// A folder that goes when the test ends.
struct TestFolder {
  TestFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "bowline-XXXXXX").string();
    path = mkdtemp(pattern.data());
  }
  ~TestFolder() { std::filesystem::remove_all(path); }
  [[nodiscard]] std::string file(const std::string& name) const { return path / name; }
  [[nodiscard]] static std::string content(const std::string& name) {
    std::ifstream stream(name, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  [[nodiscard]] std::size_t file_count() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path), {}));
  }
  std::filesystem::path path;
};

TEST(UrlSessionBody, takes_the_coding_off) {
  SessionScene scene;
  const std::string text = long_text(200'000);
  scene.page("/coded", 200, gzip_of(text), {{"Content-Encoding", "gzip"}});
  EXPECT_TRUE(scene.get("https://www.example.com/coded").text() == text);
  EXPECT_EQ(scene.asked_fields.at(0).find("accept-encoding"), "gzip, deflate, br, zstd");
  const UrlResponse as_it_is =
      scene.fetch(UrlRequest("https://www.example.com/coded").decode(false));
  EXPECT_TRUE(as_it_is.text() == gzip_of(text));
}

TEST(UrlSessionBody, threat_34_stops_a_bomb_at_the_cap) {
  SessionScene scene;
  scene.page("/bomb", 200, gzip_of(std::string(40 << 20, '\0')), {{"Content-Encoding", "gzip"}});
  EXPECT_EQ(
      scene.error_of(UrlRequest("https://www.example.com/bomb").body_octets_max(1 << 20)).kind(),
      ErrorKind::limit_exceeded);
}

TEST(UrlSessionBody, is_received_in_pieces_while_the_peer_is_held_back) {
  SessionScene scene;
  const std::string text = long_text(3 << 20);
  scene.page("/long", 200, text);
  for (const char* const url : {"http://www.example.com/long", "https://www.example.com/long"}) {
    UrlTask task = scene.session().task(UrlRequest(url));
    const Result<UrlResponse> head = task.head().wait();
    ASSERT_TRUE(head.has_value()) << to_string(head.error());
    EXPECT_EQ(head->status(), 200);
    scene.sim.run_for(10s);
    EXPECT_LE(task.progress().received, 600'000U) << url;
    EXPECT_EQ(task.progress().to_receive, text.size());
    std::string got;
    for (;;) {
      const Result<Message> piece = task.receive(10'000).wait();
      ASSERT_TRUE(piece.has_value()) << to_string(piece.error());
      EXPECT_LE(piece->size(), 10'000U);
      got += piece->text();
      if (piece->end_of_stream()) break;
    }
    EXPECT_TRUE(got == text);
    scene.sim.run_for(1s);
    EXPECT_EQ(scene.session().task_count(), 0U);
  }
}

TEST(UrlSessionBody, has_trailers_and_a_length_that_is_found_out) {
  SessionScene scene;
  scene.page("/chunks", [](HttpExchange exchange) {
    EXPECT_TRUE(exchange.begin(200).has_value());
    exchange.send(std::string("one ")).detach();
    exchange.send(std::string("two")).detach();
    EXPECT_TRUE(exchange.finish({{"X-Sum", "7"}}).has_value());
  });
  for (const char* const url :
       {"http://www.example.com/chunks", "https://www.example.com/chunks"}) {
    const UrlResponse response = scene.get(url);
    EXPECT_EQ(response.text(), "one two");
    EXPECT_EQ(response.trailers().find("x-sum"), "7") << url;
  }
}

TEST(UrlSessionBody, that_is_cut_off_is_an_error) {
  SessionScene scene;
  scene.page("/cut", [](HttpExchange exchange) {
    EXPECT_TRUE(exchange.begin(200, {}, 100).has_value());
    exchange.send(std::string("only this")).detach();
  });
  for (const char* const url : {"http://www.example.com/cut", "https://www.example.com/cut"}) {
    const Error error = scene.error_of(UrlRequest(url));
    EXPECT_TRUE(error.kind() == ErrorKind::closed || error.kind() == ErrorKind::reset)
        << to_string(error);
  }
}

/// What the server received.
void take_uploads(SessionScene& scene, std::string& got) {
  scene.page("/take", [&](HttpExchange exchange) {
    exchange.receive_all().detach([&got, exchange](Result<Buffer> body) mutable {
      got = body.has_value()
                ? exchange.method() + " " + std::string(exchange.field("content-type")) + " " +
                      std::string(body->text())
                : to_string(body.error());
      static_cast<void>(exchange.respond(201));
    });
  });
}

TEST(UrlSessionUpload, sends_memory_a_file_and_what_a_callback_gives) {
  SessionScene scene;
  const TestFolder folder;
  std::string got;
  take_uploads(scene, got);
  const std::string text = long_text(2 << 20);
  std::ofstream(folder.file("up"), std::ios::binary) << text;
  for (const char* const url : {"http://www.example.com/take", "https://www.example.com/take"}) {
    EXPECT_EQ(scene.fetch(UrlRequest(url).body(text, "text/plain")).status(), 201);
    EXPECT_TRUE(got == "POST text/plain " + text) << url;
    got.clear();
    EXPECT_EQ(scene.fetch(UrlRequest(url).method("PUT").body_file(folder.file("up"))).status(),
              201);
    EXPECT_TRUE(got == "PUT  " + text) << url;
    got.clear();
    int pieces = 0;
    const auto source = [&](std::uint64_t offset, std::size_t octets_max, UrlBodyAnswer answer) {
      std::string piece = offset < text.size()
                              ? text.substr(offset, std::min<std::size_t>(octets_max, 50'000))
                              : "";
      // Sometimes at once, sometimes later.
      if (++pieces % 2 == 0) return answer(Buffer::own(std::move(piece)));
      scene.loop->sleep(1ms).detach(
          [piece, answer = std::move(answer)](const Result<void>&) mutable {
            answer(Buffer::own(std::string(piece)));
          });
    };
    EXPECT_EQ(scene.fetch(UrlRequest(url).body_from(source)).status(), 201);
    EXPECT_TRUE(got == "POST  " + text) << url;
  }
}

TEST(UrlSessionUpload, writes_forms) {
  SessionScene scene;
  std::string got;
  take_uploads(scene, got);
  scene.fetch(UrlRequest("https://www.example.com/take").form({{"a", "1 2"}, {"b", "&"}}));
  EXPECT_EQ(got, "POST application/x-www-form-urlencoded a=1+2&b=%26");
  const TestFolder folder;
  std::ofstream(folder.file("x.txt")) << "content";
  scene.fetch(UrlRequest("https://www.example.com/take")
                  .multipart({FormField("name", "value"),
                              FormField::file("file", folder.file("x.txt"), "text/plain")}));
  EXPECT_TRUE(got.starts_with("POST multipart/form-data; boundary=")) << got;
  EXPECT_TRUE(got.contains("filename=\"x.txt\"")) << got;
  EXPECT_TRUE(got.contains("\r\n\r\ncontent\r\n--")) << got;
}

TEST(UrlSessionUpload, waits_for_100_continue) {
  SessionScene scene;
  scene.page("/no", 413, "too much");
  const UrlResponse response = scene.fetch(
      UrlRequest("http://www.example.com/no").body(long_text(1 << 20)).expect_continue());
  EXPECT_EQ(response.status(), 413);
  EXPECT_EQ(response.metrics().transactions().at(0).body_sent(), 0U);
}

TEST(UrlSessionUpload, threat_36_gets_an_answer_that_comes_early) {
  SessionScene scene;
  scene.page("/no", 403, "not you");
  for (const char* const url : {"http://www.example.com/no", "https://www.example.com/no"}) {
    const Instant start = scene.sim.now();
    const UrlResponse response = scene.fetch(UrlRequest(url).body(long_text(8 << 20)));
    EXPECT_EQ(response.status(), 403) << url;
    EXPECT_EQ(response.text(), "not you");
    EXPECT_LT(scene.sim.now() - start, 1s);
  }
}

TEST(UrlSessionDownload, lies_in_its_place_when_it_is_whole) {
  SessionScene scene;
  const TestFolder folder;
  const std::string text = long_text(1 << 20);
  scene.page("/file", 200, text);
  std::ofstream(folder.file("down")) << "old";
  const UrlResponse response =
      scene.fetch(UrlRequest("https://www.example.com/file").to_file(folder.file("down")));
  EXPECT_EQ(response.file(), folder.file("down"));
  EXPECT_EQ(response.body_octets(), text.size());
  EXPECT_TRUE(TestFolder::content(folder.file("down")) == text);
  EXPECT_EQ(folder.file_count(), 1U);
  // No success leaves it alone.
  const UrlResponse missing =
      scene.fetch(UrlRequest("https://www.example.com/none").to_file(folder.file("down")));
  EXPECT_EQ(missing.text(), "nothing here");
  EXPECT_TRUE(TestFolder::content(folder.file("down")) == text);
  EXPECT_EQ(folder.file_count(), 1U);
}

/// Serves ranges, and stops after `octets_max` of a whole one.
void serve_ranges(SessionScene& scene, const std::string& text, std::size_t octets_max,
                  const std::string* tag) {
  scene.page("/file", [&scene, &text, octets_max, tag](HttpExchange exchange) {
    HttpFields fields{{"Accept-Ranges", "bytes"}, {"ETag", *tag}};
    const std::string_view range = exchange.field("range");
    if (range.empty() || exchange.field("if-range") != *tag) {
      EXPECT_TRUE(exchange.begin(200, fields, text.size()).has_value());
      const bool is_cut = scene.asked.size() == 1;
      exchange.send(text.substr(0, is_cut ? octets_max : text.size())).detach();
      if (is_cut) return;
      EXPECT_TRUE(exchange.finish().has_value());
      return;
    }
    const std::size_t begin = std::stoul(std::string(range.substr(6)));
    EXPECT_TRUE(fields
                    .add("Content-Range", "bytes " + std::to_string(begin) + "-" +
                                              std::to_string(text.size() - 1) + "/" +
                                              std::to_string(text.size()))
                    .has_value());
    EXPECT_TRUE(exchange.respond(206, fields, text.substr(begin)).has_value());
  });
}

TEST(UrlSessionDownload, goes_on_where_it_was_cut_off) {
  SessionScene scene;
  const TestFolder folder;
  const std::string text = long_text(1 << 20);
  const std::string tag = "\"v1\"";
  serve_ranges(scene, text, 300'000, &tag);
  const UrlRequest request =
      UrlRequest("https://www.example.com/file").to_file(folder.file("down"));
  UrlTask task = scene.session().task(request);
  ASSERT_FALSE(task.result().wait().has_value());
  const ResumeData data = task.resume_data();
  ASSERT_FALSE(data.empty());
  EXPECT_FALSE(std::filesystem::exists(folder.file("down")));
  const UrlResponse response = scene.fetch(UrlRequest(request).resume(data));
  EXPECT_EQ(response.status(), 206);
  EXPECT_TRUE(TestFolder::content(folder.file("down")) == text);
  EXPECT_EQ(scene.asked_fields.at(1).find("if-range"), tag);
  EXPECT_EQ(folder.file_count(), 1U);
}

TEST(UrlSessionDownload, threat_97_begins_again_when_the_entity_was_changed) {
  SessionScene scene;
  const TestFolder folder;
  std::string text = long_text(1 << 20);
  std::string tag = "\"v1\"";
  serve_ranges(scene, text, 300'000, &tag);
  const UrlRequest request =
      UrlRequest("https://www.example.com/file").to_file(folder.file("down"));
  UrlTask task = scene.session().task(request);
  ASSERT_FALSE(task.result().wait().has_value());
  text = std::string(1 << 20, 'N');
  tag = "\"v2\"";
  const UrlResponse response = scene.fetch(UrlRequest(request).resume(task.resume_data()));
  EXPECT_EQ(response.status(), 200);
  EXPECT_TRUE(TestFolder::content(folder.file("down")) == text);
}

TEST(UrlSessionDownload, leaves_nothing_behind_if_it_cannot_go_on) {
  SessionScene scene;
  const TestFolder folder;
  scene.page("/cut", [](HttpExchange exchange) {
    EXPECT_TRUE(exchange.begin(200, {}, 100'000).has_value());
    exchange.send(long_text(50'000)).detach();
  });
  UrlTask task =
      scene.session().task(UrlRequest("https://www.example.com/cut").to_file(folder.file("down")));
  ASSERT_FALSE(task.result().wait().has_value());
  EXPECT_TRUE(task.resume_data().empty());
  task = {};
  EXPECT_EQ(folder.file_count(), 0U);
}

TEST(UrlSessionMetrics, phases_are_all_of_the_time) {
  SessionScene scene;
  // HTTP/1.1, so that the other host gets a connection of its own.
  scene.made_session.emplace(*scene.loop, scene.configuration().versions(HttpChoice::http1));
  scene.redirect("/a", 302, "https://other.example.com/hello");
  scene.get("https://www.example.com/hello");
  const UrlResponse response = scene.get("https://www.example.com/a");
  const UrlMetrics& metrics = response.metrics();
  ASSERT_EQ(metrics.transactions().size(), 2U);
  Duration sum{};
  for (const UrlTransaction& each : metrics.transactions()) {
    Duration phases{};
    for (const auto& [phase, time] : each.phases()) phases += time;
    EXPECT_EQ(phases, each.duration()) << to_string(each);
    sum += each.duration();
  }
  EXPECT_LE(metrics.total() - sum, 1ms);
  const UrlTransaction& first = metrics.transactions()[0];
  const UrlTransaction& second = metrics.transactions()[1];
  EXPECT_TRUE(first.is_reused());
  EXPECT_EQ(first.time_in(UrlPhase::naming), Duration::zero());
  EXPECT_FALSE(second.is_reused());
  EXPECT_EQ(second.time_in(UrlPhase::connecting), 20ms);
  EXPECT_GE(second.time_in(UrlPhase::securing), 20ms);
  EXPECT_EQ(second.time_in(UrlPhase::thinking), 20ms);
  EXPECT_EQ(second.tls_version(), "1.3");
  EXPECT_EQ(second.body_received(), 5U);
}

}  // namespace
}  // namespace bowline::test
