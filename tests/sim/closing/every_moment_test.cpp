#include <gtest/gtest.h>

#include <memory>
#include <set>

#include "free_sockets.h"
#include "story.h"

// Whatever moment the owner ends a program at: what was started ends soon and once, nothing is called
// afterwards, and nothing stays behind.

namespace bowline::test {
namespace {

/// Keeps the operations of one program, and what became of each.
class Ledger {
 public:
  explicit Ledger(sim::Simulation& sim) : sim_(sim) {}

  template <class T>
  void start(Operation<T> operation, std::function<void(const Result<T>&)> then) {
    auto entry = std::make_unique<Entry<T>>();
    Entry<T>& kept = *entry;
    entries_.push_back(std::move(entry));
    kept.operation = std::move(operation).stop_on(stop_.get_token());
    kept.operation.start([this, &kept, then = std::move(then)](const Result<T>& result) {
      ++kept.calls;
      last_call_ = sim_.now();
      ++calls_;
      if (!ending_) then(result);
    });
  }

  void stop() {
    ending_ = true;
    stop_.request_stop();
  }
  void end() { ending_ = true; }
  void destroy_operations() {
    ending_ = true;
    for (const auto& entry : entries_) entry->destroy();
  }

  [[nodiscard]] int calls() const { return calls_; }
  [[nodiscard]] Instant last_call() const { return last_call_; }
  [[nodiscard]] std::size_t count() const { return entries_.size(); }
  [[nodiscard]] bool each_was_called_once() const {
    return std::ranges::all_of(entries_, [](const auto& entry) { return entry->calls == 1; });
  }

 private:
  struct EntryBase {
    virtual ~EntryBase() = default;
    virtual void destroy() = 0;
    int calls = 0;
  };
  template <class T>
  struct Entry final : EntryBase {
    void destroy() override { operation = {}; }
    Operation<T> operation;
  };

  sim::Simulation& sim_;
  std::stop_source stop_;
  std::vector<std::unique_ptr<EntryBase>> entries_;
  int calls_ = 0;
  Instant last_call_{};
  bool ending_ = false;
};

enum class Ending {
  operations_destroyed,
  stop_token,
  handles_dropped,
  closed,
  cancelled,
  aborted,
  loop_destroyed
};
constexpr std::array all_endings{Ending::operations_destroyed,
                                 Ending::stop_token,
                                 Ending::handles_dropped,
                                 Ending::closed,
                                 Ending::cancelled,
                                 Ending::aborted,
                                 Ending::loop_destroyed};

/// A program that runs until it is ended at some moment. Programs differ in what they start.
class Program {
 public:
  explicit Program(const sim::HostOptions& options) : scene(1, options), ledger(scene.sim) {
    scene.listener.on_connection(
        [this](StreamConnection connection) { echo(std::move(connection)); });
  }
  virtual ~Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  virtual void begin() = 0;
  virtual void drop_handles() = 0;
  /// close, cancel or abort of whatever this program has.
  virtual void end_by(Ending ending) = 0;
  [[nodiscard]] bool is_done() const { return done_; }

  void end(Ending ending) {
    ledger.end();
    switch (ending) {
      case Ending::operations_destroyed: return ledger.destroy_operations();
      case Ending::stop_token: return ledger.stop();
      case Ending::handles_dropped: return drop_handles();
      case Ending::closed:
      case Ending::cancelled:
      case Ending::aborted: return end_by(ending);
      case Ending::loop_destroyed: return scene.loop.reset();
    }
  }

  Scene scene;
  Ledger ledger;

 protected:
  void finish() { done_ = true; }
  void end_connection(Connection& connection, Ending ending) {
    if (!connection) return;
    if (ending == Ending::closed) connection.close().detach();
    if (ending == Ending::cancelled) connection.cancel();
    if (ending == Ending::aborted) connection.abort();
  }

