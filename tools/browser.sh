#!/usr/bin/env bash
# Installs Chromium, with which tests look at the preview's page, where there is
# no browser yet and this user may install one. It is no failure if not: those
# tests say then that they are skipped.
set -euo pipefail

for name in chromium chromium-browser google-chrome google-chrome-stable headless-shell; do
	if command -v "$name" >/dev/null; then
		exit 0
	fi
done

if [[ $(id -u) -eq 0 ]] && command -v apt-get >/dev/null; then
	echo "installing chromium, for the tests of the preview's page"
	export DEBIAN_FRONTEND=noninteractive
	if apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; then
		exit 0
	fi
fi
echo "there is no browser here: the tests of the preview's page are skipped (on Debian, apt-get install chromium)" >&2
