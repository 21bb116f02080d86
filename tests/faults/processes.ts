import { readdir, readFile } from 'node:fs/promises'

/** Numbers of a process and of all that it and its children have started. */
export async function familyOf(processId: number): Promise<number[]> {
  const parents = new Map<number, number>()
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    // After the name, which may hold anything, come the state and the parent.
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    const parent = /^[\s\S]*\) \S (\d+)/.exec(stat)?.[1]
    if (parent !== undefined) parents.set(Number(name), Number(parent))
  }
  const family = [processId]
  for (const member of family) {
    for (const [child, parent] of parents) if (parent === member) family.push(child)
  }
  return family
}

/** Ends all of them at one moment, as when the power goes. */
export async function cutPower(processId: number): Promise<void> {
  const family = await familyOf(processId)
  for (const signal of ['SIGSTOP', 'SIGKILL'] as const) {
    for (const member of family) {
      try {
        process.kill(member, signal)
      } catch {
        // It has gone by itself.
      }
    }
  }
}
