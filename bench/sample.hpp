#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bench {

// A cell found something wrong with what it measures: a sum that is not right, a bound exceeded.
class MeasurementError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What one run of a cell measured: values by the key of their metric. As text a line each,
// "key value", which is how it comes out of the process that ran the cell.
class Sample {
 public:
  void set(std::string_view key, double value) { values_[std::string(key)] = value; }
  const std::map<std::string, double>& values() const { return values_; }
  // 0 where there is none.
  double get(std::string_view key) const;

  std::string to_text() const;
  // Throws MeasurementError with the text if that is not what a cell prints.
  static Sample from_text(std::string_view text);

 private:
  std::map<std::string, double> values_;
};

// Throws MeasurementError if results did not add up to what they must: figures of wrong results
// are worth nothing.
void check_sum(std::uint64_t got, std::uint64_t expected);

}  // namespace bench
