#include <memory>
#include <utility>

#include <muster/detail/map_feed.hpp>

namespace muster::detail {
namespace {

class KeeperHook final : public StateHook {
 public:
  explicit KeeperHook(std::shared_ptr<ChunkKeeper> keeper)
      : StateHook(Kind::callback), keeper_(std::move(keeper)) {}

  void fire(StateBase& state) noexcept override {
    keeper_->keep();
    state.release();
    delete this;
  }

 private:
  std::shared_ptr<ChunkKeeper> keeper_;
};

}  // namespace

void ChunkKeeper::watch(std::shared_ptr<ChunkKeeper> keeper, StateBase& chunk) {
  auto hook = std::make_unique<KeeperHook>(std::move(keeper));
  chunk.add_callback(*hook);
  (void)hook.release();  // it is the state's, or has run and deleted itself
}

}  // namespace muster::detail
