#!/bin/sh
# namespace.sh NETWORK PROGRAM CASE: run a case in a network of its own, with a
# name service of its own. Needs root; where that cannot be had, skips.
#
# NETWORK is "lonely", nothing but loopback; or "wide", an interface on whose
# other side everything that is sent gets lost.
set -eu

network=$1
program=$2
case=$3

skip() {
    echo "SKIP netns.$case: $1"
    exit 77
}

# Started again inside, as the first thing that happens there.
if [ "${IDEM_NAMESPACE:-}" != "$case" ]; then
    command -v ip >/dev/null || skip "no iproute2"
    command -v unshare >/dev/null || skip "no unshare"
    unshare --net --mount true 2>/dev/null || skip "no namespaces to be had"
    IDEM_NAMESPACE=$case exec unshare --net --mount "$0" "$@"
fi

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
echo 'nameserver 127.0.0.1' >"$tmp/resolv.conf"
cat >"$tmp/hosts" <<END
127.0.0.1       localhost loop.test
::1             localhost loop.test
192.0.2.1       both.test
2001:db8::1     both.test
192.0.2.7       real.test alias.test
192.0.2.10      xn--bcher-kva.test
192.0.2.1       race.test
2001:db8::9     race.test
END
echo 'hosts: files dns' >"$tmp/nsswitch.conf"
mount --make-rprivate /
for file in resolv.conf hosts nsswitch.conf; do
    [ -e /etc/$file ] || skip "no /etc/$file to cover"
    mount --bind "$tmp/$file" /etc/$file
done

ip link set lo up
if [ "$network" = wide ]; then
    ip link add here type veth peer name there 2>/dev/null ||
        skip "no veth here"
    ip address add 192.0.2.1/24 dev here
    ip address add 2001:db8::1/64 dev here nodad
    ip link set here up
    ip link set there up
    # Nobody would say that there is nobody.
    ip neighbour add 2001:db8::9 lladdr 02:00:00:00:00:09 dev here
fi

status=0
"$program" "$case" || status=$?
exit $status
