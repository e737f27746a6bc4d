/** The form that is sent, and the two older ones that are understood as well (RFC 9110, section 5.6.7). */
const WITH_ZONE = /^[A-Z][a-z]{2,8}, \d\d([ -])[A-Z][a-z]{2}\1(\d{4}|\d\d) \d\d:\d\d:\d\d GMT$/
const WITHOUT_ZONE = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/

/** Milliseconds since 1970 that a date in a header stands for; undefined where it is no date. */
export function parseHttpDate(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const zoned = WITHOUT_ZONE.test(text) ? `${text} GMT` : text
  if (zoned === text && !WITH_ZONE.test(text)) return undefined
  const timeMs = Date.parse(zoned)
  return Number.isNaN(timeMs) ? undefined : timeMs
}
