// A library of which nothing is registered.
extern "C" int plugin_test_answer() { return 42; }
