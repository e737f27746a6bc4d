/** Payload bytes of a packet of udp-cbr: a frame that fits every MTU that IPv6 allows. */
export const DATAGRAM_BYTES = 1200
/** Bytes that a frame has besides the payload of UDP, by version of IP. */
export const DATAGRAM_OVERHEAD_BYTES = { 4: 42, 6: 62 }
/** Mean size in bytes of a transfer of the kind web. */
export const WEB_TRANSFER_BYTES = 100_000

/**
 * Script of both ends of a traffic. Arguments of a receiver: `receive tcp|udp IP PORT`. It prints
 * each 100 ms, as one JSON object, the time and the payload bytes that have come so far. Arguments
 * of a sender: `send tcp IP PORT`, `send udp IP PORT FRAMES_A_SECOND` or `send web IP PORT
 * BYTES_A_SECOND SEED`. It ends with SIGTERM, its transfers included.
 */
export const TRAFFIC_SCRIPT = `use strict;
use Time::HiRes qw(time sleep);
use IO::Select;
use IO::Socket::IP;
$| = 1;
$SIG{PIPE} = 'IGNORE';
$SIG{TERM} = sub { $SIG{TERM} = 'DEFAULT'; kill 'TERM', -$$; };
my ($side, $kind, $ip, $port, $rate, $seed) = @ARGV;
my $zeros = "\\0" x 65536;

if ($side eq 'receive') {
  my @kind = $kind eq 'udp' ? (Proto => 'udp') : (Listen => 64, ReuseAddr => 1, Proto => 'tcp');
  my $door = IO::Socket::IP->new(LocalHost => $ip, LocalPort => $port, @kind) or die "$ip $port: $@\\n";
  my $ready = IO::Select->new($door);
  my ($bytes, $next) = (0, time);
  while (1) {
    for my $socket ($ready->can_read($next > time ? $next - time : 0)) {
      if ($socket == $door && $kind ne 'udp') {
        $ready->add($door->accept);
        next;
      }
      my $count = sysread $socket, my $data, 262144;
      if ($count) { $bytes += $count; }
      elsif ($socket != $door) { $ready->remove($socket); close $socket; }
    }
    next if time < $next;
    printf "{\\"event\\":\\"came\\",\\"epochMs\\":%.1f,\\"bytes\\":%d}\\n", time * 1000, $bytes;
    $next = time + 0.1;
  }
}

sub connected {
  while (1) {
    my $socket = IO::Socket::IP->new(PeerHost => $ip, PeerPort => $port, Proto => 'tcp');
    return $socket if $socket;
    sleep 0.5;
  }
}

if ($kind eq 'tcp') {
  while (1) {
    my $socket = connected();
    while (syswrite $socket, $zeros) {}
  }
}

if ($kind eq 'udp') {
  my $socket = IO::Socket::IP->new(PeerHost => $ip, PeerPort => $port, Proto => 'udp') or die "$@\\n";
  my $data = "\\0" x ${DATAGRAM_BYTES};
  for (my $next = time; ; $next += 1 / $rate) {
    my $left = $next - time;
    sleep $left if $left > 0.001;
    syswrite $socket, $data;
  }
}

$SIG{CHLD} = 'IGNORE';
srand $seed;
while (1) {
  my $bytes = 1 + int(-log(1 - rand) * ${WEB_TRANSFER_BYTES});
  unless (fork) {
    my $socket = connected();
    while ($bytes > 0) {
      my $count = syswrite $socket, $zeros, $bytes < 65536 ? $bytes : 65536;
      last unless $count;
      $bytes -= $count;
    }
    exit;
  }
  sleep(-log(1 - rand) * ${WEB_TRANSFER_BYTES} / $rate);
}
`
