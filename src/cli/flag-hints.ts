/**
 * The flags that change what an error complains of, by the error's code: its own text knows no
 * flags, as other programs show it, too.
 */
export const FLAG_HINTS: Readonly<Record<string, string>> = {
  ERR_CATALOG_DIRECTORY: '--dir',
  ERR_CONTENT_CHANGED: '--force',
  ERR_DIRECTOR_UNREACHABLE: '--director',
  ERR_FILE_EXISTS: '--force, -o',
  ERR_FILE_TOO_LARGE: '-o',
  ERR_HASH_CACHE: '--home',
  ERR_HOME_BUSY: '--home',
  ERR_LISTEN: '--listen',
  ERR_NOBODY_HEARD: '--director, or --discover there',
  ERR_NO_ROOM: '-o',
  ERR_OUTPUT_BUSY: '-o',
  ERR_OUTPUT_DIRECTORY: '-o',
  ERR_PARTIAL_FOREIGN: '--force',
  ERR_PARTIAL_OTHER: '--force, -o'
}
