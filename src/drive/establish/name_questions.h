#pragma once

#include <string>
#include <vector>

#include <bowline/parameters.h>

#include "drive/establish/establishment_record.h"
#include "drive/establish/host/local_side.h"
#include "drive/establish/race_answer.h"
#include "drive/naming/name_service.h"

namespace bowline::drive {

/// Asks the loop's resolver what a race wants to know, and keeps the answers on record.
class NameQuestions final : private NameService::Client {
 public:
  /// Told of each answer; never from inside ask().
  class Owner {
   public:
    virtual void handle_race_answer(core::RaceAnswer answer) = 0;

   protected:
    ~Owner() = default;
  };
  struct Setting {
    Loop& loop;
    const Parameters& parameters;
    LocalSide& local;
    EstablishmentRecord& record;
    const Endpoint& towards;  ///< the peer, or the proxy on the way to it
    bool understands_ech;
  };
  /// What stands in `setting` outlives it.
  NameQuestions(const Setting& setting, Owner& owner) : setting_(setting), owner_(owner) {}
  ~NameQuestions() { stop(); }
  NameQuestions(const NameQuestions&) = delete;
  NameQuestions& operator=(const NameQuestions&) = delete;

  /// The answers to what could not even be asked, such as for a name that is too long.
  [[nodiscard]] std::vector<core::RaceAnswer> ask(const core::Race::Ask& asked);
  void stop() noexcept;
  [[nodiscard]] bool is_empty() const { return running_.empty(); }
  /// Why there is no answer so far.
  [[nodiscard]] Error silence() const;

 private:
  struct Running {
    core::Resolver::LookupId lookup;
    RaceQuestion question;
  };
  [[nodiscard]] std::vector<core::RaceAnswer> start(RaceQuestion question,
                                                    const std::string& looked_up,
                                                    const std::vector<core::RaceQuery>& queries);
  void drop_refused(core::RaceAnswer& answer);
  void handle_answer(core::Resolver::LookupId lookup, const core::Answer& answer) override;

  Setting setting_;
  Owner& owner_;
  std::vector<Running> running_;
};

}  // namespace bowline::drive
