#include <bowline/stack.h>

#include "drive/connection/stack.h"
#include "drive/message/prelude_stream.h"

namespace bowline {

namespace {

std::shared_ptr<const drive::StackPlan> make_plan(const TcpOptions& options) {
  auto plan = std::make_shared<drive::StackPlan>();
  plan->alternatives = {
      {.protocol = core::CandidateProtocol::tcp, .transport = drive::Transport::tcp}};
  plan->tcp = options;
  plan->names = {"tcp"};
  return plan;
}

std::shared_ptr<const drive::StackPlan> make_plan(const UdpOptions& options) {
  auto plan = std::make_shared<drive::StackPlan>();
  plan->alternatives = {
      {.protocol = core::CandidateProtocol::udp, .transport = drive::Transport::udp}};
  plan->udp = options;
  plan->names = {"udp"};
  return plan;
}

/// Nearly all stacks have no options of their own: their connections share one plan.
template <class Options>
std::shared_ptr<const drive::StackPlan> plan_for(const Options& options) {
  static const std::shared_ptr<const drive::StackPlan> plain = make_plan(Options());
  return options == Options() ? plain : make_plan(options);
}

}  // namespace

std::shared_ptr<const drive::StackPlan> TcpOptions::plan() const { return plan_for(*this); }
std::shared_ptr<const drive::StackPlan> UdpOptions::plan() const { return plan_for(*this); }

Framed::Framed(const std::shared_ptr<const drive::StackPlan>& below, Factory factory) {
  auto plan = std::make_shared<drive::StackPlan>(*below);
  plan->names.insert(plan->names.begin(), std::string(factory()->name()));
  plan->framers.push_back(std::move(factory));
  plan_ = std::move(plan);
}

Prelude::Prelude(const std::shared_ptr<const drive::StackPlan>& below, Framed::Factory factory) {
  auto plan = std::make_shared<drive::StackPlan>(*below);
  const std::string name(factory()->name());
  plan->names.insert(plan->names.begin(), name);
  for (drive::StackAlternative& alternative : plan->alternatives)
    alternative.layers.push_back(drive::prelude_layer(name, factory));
  plan_ = std::move(plan);
}

}  // namespace bowline
