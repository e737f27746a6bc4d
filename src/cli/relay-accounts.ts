import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AnabranchError, ExitCode } from '../errors.ts'
import type { AccountStore } from '../relay/account-store.ts'
import { NODE_SETTINGS } from './common-settings.ts'
import { defaultHome } from './paths.ts'
import type { Reporter } from './reporter.ts'

/** The file of a relay's accounts, in its home. */
const ACCOUNTS_FILE = 'accounts.db'

/** Settings of the commands that read a relay's accounts. */
export const ACCOUNTS_SETTINGS = {
  home: { ...NODE_SETTINGS.home, help: 'directory of the relay whose accounts are meant' }
}

/** No relay has kept accounts in this home. */
class NoAccountsError extends AnabranchError {
  constructor(home: string) {
    super('ERR_NO_ACCOUNTS', `no relay has kept accounts in ${home}; give its home with --home DIR`, {
      exitCode: ExitCode.notFound
    })
  }
}

/** Makes the accounts of a relay that is about to run. They tell once that they cannot be kept. */
export async function makeAccounts(home: string, reporter: Reporter) {
  const { RelayAccounts } = await import('../relay/accounts.ts')
  return new RelayAccounts({
    path: join(home, ACCOUNTS_FILE),
    onProblem: ({ message }) =>
      reporter.tell(
        { event: 'problem', message },
        `${message}; the relay goes on, and tries again every few seconds`
      )
  })
}

/** Reads the accounts of a relay, which may be running. Throws NoAccountsError, AccountsError. */
export async function readAccounts<T>(
  home: string | undefined,
  environment: NodeJS.ProcessEnv,
  action: (store: AccountStore) => T
): Promise<T> {
  const directory = home ?? defaultHome('relay', environment)
  const path = join(directory, ACCOUNTS_FILE)
  if (!existsSync(path)) throw new NoAccountsError(directory)
  const { AccountStore } = await import('../relay/account-store.ts')
  const store = AccountStore.read(path)
  try {
    if (store.isUnused) throw new NoAccountsError(directory)
    return action(store)
  } finally {
    store.close()
  }
}
