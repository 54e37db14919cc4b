#!/usr/bin/env bash
# Installs what building and testing leitai needs on Debian 12, and says so before it does.
#
#   third_party/setup.sh            what `make`, `make demo` and `make test` need
#   third_party/setup.sh --dev      that, and what `make fuzz` and `make format` need
#   third_party/setup.sh --check    installs nothing; lists what is missing; exit 1 if anything is
#
# Quiet when all is there. Uses sudo only when not root. Nothing is vendored: every library comes from the
# distribution (third_party/README.md says why each is there). No Python package is installed; should that ever
# be needed, it goes into a virtual environment (.venv), never into the system.
set -euo pipefail

packages=(
  build-essential g++ cmake ninja-build ccache pkg-config git ca-certificates
  libcurl4-openssl-dev nlohmann-json3-dev libfmt-dev libboost-program-options-dev libboost-dev
  libyaml-cpp-dev libpcre2-dev libutf8proc-dev libsqlite3-dev libarchive-dev zlib1g-dev libzstd-dev
  libssl-dev libhwy-dev libgtest-dev libgmock-dev
  bubblewrap libseccomp-dev nodejs
  libmecab-dev mecab-ipadic-utf8
  python3 python3-venv python3-pip
)
dev_packages=(clang-14 libclang-rt-14-dev clang-format-14)

usage() { sed -n '2,10s/^# \{0,1\}//p' "$0"; }

check_only=false
for flag in "$@"; do
  case "$flag" in
    --check) check_only=true ;;
    --dev) packages+=("${dev_packages[@]}") ;;
    -h | --help) usage; exit 0 ;;
    *)
      echo "setup.sh: unknown flag $flag; known: --check, --dev, --help" >&2
      exit 1
      ;;
  esac
done

if ! command -v dpkg-query >/dev/null; then
  echo "setup.sh: this is not a Debian system (no dpkg-query). Install the equivalents of these packages by hand:" >&2
  printf '  %s\n' "${packages[@]}" >&2
  exit 1
fi

# One call for all: a package that was never known to dpkg is simply absent from its output.
installed=" $(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null |
  awk '$1 == "installed" {printf "%s ", $2}' || true)"
missing=()
for package in "${packages[@]}"; do
  [[ "$installed" == *" $package "* ]] || missing+=("$package")
done

if ((${#missing[@]} == 0)); then
  exit 0
fi
if $check_only; then
  echo "setup.sh: ${#missing[@]} packages are missing: ${missing[*]}"
  echo "          third_party/setup.sh installs them"
  exit 1
fi

as_root=()
if ((EUID != 0)); then
  if ! command -v sudo >/dev/null; then
    echo "setup.sh: ${#missing[@]} packages are missing, and there is no sudo to install them with. As root, run:" >&2
    echo "          apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

release=$(. /etc/os-release 2>/dev/null && echo "${VERSION_ID:-unknown}" || echo unknown)
if [[ "$release" != 12* ]]; then
  echo "setup.sh: leitai is built and tested on Debian 12; this says it is ${release}. Going on." >&2
fi

echo "Installing ${#missing[@]} Debian packages${as_root:+ (with sudo)}: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
run() {  # shows the output only of what failed
  if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "$@" >"$log" 2>&1; then
    cat "$log" >&2
    echo "setup.sh: \"$*\" failed; its output is above. If the network or a mirror failed, run setup.sh again." >&2
    exit 1
  fi
}
# One source that does not answer need not matter: whether the packages can be had, the installation says.
"${as_root[@]}" apt-get update -qq >"$log" 2>&1 || echo "setup.sh: apt-get update reported: $(tail -n 1 "$log")" >&2
run apt-get install -y -qq --no-install-recommends "${missing[@]}"
echo "Done."
