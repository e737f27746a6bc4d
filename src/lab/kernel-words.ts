/** What a user-mode Linux says whenever it boots, though some of it reads like the reason of a failure. */
const BOOT_NOISE = [/^SELinux: /, /^mmapper_init /, /^Failed to initialize ubd device/]
/** A line that says why a kernel ends. What follows it is a stack. */
const END = /panic|BUG:|Oops/
/** Number of lines that are told where none says why. */
const TOLD_LINES = 3

/** The reason that a kernel gave on its console for its end, else its last lines but those of every boot. Pure. */
export function lastWords(output: string): string {
  const lines = output
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !BOOT_NOISE.some(noise => noise.test(line)))
  const end = lines.find(line => END.test(line))
  if (end !== undefined) return end
  return lines.length > 0 ? lines.slice(-TOLD_LINES).join('; ') : 'nothing'
}
