import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { LockForeignError, LockHeldError, ProcessLock } from '../../src/files/process-lock.ts'

const MODULE = new URL('../../src/files/process-lock.ts', import.meta.url).href

const FLAGS = ['--experimental-transform-types', '--no-warnings', '--input-type=module']

let directory: string
let path: string

beforeEach(async () => {
  const made = await mkdtemp(join(tmpdir(), 'anabranch-lock-'))
  directory = made
  path = join(made, 'lock')
  return () => rm(made, { recursive: true })
})

/** A process that has the lock until it is killed. */
async function startHolder() {
  const code = `const { ProcessLock } = await import('${MODULE}')
    ProcessLock.take(${JSON.stringify(path)})
    // What nothing refers to any more may be collected: the lock must outlive that.
    for (let i = 0; i < 5; i++) { gc(); await new Promise(resolve => setImmediate(resolve)) }
    console.log('held')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, [...FLAGS, '--expose-gc', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const ended = once(child, 'exit')
  const kill = async () => {
    child.kill('SIGKILL')
    await ended
  }
  onTestFinished(kill)
  await once(child.stdout, 'data')
  return { pid: child.pid!, kill }
}

describe('a process lock', () => {
  it('keeps others out, also of the same process, until it is released', () => {
    const lock = ProcessLock.take(path)!
    for (let i = 0; i < 2; i++) expect(() => ProcessLock.take(path)).toThrow(LockHeldError)
    lock.release()
    lock.release()
    ProcessLock.take(path)!.release()
  })

  it('leaves nothing behind when it is released', async () => {
    ProcessLock.take(path)!.release()
    expect(await readdir(directory)).toEqual([])
  })

  it('names the process that holds it, and is free as soon as that is killed', async () => {
    const { pid, kill } = await startHolder()
    expect(() => ProcessLock.take(path)).toThrow(expect.objectContaining({ name: 'LockHeldError', pid }))
    await kill()
    expect(await readdir(directory)).toEqual(['lock'])
    ProcessLock.take(path)!.release()
  })

  it('is free when its file names a process that runs but does not hold it', async () => {
    const { kill } = await startHolder()
    const left = await readFile(path)
    await kill()
    // As after the holder's process id was given to another program: this one.
    left.writeInt32BE(process.pid, 60)
    await writeFile(path, left)
    ProcessLock.take(path)!.release()
  })

  it('does not remove the lock file of another that came after its own was removed', async () => {
    const lock = ProcessLock.take(path)!
    await rm(path)
    const other = ProcessLock.take(path)!
    lock.release()
    expect(() => ProcessLock.take(path)).toThrow(LockHeldError)
    other.release()
  })

  it('is not held on a file that its holder removed just as it was opened', () => {
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
    const { exec } = DatabaseSync.prototype
    let isRemoved = false
    const spy = vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (
      this: InstanceType<typeof DatabaseSync>,
      sql
    ) {
      exec.call(this, sql)
      if (isRemoved || !sql.includes('COMMIT')) return
      isRemoved = true
      rmSync(path)
      writeFileSync(path, '')
    })
    onTestFinished(() => spy.mockRestore())
    const lock = ProcessLock.take(path)!
    expect(() => ProcessLock.take(path)).toThrow(LockHeldError)
    lock.release()
  })

  it('leaves alone what is no lock file', async () => {
    await writeFile(path, 'a letter of more than nothing')
    expect(() => ProcessLock.take(path)).toThrow(LockForeignError)
    expect(await readFile(path, 'utf8')).toBe('a letter of more than nothing')
    await rm(path)
    await writeFile(join(directory, 'victim'), '')
    await symlink('victim', path)
    expect(() => ProcessLock.take(path)).toThrow(LockForeignError)
    expect(await readFile(join(directory, 'victim'), 'utf8')).toBe('')
  })

  it('that cannot be opened says what the file system says, and not what SQLite does', () => {
    const spy = vi.spyOn(process, 'getBuiltinModule').mockReturnValue({
      DatabaseSync: class {
        constructor() {
          rmSync(path)
          throw new Error('unable to open database file')
        }
      }
    } as never)
    onTestFinished(() => spy.mockRestore())
    expect(() => ProcessLock.take(path)).toThrow('ENOENT')
  })

  it('that was left on a disk that is read-only now says so, with its path', async () => {
    const { kill } = await startHolder()
    await kill()
    const code = `const { ProcessLock } = await import('${MODULE}')
      try { ProcessLock.take(${JSON.stringify(path)}) } catch ({ code, path }) { console.log(code, path) }`
    const script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
    const inside = ['--map-root-user', '--mount', 'sh', '-c', script, directory]
    const said = execFileSync('unshare', [...inside, process.execPath, ...FLAGS, '-e', code])
    expect(String(said)).toBe(`EROFS ${path}\n`)
  })

  it('names no process where its holder is in another container or on another machine', async () => {
    await startHolder()
    const spy = vi.spyOn(process, 'kill').mockImplementation(() => {
      throw Object.assign(new Error('no such process'), { code: 'ESRCH' })
    })
    onTestFinished(() => spy.mockRestore())
    expect(() => ProcessLock.take(path)).toThrow(
      expect.objectContaining({ name: 'LockHeldError', pid: undefined })
    )
  })

  it('leaves alone a database of somebody else', async () => {
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
    const database = new DatabaseSync(path)
    database.exec('CREATE TABLE a (b)')
    database.close()
    const before = await readFile(path)
    expect(() => ProcessLock.take(path)).toThrow(LockForeignError)
    expect(await readFile(path)).toEqual(before)
  })

  it('is none on a file system that has no locks, and leaves nothing there', async () => {
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
    const ioErrorOfLock = 3850
    const spy = vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(() => {
      throw Object.assign(new Error('disk I/O error'), { errcode: ioErrorOfLock })
    })
    onTestFinished(() => spy.mockRestore())
    expect(ProcessLock.take(path)).toBe(undefined)
    expect(await readdir(directory)).toEqual([])
    vi.spyOn(DatabaseSync.prototype, 'prepare').mockImplementation(() => {
      throw Object.assign(new Error('disk I/O error'), { errcode: ioErrorOfLock })
    })
    onTestFinished(() => void vi.restoreAllMocks())
    await writeFile(path, 'a letter of more than nothing')
    expect(ProcessLock.take(path)).toBe(undefined)
    expect(await readFile(path, 'utf8')).toBe('a letter of more than nothing')
  })
})
