/**
 * An uplink has come (`up`) or is gone, or has carried all bytes that it may (`usedUp`) and is not
 * used any more. `bytes` are those that it has carried so far, up and down.
 */
export interface UplinkChange {
  uplink: string
  state: 'up' | 'gone' | 'usedUp'
  bytes: number
}
