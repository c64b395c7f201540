. "$(dirname "$0")/lib.sh"

run "$1"
expect_equal "lines" "$(wc -l <"$out")" 6
expect 1 '^"42": exception\(\) is null$'
expect 1 '^"42": result\(\) is 42$'
expect 1 '^"forty-two": exception\(\) is an exception$'
expect 1 '^"forty-two": std::invalid_argument: stoi'
expect 1 '^"": exception\(\) is an exception$'
expect 1 '^"": ParseError: the text is empty'
