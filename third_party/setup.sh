#!/usr/bin/env bash
# Installs what building and testing leitai needs on Debian 12, and says so before it does.
#
#   third_party/setup.sh            what `make`, `make demo` and `make test` need
#   third_party/setup.sh --dev      that, and what `make fuzz` and `make format` need
#   third_party/setup.sh --parquet  DuckDB's C library (71 MB) into the cache, for data sets in Parquet files
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
  libssl-dev libcld2-dev libmecab-dev mecab-ipadic-utf8 libhwy-dev libgtest-dev libgmock-dev
  bubblewrap libseccomp-dev nodejs nginx-light
  python3 python3-venv python3-pip
)
dev_packages=(clang-14 libclang-rt-14-dev clang-format-14)

usage() { sed -n '2,11s/^# \{0,1\}//p' "$0"; }

# The library that the npm package of DuckDB's own bindings carries; nothing of the package runs. Pinned by digest.
parquet_package=@duckdb/node-bindings-linux-x64@1.5.6-r.1
parquet_archive_sha256=1b9f82478539bb9a1d1df44bd103121a12ae52142c07158dc52b97d2ec1d69ff
parquet_library_sha256=3f4962cdd266eab2b479a5b5a4a6d063d279b2954ae814ed00385d553b747633

obtain_parquet() {
  local home=${LEITAI_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/leitai}
  local library=$home/lib/libduckdb.so
  if [[ -f $library ]] && sha256sum --check --status <<<"$parquet_library_sha256  $library"; then
    echo "DuckDB's library is there: $library"
    return
  fi
  if [[ $(uname -sm) != "Linux x86_64" ]]; then
    echo "setup.sh: the pinned library is for Linux on x86_64; put libduckdb.so (1.x) of your system at $library" >&2
    exit 1
  fi
  if ! command -v npm >/dev/null; then
    echo "setup.sh: npm is needed to obtain $parquet_package (apt-get install npm);" >&2
    echo "          or put libduckdb.so (1.x) at $library" >&2
    exit 1
  fi
  echo "Obtaining $parquet_package (24 MB, MIT licence); its libduckdb.so goes to $library"
  mkdir -p "$home/lib"
  scratch=$(mktemp -d "$home/lib/.scratch-XXXXXX")
  trap 'rm -rf "$scratch"' EXIT
  (cd "$scratch" && npm pack --silent "$parquet_package" >/dev/null)
  if ! sha256sum --check --status <<<"$parquet_archive_sha256  $(echo "$scratch"/*.tgz)"; then
    echo "setup.sh: $parquet_package has another SHA-256 than pinned; nothing was kept" >&2
    exit 1
  fi
  tar -xzf "$scratch"/*.tgz -C "$scratch" package/libduckdb.so
  sha256sum --check --status <<<"$parquet_library_sha256  $scratch/package/libduckdb.so"
  mv "$scratch/package/libduckdb.so" "$library"
  echo "Done."
}

check_only=false
for flag in "$@"; do
  case "$flag" in
    --check) check_only=true ;;
    --parquet) obtain_parquet; exit 0 ;;
    --dev) packages+=("${dev_packages[@]}") ;;
    -h | --help) usage; exit 0 ;;
    *)
      echo "setup.sh: unknown flag $flag; known: --check, --dev, --parquet, --help" >&2
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
