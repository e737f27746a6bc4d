/**
 * Init script of the user-mode Linux. It loads the modules that links need, runs the file `setup`
 * and then, for each line `ID` of its console, the file `command-ID` once, and answers `ANSWER ID
 * EXITCODE OUTPUT`. The console can miss input under traffic, so the lab sends an id again until it
 * is answered. Commands come as files of the host because a console that gets long lines again and
 * again gets stuck. Argument of the kernel's command line: labdir=DIRECTORY.
 */
export const UML_INIT = `#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
modules=/usr/lib/uml/modules/$(uname -r)/kernel/net/sched
for module in act_mirred sch_ingress sch_netem cls_u32; do
  insmod $modules/$module.ko || echo "FAILED insmod $module"
done
stty -echo -onlcr
sh -e "$labdir/setup" || echo "FAILED setup"
echo READY
last=
while read -r id; do
  [ -f "$labdir/command-$id" ] || continue
  if [ "$id" != "$last" ]; then
    last=$id
    output=$(sh -e "$labdir/command-$id" 2>&1)
    code=$?
  fi
  echo "ANSWER $id $code $(printf %s "$output" | tr '\\n' ' ')"
done
`

/**
 * Argument of the kernel's command line that its processes get as an environment variable: with it
 * glibc uses no AVX.
 */
export const UML_ENVIRONMENT =
  'GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX,-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-AVX_Fast_Unaligned_Load'

/**
 * Script that starts the user-mode Linux with one network device for each named device of the
 * namespace. Each is a packet socket, passed as an open descriptor, which costs a quarter of the
 * CPU time of a TAP device. The sockets' buffers are large: a queue belongs into the link's htb,
 * and the frames in it are charged to the socket that sent them. The rings are deep, too: a qdisc
 * that wakes late sends all due frames at once, and a ring without room for them loses them.
 * On a processor with AMX the host's extended registers are larger than this Linux knows: it reads
 * and writes them by ptrace(PTRACE_GETREGSET, ..., NT_X86_XSTATE), fails to write them, and its
 * init dies. A seccomp filter refuses that request with EIO, after which this Linux falls back to
 * the registers that each processor has. Its processes then share the AVX registers, so that none
 * may use them: see UML_ENVIRONMENT.
 * Arguments: CONSOLE_FIFO DEVICE... -- LINUX ARGUMENT...
 */
export const UML_LAUNCHER = `use strict;
use Socket;
$^F = 65535;
my ($fifo, @rest) = @ARGV;
my (@sockets, @devices);
while (@rest && $rest[0] ne '--') {
  my $device = shift @rest;
  open my $file, '<', "/sys/class/net/$device/ifindex" or die "$device: $!\\n";
  chomp(my $index = <$file>);
  close $file;
  my $everyProtocol = unpack('S', pack('n', 3));
  socket(my $socket, 17, SOCK_RAW, $everyProtocol) or die "packet socket: $!\\n";
  my ($packetLevel, $ignoreOutgoing, $sendBufferForce, $receiveBufferForce) = (263, 23, 32, 33);
  setsockopt($socket, $packetLevel, $ignoreOutgoing, pack('i', 1)) or die "PACKET_IGNORE_OUTGOING: $!\\n";
  setsockopt($socket, SOL_SOCKET, $sendBufferForce, pack('i', 256 << 20)) or die "SO_SNDBUFFORCE: $!\\n";
  setsockopt($socket, SOL_SOCKET, $receiveBufferForce, pack('i', 32 << 20)) or die "SO_RCVBUFFORCE: $!\\n";
  bind($socket, pack('SnlSCCa8', 17, 3, $index, 0, 0, 0, '')) or die "bind $device: $!\\n";
  push @devices, 'vec' . @sockets . ':transport=fd,fd=' . fileno($socket) . ',depth=256';
  push @sockets, $socket;
}
shift @rest;
open my $cpus, '<', '/proc/cpuinfo' or die "/proc/cpuinfo: $!\\n";
if (grep { /\\bamx_tile\\b/ } <$cpus>) {
  my ($load, $jumpIfEqual, $return, $allow, $refuse) = (0x20, 0x15, 0x06, 0x7fff0000, 0x00050005);
  my ($number, $request, $address) = (0, 16, 32);
  my ($ptrace, $getRegisterSet, $extendedState) = (101, 0x4204, 0x202);
  my @program = (
    [$load, 0, 0, $number], [$jumpIfEqual, 0, 5, $ptrace],
    [$load, 0, 0, $request], [$jumpIfEqual, 0, 3, $getRegisterSet],
    [$load, 0, 0, $address], [$jumpIfEqual, 0, 1, $extendedState],
    [$return, 0, 0, $refuse],
    [$return, 0, 0, $allow],
  );
  my $filter = join '', map { pack('SCCL', @$_) } @program;
  my ($prctl, $setNoNewPrivileges, $setSeccomp, $filterMode) = (157, 38, 22, 2);
  syscall($prctl, $setNoNewPrivileges, 1, 0, 0, 0) == 0 or die "PR_SET_NO_NEW_PRIVS: $!\\n";
  my $filterProgram = pack('SxxxxxxP', scalar @program, $filter);
  syscall($prctl, $setSeccomp, $filterMode, $filterProgram) == 0 or die "PR_SET_SECCOMP: $!\\n";
}
open(STDIN, '+<', $fifo) or die "$fifo: $!\\n";
exec @rest, @devices;
die "$rest[0]: $!\\n";
`
