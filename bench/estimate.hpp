#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace bench {

// How long all that is planned will still take, by what it took so far.
class Estimate {
 public:
  using Seconds = std::chrono::duration<double>;

  // A scenario will run each of its cells so often.
  void plan(const std::string& scenario, std::size_t cells, std::size_t runs);
  // So many runs of a cell took so long.
  void ran(const std::string& scenario, std::size_t cell, std::size_t runs, Seconds took);
  // A cell will not be run any more.
  void drop(const std::string& scenario, std::size_t cell);
  // Nor will anything of this scenario.
  void finish(const std::string& scenario) { plans_.erase(scenario); }

  // "4 min left"; "" as long as nothing has run. A cell that has not run yet is expected to take as
  // long as others of its scenario or, where there are none either, as all so far.
  std::string left_text() const;

 private:
  struct Pace {
    Seconds took{0};
    std::size_t runs = 0;

    void add(std::size_t more_runs, Seconds more) {
      took += more;
      runs += more_runs;
    }
    // Of one run; `otherwise` where none has been.
    Seconds mean(Seconds otherwise) const {
      return runs == 0 ? otherwise : took / static_cast<double>(runs);
    }
  };
  struct CellPlan {
    Pace pace;
    std::size_t left = 0;
  };
  struct ScenarioPlan {
    Pace pace;
    std::vector<CellPlan> cells;
  };

  CellPlan* find(const std::string& scenario, std::size_t cell);

  std::map<std::string, ScenarioPlan> plans_;
  Pace pace_;
};

}  // namespace bench
