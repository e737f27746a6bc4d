import { Pattern } from '../../pattern/pattern.ts'

/** The pattern without routes that are not `living`. The `heirs` take in turn the elements that are then nobody's. */
export function withHeirs(pattern: Pattern, living: readonly number[], heirs: readonly number[]): Pattern {
  if (pattern.routes.every(route => living.includes(route))) return pattern
  let turn = 0
  return new Pattern(
    pattern.elements.map(group => {
      const left = group.filter(route => living.includes(route))
      return left.length > 0 ? left : [heirs[turn++ % heirs.length]!]
    })
  )
}
