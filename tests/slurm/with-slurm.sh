#!/usr/bin/env bash
# with-slurm.sh NODES COMMAND...: runs COMMAND beside a Slurm of its own, a controller and NODES nodes of two processors on
# loopback in private namespaces, which starts in about a second. Its exit code is that of COMMAND; nothing survives it. 77, with
# the reason on stderr, when something that it needs is not there.
#
# In $SLURM_TRIAL: the logs, and node-n1, node-n2, ...: each the process that holds a node, and with it all that runs there.
set -u
if [ -z "${SLURM_TRIAL:-}" ]; then
  for program in slurmctld slurmd sbatch scontrol munged mungekey ip unshare setpriv pgrep; do
    command -v "$program" >/dev/null || { echo "skipped: there is no $program here (slurmctld slurmd slurm-client munge iproute2 procps)" >&2; exit 77; }
  done
  unshare --net --uts --ipc --mount --pid --fork true 2>/dev/null || { echo "skipped: no right to make namespaces here" >&2; exit 77; }
  SLURM_TRIAL=$(mktemp -d)
  export SLURM_TRIAL
  chmod 755 "$SLURM_TRIAL"
  setpriv --pdeathsig KILL unshare --net --uts --ipc --mount --pid --fork --kill-child --mount-proc \
    --propagation private bash "$0" "$@"
  code=$?
  [ $code = 99 ] || rm -rf "$SLURM_TRIAL"
  exit $code
fi
nodes=$1 trial=$SLURM_TRIAL
shift
ip link set lo up
ip addr add 127.0.0.2/8 dev lo
hostname localhost
mkdir -p "$trial/state" "$trial/log" "$trial/munge"
chmod 711 "$trial/munge"
cat > "$trial/slurm.conf" <<CONF
ClusterName=trial
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$trial/munge/socket
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmctldPort=26817
SrunPortRange=27000-27100
StateSaveLocation=$trial/state
SlurmdSpoolDir=$trial/spool-%n
SlurmctldPidFile=$trial/slurmctld.pid
SlurmdPidFile=$trial/slurmd-%n.pid
SlurmctldLogFile=$trial/log/slurmctld
SlurmdLogFile=$trial/log/%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,bf_interval=1,sched_min_interval=1000,batch_sched_delay=0
ReturnToService=2
SlurmdTimeout=300
KillWait=30
CONF
for i in $(seq "$nodes"); do
  echo "NodeName=n$i NodeHostname=localhost NodeAddr=127.0.0.1 Port=$((26820 + i)) CPUs=2"
  mkdir "$trial/spool-n$i"
done >> "$trial/slurm.conf"
echo "PartitionName=main Nodes=n[1-$nodes] Default=YES MaxTime=INFINITE OverSubscribe=NO" >> "$trial/slurm.conf"
export SLURM_CONF=$trial/slurm.conf
mungekey --create --keyfile="$trial/munge/key"
munged -F -S "$trial/munge/socket" --key-file="$trial/munge/key" --pid-file="$trial/munge/pid" \
  --log-file="$trial/munge/log" --seed-file="$trial/munge/seed" --origin=127.0.0.1 >"$trial/log/munged" 2>&1 &
for _ in $(seq 500); do [ -S "$trial/munge/socket" ] && break; sleep .02; done
slurmctld -D -c >"$trial/log/slurmctld.out" 2>&1 &
for i in $(seq "$nodes"); do
  unshare --pid --fork --kill-child --mount-proc slurmd -D -N "n$i" >"$trial/log/n$i.out" 2>&1 &
  echo $! > "$trial/node-n$i"
done
for try in $(seq 300); do
  [ "$(timeout 2 sinfo -h -t idle -o %D 2>/dev/null)" = "$nodes" ] && break
  sleep .1
done
[ "$try" -lt 300 ] || { tail -n 5 "$trial"/log/* >&2; echo "no Slurm after 30 s; its logs are in $trial" >&2; exit 99; }
"$@"
