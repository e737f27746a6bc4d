import { PreconditionError } from './refusals.ts'

/** The conditions of a request, as its headers have them; times are in milliseconds since 1970. */
export interface Conditions {
  ifMatch: string | undefined
  ifUnmodifiedSinceMs: number | undefined
  ifNoneMatch: string | undefined
  ifModifiedSinceMs: number | undefined
}

/** What tells the versions of a content apart. */
export interface Validators {
  /** Strong, with its quotes; undefined for a live content, of which no two readers get the same bytes. */
  etag: string | undefined
  /** In whole seconds, as headers can say no more. */
  modifiedAtMs: number | undefined
}

/**
 * Whether the reader has what it asks for already (answer 304), by the order of RFC 9110, section
 * 13.2.2. Throws PreconditionError where it means another version.
 */
export function isUnchanged(conditions: Conditions, { etag, modifiedAtMs }: Validators): boolean {
  const { ifMatch, ifUnmodifiedSinceMs, ifNoneMatch, ifModifiedSinceMs } = conditions
  const isUpToDate = (sinceMs: number | undefined) =>
    sinceMs !== undefined && modifiedAtMs !== undefined && modifiedAtMs <= sinceMs
  if (ifMatch !== undefined) {
    if (!lists(ifMatch, etag)) throw new PreconditionError()
  } else if (ifUnmodifiedSinceMs !== undefined && modifiedAtMs !== undefined) {
    if (!isUpToDate(ifUnmodifiedSinceMs)) throw new PreconditionError()
  }
  if (ifNoneMatch !== undefined) return lists(ifNoneMatch.replaceAll('W/"', '"'), etag)
  return isUpToDate(ifModifiedSinceMs)
}

/**
 * Whether the ranges of a request hold for this version. By a date they never do: one is no strong
 * validator, and whoever has a content of a gateway has its tag.
 */
export function rangesHold(ifRange: string | undefined, { etag }: Validators): boolean {
  return ifRange === undefined || ifRange.trim() === etag
}

/** Whether the tags of a list, or the star that stands for any, are for this one; weak ones are for none. */
function lists(tags: string, etag: string | undefined): boolean {
  return tags.trim() === '*' || tags.split(',').some(tag => tag.trim() === etag)
}
