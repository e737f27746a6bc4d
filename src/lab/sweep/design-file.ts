import { readFile } from 'node:fs/promises'
import { ConfigurationError } from '../../errors.ts'
import { type Design, parseDesign } from '../design/design.ts'

/** Reads a design file. Throws DesignError and ConfigurationError. */
export async function loadDesign(path: string): Promise<{ design: Design; text: string }> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw new ConfigurationError(`cannot read the design file ${path}: ${(error as Error).message}`, error)
  }
  return { design: parseDesign(text, path), text }
}
