#!/bin/sh
# Gives each new home its quota: an XFS project of its own for every marker that the engine left beside one.
#
# Usage: set_quotas.sh DIRECTORY LIMIT, such as `set_quotas.sh /var/nfs 1g`. The file system is XFS, mounted with
# `prjquota`. A systemd path unit runs it (docs/swarm-deployment.md); running it again changes nothing.
set -eu
directory=$1
limit=$2
failed=0
touch /etc/projects /etc/projid

for marker in "$directory"/*_QUOTA_NOT_SET; do
    [ -f "$marker" ] || continue
    home=${marker%_QUOTA_NOT_SET}
    name=${home##*/}
    [ -d "$home" ] && [ ! -L "$home" ] || continue
    # A project has a number, the directory under it, and a name.
    number=$(sed -n "s|^$name:||p" /etc/projid)
    if [ -z "$number" ]; then
        number=$(($(cut -d: -f2 /etc/projid | sort -n | tail -n 1) + 1))
        echo "$number:$home" >> /etc/projects
        echo "$name:$number" >> /etc/projid
    fi
    xfs_quota -x -c "project -s $name" "$directory" > /dev/null
    xfs_quota -x -c "limit -p bhard=$limit $name" "$directory"
    # xfs_quota ends well whatever happened: the quota counts when it is reported.
    if xfs_quota -x -c "report -p -b -N" "$directory" |
        awk -v name="$name" '$1 == name && $4 > 0 { found = 1 } END { exit !found }'; then
        rm "$marker"
        echo "$name has a quota of $limit"
    else
        echo "$name has no quota; is $directory XFS, and mounted with prjquota?" >&2
        failed=1
    fi
done
exit $failed
