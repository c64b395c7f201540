// A module that modules_test.cpp loads and unloads.

extern "C" int muster_test_plugin_answer(int x) { return x + MUSTER_TEST_PLUGIN_ADDS; }
