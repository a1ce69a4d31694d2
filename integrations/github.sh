#!/usr/bin/env bash
# The step of action.yml: installs pitstop, runs it, and leaves remarks, a summary, reports and, if wanted, a comment. Its exit code is pitstop's.
set -uo pipefail

fail() {
    printf '::error title=pitstop::%s\n' "$1"
    exit 3
}

own="$RUNNER_TEMP/pitstop"
reports="$RUNNER_TEMP/pitstop-reports"
mkdir -p "$reports"
if [ ! -x "$own/bin/pitstop" ]; then
    python3 -m venv "$own" && "$own/bin/python" -m pip install --quiet --disable-pip-version-check "$GITHUB_ACTION_PATH" ||
        fail 'pitstop could not be installed: it needs Python 3.11 or newer (actions/setup-python)'
fi

read -r -a command <<<"$PITSTOP_COMMAND"
case "${command[0]:-}" in
review)
    if [ -n "${GITHUB_BASE_REF:-}" ] && [[ ${command[1]:--} == -* ]]; then
        # A pull request is checked out as its merge, unless the workflow says otherwise: then the first parent is what it is merged into.
        if git -C "$PITSTOP_PATH" rev-parse --verify --quiet 'HEAD^2' >/dev/null; then
            base=$(git -C "$PITSTOP_PATH" rev-parse --verify --quiet 'HEAD^1^{commit}')
        else
            base=$(git -C "$PITSTOP_PATH" merge-base "origin/$GITHUB_BASE_REF" HEAD 2>/dev/null)
        fi
        [ -n "$base" ] || fail 'the commits before the pull request are not there: check out with `fetch-depth: 0`'
        command=(review "$base..HEAD" "${command[@]:1}")
    fi
    command+=(--path "$PITSTOP_PATH")
    ;;
inspect | measure)
    command+=("$PITSTOP_PATH")
    ;;
*)
    fail "command: ${command[0]:-nothing} is not one of review, inspect, measure"
    ;;
esac

"$own/bin/pitstop" "${command[@]}" --quiet --format github \
    --report "sarif=$reports/pitstop.sarif" --report "markdown=$reports/pitstop.md" --report "html=$reports/pitstop.html"
code=$?

{
    printf 'exit-code=%s\n' "$code"
    [ -f "$reports/pitstop.sarif" ] && printf 'sarif=%s\n' "$reports/pitstop.sarif"
    [ -f "$reports/pitstop.html" ] && printf 'html=%s\n' "$reports/pitstop.html"
} >>"$GITHUB_OUTPUT"
if [ -f "$reports/pitstop.md" ]; then
    cat "$reports/pitstop.md" >>"$GITHUB_STEP_SUMMARY"
    if [ "$PITSTOP_COMMENT" = true ] && [ -n "$PITSTOP_PULL_REQUEST" ]; then
        "$own/bin/python" "$GITHUB_ACTION_PATH/integrations/github_comment.py" "$reports/pitstop.md" || printf '::warning title=pitstop::the comment could not be written\n'
    fi
fi
exit "$code"
