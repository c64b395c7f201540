#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include <muster/detail/map_run.hpp>
#include <muster/outcome.hpp>

namespace muster::detail {

// Goes through a map without throwing. What the map itself throws, when its time is over or an
// input cannot be read, becomes the outcome of one last item.
template <class R, MapOrder kOrder>
class OutcomeCursor {
 public:
  using Run = MapRun<R, kOrder>;

  explicit OutcomeCursor(Run& run) : run_(&run) {}
  explicit OutcomeCursor(std::unique_ptr<Run> run) : owned_(std::move(run)), run_(owned_.get()) {}

  bool at_end() const { return !outcome_ && !broken_ && run_->at_end(); }

  Outcome<R>& current() {
    if (!outcome_) read();
    return *outcome_;
  }

  void advance() noexcept {
    outcome_.reset();
    if (std::exchange(broken_, nullptr)) return;
    try {
      run_->advance();
    } catch (...) {
      broken_ = std::current_exception();
    }
    ++index_;
  }

 private:
  void read() {
    if (broken_) {
      outcome_.emplace(index_, broken_);
      return;
    }
    try {
      std::exception_ptr error;
      if (ValueOf<R>* value = run_->current(error, index_))
        outcome_.emplace(index_, std::in_place, std::move(*value));
      else
        outcome_.emplace(index_, std::move(error));
    } catch (...) {
      outcome_.emplace(index_, std::current_exception());
    }
  }

  std::unique_ptr<Run> owned_;
  Run* run_;
  std::optional<Outcome<R>> outcome_;
  std::exception_ptr broken_;
  std::size_t index_ = 0;  // of the item it stands on
};

}  // namespace muster::detail
