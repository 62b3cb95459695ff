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

# A marker that stays as it is would start this job again and again: what cannot be done gets another name. To try once
# more, name it as it was.
give_up() {
    echo "$1; see $2_FAILED" >&2
    mv "$2" "$2_FAILED"
    failed=1
}

for marker in "$directory"/*_QUOTA_NOT_SET; do
    [ -f "$marker" ] || continue
    home=${marker%_QUOTA_NOT_SET}
    if [ ! -d "$home" ] || [ -L "$home" ]; then
        give_up "$home is no directory" "$marker"
        continue
    fi
    # A project has a number, the directory under it, and a name. The name begins with a letter: xfs_quota takes one of
    # digits, as a user may have, for a number.
    name=home_${home##*/}
    number=$(awk -F: -v name="$name" '$1 == name { print $2; exit }' /etc/projid)
    if [ -z "$number" ]; then
        number=$(($(cut -d: -f2 /etc/projid | sort -n | tail -n 1) + 1))
        echo "$number:$home" >> /etc/projects
        echo "$name:$number" >> /etc/projid
    fi
    # xfs_quota ends well whatever happened, or not: the quota counts when it is reported.
    xfs_quota -x -c "project -s $name" "$directory" > /dev/null || true
    xfs_quota -x -c "limit -p bhard=$limit $name" "$directory" || true
    if xfs_quota -x -c "report -p -b -N" "$directory" |
        awk -v name="$name" '$1 == name && $4 > 0 { found = 1 } END { exit !found }'; then
        rm "$marker"
        echo "$name has a quota of $limit"
    else
        give_up "$name has no quota; is $directory XFS, and mounted with prjquota?" "$marker"
    fi
done
exit $failed