 private:
  static void echo(StreamConnection connection) {
    auto receive = connection.receive();
    std::move(receive).detach(
        [connection = std::move(connection)](Result<Message> message) mutable {
          if (!message.has_value()) return;
          const Last last = message->end_of_stream() ? Last::yes : Last::no;
          const Buffer kept = message->buffer();
          auto send = connection.send(kept.bytes(), last);
          std::move(send).detach(
              [connection = std::move(connection), kept, last](const Result<void>& sent) mutable {
                if (sent.has_value() && last == Last::no) echo(std::move(connection));
              });
        });
  }

  bool done_ = false;
};

/// Resolves, races, sends, receives what comes back, and closes.
class StreamProgram final : public Program {
 public:
  using Program::Program;
  void begin() override {
    client_ = scene.connect_to_web();
    client_.on_state([](ConnectionState, const Error*) {});
    ledger.start<void>(client_.ready(), [this](const Result<void>& ready) {
      if (!ready.has_value()) return finish();
      ledger.start<void>(client_.send(text_), [this](const Result<void>&) {
        ledger.start<void>(client_.finish(), [](const Result<void>&) {});
      });
      receive();
    });
  }
  void drop_handles() override { client_ = {}; }
  void end_by(Ending ending) override { end_connection(client_, ending); }

 private:
  void receive() {
    ledger.start<Message>(client_.receive(30'000), [this](const Result<Message>& message) {
      if (message.has_value() && !message->end_of_stream()) return receive();
      ledger.start<void>(client_.close(), [this](const Result<void>&) { finish(); });
    });
  }
  StreamConnection client_;
  const std::string text_ = std::string(70'000, 't');
};

/// The same with messages on top, against a server of raw bytes: a length, and an echo of it.
class FramedProgram final : public Program {
 public:
  using Program::Program;
  void begin() override {
    client_ = connect(*scene.loop, host("www.example.com", 80), length_prefixed(tcp()));
    ledger.start<void>(client_.send("one"), [](const Result<void>&) {});
    ledger.start<void>(client_.send(text_), [](const Result<void>&) {});
    ledger.start<Message>(client_.receive(), [this](const Result<Message>&) {
      ledger.start<Message>(client_.receive(), [this](const Result<Message>&) {
        ledger.start<void>(client_.close(), [this](const Result<void>&) { finish(); });
      });
    });
  }
  void drop_handles() override { client_ = {}; }
  void end_by(Ending ending) override { end_connection(client_, ending); }

 private:
  MessageConnection client_;
  const std::string text_ = std::string(50'000, 't');
};

/// UDP both ways, with the server's flow on the same loop as the client's.
class DatagramProgram final : public Program {
 public:
  using Program::Program;
  void begin() override {
    const Endpoint here(SocketAddress(IpAddress::loopback(Family::ipv4), 0));
    listener_ = *listen(*scene.loop, here, udp());
    client_ = connect(*scene.loop, Endpoint(listener_.local_address()), udp());
    ledger.start<void>(client_.send("question"), [](const Result<void>&) {});
    ledger.start<DatagramConnection>(
        listener_.accept(), [this](const Result<DatagramConnection>& flow) {
          server_ = *flow;
          ledger.start<Message>(server_.receive(), [this](const Result<Message>& message) {
            question_ = message.has_value() ? *message : Message();
            ledger.start<void>(server_.send(question_.text()), [](const Result<void>&) {});
          });
        });
    ledger.start<MessageBatch>(client_.receive_batch(), [this](const Result<MessageBatch>&) {
      ledger.start<void>(scene.loop->sleep(20ms), [this](const Result<void>&) {
        ledger.start<void>(client_.close(), [this](const Result<void>&) { finish(); });
      });
    });
  }
  void drop_handles() override {
    client_ = {};
    server_ = {};
    listener_ = {};
  }
  void end_by(Ending ending) override {
    end_connection(client_, ending);
    end_connection(server_, ending);
    if (listener_) listener_.close();
  }

