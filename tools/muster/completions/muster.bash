# Completion of muster(1) for bash: commands, options, pools and workers.

# The names of pools, a line each. Those with characters that JSON escapes are left out.
_muster_pools() {
  muster ls --json 2>/dev/null | sed -n 's/^ \{6\}"name": "\([^"\\]*\)",\{0,1\}$/\1/p'
}

# The indices of a pool's workers, a line each.
_muster_workers() {
  muster show --json -- "$1" 2>/dev/null |
    sed -n 's/^ \{8\}"index": \([0-9]\{1,\}\),\{0,1\}$/\1/p' | sort -nu
}

# What "top" sorts by, a line each: workers where a pool is named, else pools, too.
_muster_columns() {
  local pools='name id client command workers queued running p50 p99 age'
  local workers='worker pid state task id run-time attempt progress cpu rss max-rss done deaths'
  [[ -n $1 ]] || workers="$pools $workers"
  printf '%s\n' $workers | sort -u
}

# Adds the lines of standard input that begin as the word does. They are data of other programs, so
# they are quoted, and nothing in them is expanded.
_muster_add() {
  local line
  while IFS= read -r line; do
    [[ $line == "$cur"* ]] && COMPREPLY+=("$(printf '%q' "$line")")
  done
}

_muster() {
  local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  local commands='ls show tasks summary deaths top stack trace metrics web check doctor'
  local command= pool= word skip=
  COMPREPLY=()

  # The command, and the first word behind it that is no option and no option's value.
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ -n $skip ]]; then
      skip=
    elif [[ $word == -* ]]; then
      case $word in
        --interval | --stuck-after | --state | --older-than | --name | --limit | --last | --sort | \
          --stuck | -o | --output | --duration | --listen | --token | --save | --max-queue | \
          --max-age | --max-stuck | --max-deaths) skip=1 ;;
      esac
    elif [[ -z $command ]]; then
      command=$word
    elif [[ -z $pool ]]; then
      pool=$word
    else
      pool=$pool$'\n'
    fi
  done

  if [[ -n $skip ]]; then
    case $before in
      --state) _muster_add <<<$'pending\nrunning\nended' ;;
      --sort) _muster_add < <(_muster_columns "$pool") ;;
      -o | --output | --save) compopt -o default 2>/dev/null ;;
    esac
    return
  fi

  local common='-h --help --json --all-users' options
  case $command in
    '') options='-h --help --version' ;;
    ls) options="$common --interval" ;;
    show) options="$common --interval --stuck-after" ;;
    tasks) options="$common --interval --state --older-than --name --limit" ;;
    summary) options="$common --interval --limit" ;;
    deaths) options="$common --last" ;;
    top) options="$common --interval --once --sort" ;;
    stack) options="$common --stuck --ptrace" ;;
    trace) options="$common -o --output --last --duration" ;;
    metrics) options="$common --listen --token --openmetrics" ;;
    web) options="-h --help --all-users --listen --interval --token --save" ;;
    check) options="$common --max-queue --max-age --max-stuck --stuck-after --max-deaths" ;;
    doctor) options='-h --help --json' ;;
    *) return ;;
  esac

  if [[ $cur == -* ]]; then
    _muster_add < <(printf '%s\n' $options)
  elif [[ -z $command ]]; then
    _muster_add < <(printf '%s\n' $commands)
  elif [[ $command != ls && $command != doctor && -z $pool ]]; then
    _muster_add < <(_muster_pools)
  elif [[ $command == stack && $pool != *$'\n' && -n $pool ]]; then
    _muster_add < <(_muster_workers "$pool")
  fi
}

complete -F _muster muster
