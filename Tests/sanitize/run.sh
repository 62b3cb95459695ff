#!/usr/bin/env bash
# The unit tests of the core and the backends under the thread or the address sanitizer: run.sh thread|address
#
# The thread sanitizer does not see the futex in Swift's own Mutex and takes every use of it for a race. In a package of
# its own, made below, a module of the same name puts a pthread lock in its place, which the sanitizer understands.
set -euo pipefail
sanitizer=${1:?thread or address}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
package=$root/.build/sanitize
rm -rf "$package/Sources" "$package/Tests"
mkdir -p "$package/Sources"
for module in MultipleSpawner Transport Backends Configurers BackendContract CLinux CLibCurl CLibSSH2 VolumeRemover FakeServer ScriptedServer; do
  ln -s "$root/Sources/$module" "$package/Sources/$module"
done
cp -r "$here/Synchronization" "$package/Sources/Synchronization"
ln -s "$root/Tests" "$package/Tests"
ln -sfn "$root/templates" "$package/templates"
ln -sfn "$root/deployments" "$package/deployments"
cp "$here/Package.swift.txt" "$package/Package.swift"
cd "$package"
# Options of backends are declared once and for good, which the leak check would report.
export ASAN_OPTIONS=detect_leaks=0
# The thread sanitizer cannot follow a child that borrows its parent's memory until exec, as the shim's does, and counts
# its own switches wrong from then on: suites that start processes run under the address sanitizer alone.
suites=()
if [ "$sanitizer" = thread ]; then
  suites=(--filter MultipleSpawnerTests --filter TransportTests --filter DockerClient)
fi
exec swift test --sanitize="$sanitizer" --scratch-path "$package/$sanitizer" "${suites[@]}"
