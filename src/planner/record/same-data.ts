/** Whether two values from JSON are equal; the order of an object's keys does not count. */
export function isSameData(a: unknown, b: unknown): boolean {
  if (!isComposite(a) || !isComposite(b)) return Object.is(a, b)
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every(key => Object.hasOwn(b, key) && isSameData(a[key], b[key]))
  )
}

function isComposite(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