 private:
  Message question_;
  Listener<DatagramConnection> listener_;
  DatagramConnection client_;
  DatagramConnection server_;
};

/// Lookups whose answers come by TCP, after a lost query, and not at all.
class LookupProgram final : public Program {
 public:
  using Program::Program;
  void begin() override {
    scene.dns->script("www.example.com", "A", sim::DnsBehavior().truncate());
    scene.dns->script("www.example.com", "AAAA", sim::DnsBehavior().drop().times(1));
    lookup_.emplace(*resolve(*scene.loop, "www.example.com", {"A", "AAAA", "TXT"}));
    next();
  }
  void drop_handles() override { lookup_.reset(); }
  void end_by(Ending) override { lookup_.reset(); }

 private:
  void next() {
    ledger.start<std::optional<Resolution>>(
        lookup_->next(), [this](const Result<std::optional<Resolution>>& answer) {
          answer.has_value() && answer->has_value() ? next() : finish();
        });
  }
  std::optional<Lookup> lookup_;
};

/// Nobody answers: waiting, with a pause between rounds.
class WaitingProgram final : public Program {
 public:
  using Program::Program;
  void begin() override {
    scene.internet.add_rule(sim::Match().tcp().first(6), sim::Verdict::reset);
    client_ = scene.connect_to_web(Parameters().wait(Waiting::for_peer));
    ledger.start<void>(client_.ready(), [this](const Result<void>&) { finish(); });
    ledger.start<void>(client_.send("hello"), [](const Result<void>&) {});
  }
  void drop_handles() override { client_ = {}; }
  void end_by(Ending ending) override { end_connection(client_, ending); }

 private:
  StreamConnection client_;
};

/// Runs the program up to its `moment`th instant and ends it there. False if it was done before.
template <class SomeProgram>
bool ends_well_at(int moment, Ending ending) {
  SomeProgram program((sim::HostOptions().sockets(sockets_max)));
  sim::Simulation& sim = program.scene.sim;
  program.begin();
  int instants = 0;
  EXPECT_TRUE(sim.run_until([&] { return ++instants > moment || program.is_done(); }));
  if (program.is_done()) return false;

  const Instant ended = sim.now();
  const int calls = program.ledger.calls();
  program.end(ending);
  if (ending == Ending::operations_destroyed) {
    sim.run_for(1s);
    EXPECT_EQ(program.ledger.calls(), calls) << "a destroyed operation was called";
  } else if (ending == Ending::loop_destroyed) {
    EXPECT_EQ(program.ledger.calls(), calls) << "the end of the loop called back";
  } else {
    EXPECT_EQ(program.ledger.calls(), calls) << "a callback ran inside the owner's call";
    // Closing takes until all is sent, and so until there is a connection.
    const bool flushes = ending == Ending::handles_dropped || ending == Ending::closed;
    sim.run_for(flushes ? 1min : 2s);
    EXPECT_TRUE(program.ledger.each_was_called_once());
    if (!flushes) {
      EXPECT_LE(program.ledger.last_call() - ended, 50ms);
    }
  }
  program.drop_handles();
  program.scene.listener = {};
  EXPECT_TRUE(sim.run_until_idle());
  program.scene.loop.reset();
  EXPECT_EQ(count_free_sockets(program.scene.home), sockets_max);
  program.scene.web_loop.reset();
  EXPECT_EQ(count_free_sockets(program.scene.web), sockets_max);
  return true;
}

template <class SomeProgram>
struct EveryMoment : testing::Test {};
using Programs =
    testing::Types<StreamProgram, FramedProgram, DatagramProgram, LookupProgram, WaitingProgram>;
TYPED_TEST_SUITE(EveryMoment, Programs);

TYPED_TEST(EveryMoment, threat_112_is_a_good_one_to_end_a_program) {
  for (const Ending ending : all_endings) {
    int moment = 0;
    while (!this->HasFailure() && ends_well_at<TypeParam>(moment, ending)) ++moment;
    EXPECT_GT(moment, 2);
    if (this->HasFailure())
      FAIL() << "ending " << static_cast<int>(ending) << " at moment " << moment;
  }
}

}  // namespace
}  // namespace bowline::test
