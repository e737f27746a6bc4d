/** What an error of the file system means, and what somebody can do about it; both are parts of a sentence. */
export interface DiskFault {
  cause: string
  remedy: string
}

/** By the error's code; see errno(3). */
const FAULTS: Readonly<Record<string, DiskFault>> = {
  EACCES: {
    cause: 'this user has no right to',
    remedy: 'change the rights of the file and of its directories'
  },
  EBUSY: { cause: 'something else is using it', remedy: 'end that' },
  ECONNREFUSED: { cause: 'nobody listens on this socket', remedy: 'start its reader' },
  EDQUOT: { cause: 'the quota is used up', remedy: 'free some space' },
  EEXIST: { cause: 'something else has this name', remedy: 'move that away' },
  EFBIG: {
    cause: 'the file would be larger than allowed',
    remedy: 'raise the limit of the process (ulimit -f), or use a file system that takes larger files'
  },
  EILSEQ: {
    cause: 'the file system does not take the characters of the name',
    remedy: 'use plain letters'
  },
  EIO: { cause: 'the disk has failed', remedy: 'look for its errors in the system log (dmesg)' },
  EISDIR: { cause: 'it is a directory', remedy: 'use the name of a file' },
  ELOOP: { cause: 'its links lead in a circle', remedy: 'remove one of them' },
  EMFILE: { cause: 'the process has too many open files', remedy: 'raise the limit (ulimit -n)' },
  ENAMETOOLONG: { cause: 'the name is too long', remedy: 'shorten it' },
  ENFILE: { cause: 'the system has too many open files', remedy: 'raise the limit (sysctl fs.file-max)' },
  ENODEV: { cause: 'nothing is behind this device', remedy: 'connect it' },
  ENOENT: { cause: 'its directory does not exist', remedy: 'make that' },
  ENOSPC: { cause: 'no space is left', remedy: 'free some space (see df and df -i)' },
  ENOTCONN: { cause: 'its file system has gone', remedy: 'mount it again' },
  ENOTDIR: { cause: 'a part of the path is no directory', remedy: 'correct the path' },
  ENXIO: { cause: 'nothing is behind this device', remedy: 'connect it' },
  EPERM: {
    cause: 'the system protects the file or its directory',
    remedy: 'take the protection away (lsattr shows it)'
  },
  EPROTOTYPE: { cause: 'it is a socket for datagrams', remedy: 'use one for streams' },
  EROFS: { cause: 'the file system is read-only', remedy: 'mount it for writing' },
  ESTALE: { cause: 'its file system no longer knows it', remedy: 'mount it again' },
  ETXTBSY: { cause: 'a program runs from this file', remedy: 'end that' }
}

/** What EINVAL means where a file gets or is given by its name; other calls mean other things by it. */
const NAME_REFUSED: DiskFault = {
  cause: 'the file system does not take the name',
  remedy: 'leave out characters such as : ? * "'
}
const NAMING_CALLS = ['open', 'link', 'rename', 'mkdir']

/**
 * The cause for any error: in plain words where its code is known, with the path that failed where
 * the error tells it; else as the system says it.
 */
export function diskCause(error: unknown): string {
  const { code, path, message } = error as NodeJS.ErrnoException
  const fault = faultOf(error)
  return fault ? `${fault.cause} (${path === undefined ? code : `${code}, ${path}`})` : message
}

/** What can be done about the error. */
export function diskRemedy(error: unknown): string {
  return faultOf(error)?.remedy ?? 'check the path'
}

function faultOf(error: unknown): DiskFault | undefined {
  const { code = '', syscall = '' } = error as NodeJS.ErrnoException
  return code === 'EINVAL' && NAMING_CALLS.includes(syscall) ? NAME_REFUSED : FAULTS[code]
}
