# shellcheck shell=bash
# Sets up .venv in the checkout; sourced by jobs/nightly and tests/run, so that both do the same.
#
#   elqr_set_up ROOT run|test    returns when ROOT/.venv holds elqr; ends the script with 1 when it cannot
#
# The folder .venv is made anew when pyproject.toml, .constraints.txt, the place of the checkout or the
# chosen Python has changed; otherwise nothing is touched and no network is used. Two at once wait for
# each other, for ELQR_WAIT_SECONDS (900) at most. ELQR_PYTHON names the Python to use; pip's own variables
# (PIP_FIND_LINKS, PIP_NO_INDEX, PIP_INDEX_URL, …) are honoured, read from the folder the caller stands in.
# ELQR_HASHES names a list of hashes (jobs/hashes.py): then every wheel is installed by its hash, and nothing else.

ELQR_WAIT_SECONDS=${ELQR_WAIT_SECONDS:-900}

elqr_say() {
  printf 'elqr: %s\n' "$1" >&2
  shift
  (($# == 0)) || printf '%s\n' "$@" >&2
}

elqr_stop() {
  elqr_say "$@"
  exit 1
}

elqr_set_up() {
  elqr_root=$1 elqr_purpose=$2
  elqr_venv=$elqr_root/.venv
  elqr_is_ready && return
  [[ -w $elqr_root ]] || elqr_stop "フォルダ $elqr_root に書き込めません。このフォルダの所有者で実行するか、権限を直してください。"
  elqr_alone elqr_install || exit
}

# The stamp is the text it was installed from, so it is equal or it is not.
elqr_wanted() {
  printf '%s\n' "$elqr_root"
  cat "$elqr_root/pyproject.toml" "$elqr_root/.constraints.txt"
}

elqr_is_ready() {
  [[ -x $elqr_venv/bin/python && -x $elqr_venv/bin/elqr && -f $elqr_venv/installed-$elqr_purpose.txt ]] || return 1
  [[ $(<"$elqr_venv/installed-$elqr_purpose.txt") == "$(elqr_wanted)" ]] || return 1
  local identity
  identity=$(elqr_identity "$elqr_venv/bin/python") || return 1
  [[ -z ${ELQR_PYTHON:-} || $identity == "$(elqr_identity "$ELQR_PYTHON")" ]] || return 1
  "$elqr_venv/bin/python" -I -c 'import elqr' 2>/dev/null
}

# Which installation an interpreter belongs to; fails when it does not run (the system's Python was replaced).
elqr_identity() {
  "$1" -c 'import sys; print(sys.base_prefix, "%d.%d" % sys.version_info[:2])' 2>/dev/null
}

# Runs a function while no other set-up of this checkout runs. The lock is not handed on to what follows.
elqr_alone() {
  local busy="別の準備が終わりません。動いているものがなければ"
  if command -v flock >/dev/null; then
    (
      flock -w "$ELQR_WAIT_SECONDS" 9 || elqr_stop "$busy、もう一度実行してください。"
      "$@" 9>&-
    ) 9>"$elqr_root/.venv.lock"
    return
  fi
  local lock=$elqr_root/.venv.lock.d waited=0
  until mkdir "$lock" 2>/dev/null; do
    ((waited++ < ELQR_WAIT_SECONDS)) || elqr_stop "${busy}フォルダ $lock を消して、もう一度実行してください。"
    sleep 1
  done
  (
    # shellcheck disable=SC2064  # the folder's name is meant as it is now
    trap "rmdir $(printf '%q' "$lock")" EXIT
    "$@"
  )
}

elqr_install() {
  elqr_is_ready && return # the one waited for has done it
  local extra=""
  local -a build=(hatchling editables)
  if [[ $elqr_purpose == test ]]; then
    extra="[test]"
    build+=(setuptools) # pyspark is published as source only
    elqr_purpose=run elqr_is_ready || elqr_make_venv
  else
    elqr_make_venv
  fi
  local python=$elqr_venv/bin/python log=$elqr_venv/setup.log
  local -a pip=("$python" -m pip --disable-pip-version-check --no-input install --constraint "$elqr_root/.constraints.txt")
  # The build backends are installed first and used as they are, so they are pinned too and come from the same folder.
  if [[ -n ${ELQR_HASHES:-} ]]; then
    elqr_by_hashes "$log"
  elif ! "${pip[@]}" "${build[@]}" >"$log" 2>&1 ||
    ! "${pip[@]}" --no-build-isolation --editable "$elqr_root$extra" >>"$log" 2>&1; then
    elqr_explain_failure "$log"
    exit 1
  fi
  # Whoever runs it may not be allowed to write here; without this every run would compile the program anew.
  "$python" -m compileall -q "$elqr_root/elqr" >>"$log" 2>&1 ||
    elqr_say "プログラムを前もって変換できませんでした（動きますが、始まりが遅くなります）。記録: $log"
  elqr_wanted >"$elqr_venv/installed-run.txt"
  [[ -z $extra ]] || elqr_wanted >"$elqr_venv/installed-test.txt"
  elqr_say "準備ができました。"
}

# Every wheel by its hash; what is not on the list is not installed. This checkout itself is what was carried here.
elqr_by_hashes() {
  local listed=$elqr_venv/hashes.txt line
  [[ -r $ELQR_HASHES ]] || elqr_stop "ハッシュの一覧 $ELQR_HASHES を読めません。場所と権限を確かめてください。"
  while IFS= read -r line || [[ -n $line ]]; do
    [[ $line == elqr==* ]] || printf '%s\n' "${line%$'\r'}"
  done <"$ELQR_HASHES" >"$listed"
  if ! "${pip[@]}" --require-hashes --no-deps --requirement "$listed" >"$1" 2>&1 ||
    ! "${pip[@]}" --no-build-isolation --no-deps --editable "$elqr_root" >>"$1" 2>&1; then
    elqr_explain_failure "$1"
    exit 1
  fi
}

elqr_make_venv() {
  elqr_find_python
  elqr_say "実行環境を準備しています（初回は数分かかります）: $elqr_venv"
  rm -f "$elqr_venv"/installed-*.txt
  local said
  said=$("$elqr_python" -m venv --clear "$elqr_venv" 2>&1) ||
    elqr_stop "仮想環境 $elqr_venv を作れませんでした。空き容量と権限を確かめてください。" "$said"
}

elqr_find_python() {
  local candidate version too_old="" without_venv=""
  local -a candidates=(python3 python3.14 python3.13 python3.12 python3.11)
  [[ -z ${ELQR_PYTHON:-} ]] || candidates=("$ELQR_PYTHON")
  for candidate in "${candidates[@]}"; do
    version=$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    if ! "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      too_old="${too_old:+$too_old、}$candidate は $version"
    elif ! "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
      without_venv="${without_venv:-$candidate（$version）}"
    else
      elqr_python=$candidate
      return
    fi
  done
  if [[ -n $without_venv ]]; then
    elqr_stop "$without_venv に venv がありません。Debian・Ubuntu では apt install python3-venv を実行してから、もう一度実行してください。"
  elif [[ -n $too_old ]]; then
    elqr_stop "Python 3.11 以上が必要です（$too_old）。新しい Python を入れるか、環境変数 ELQR_PYTHON でその場所を指定してください。"
  elif [[ -n ${ELQR_PYTHON:-} ]]; then
    elqr_stop "環境変数 ELQR_PYTHON の $ELQR_PYTHON を実行できません。Python 3.11 以上の場所を指定してください。"
  fi
  elqr_stop "Python が見つかりません。Python 3.11 以上を入れるか、環境変数 ELQR_PYTHON でその場所を指定してください。"
}

elqr_explain_failure() {
  tail -n 15 "$1" >&2
  elqr_say "ライブラリを入れられませんでした。上は記録 $1 の終わりです。" \
    "インターネットに出られない機械では、出られる機械（同じOS・同じ版のPython）の、このフォルダの写しの中で" \
    "  python3 -m pip wheel -w wheels -c .constraints.txt hatchling editables setuptools '.[test]'" \
    "を実行し、できたフォルダ wheels を運んで、次のように実行してください。" \
    "  PIP_NO_INDEX=1 PIP_FIND_LINKS=運んだフォルダの場所 \"$0\""
}
