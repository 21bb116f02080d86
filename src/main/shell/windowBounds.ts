import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { screen, type BrowserWindow, type Rectangle } from 'electron'
import { z } from 'zod'
import { writeFileAtomic } from '../host/atomicFile'
import { isMissing } from '../host/jsonFile'
import { parseJson } from '@shared/json'
import { logWarning } from '../host/log'

const boundsSchema = z.object({
  x: z.int(),
  y: z.int(),
  width: z.int().positive(),
  height: z.int().positive(),
  maximized: z.boolean(),
})

export type SavedBounds = z.infer<typeof boundsSchema>

function boundsFile(userDataFolder: string): string {
  return path.join(userDataFolder, 'window.json')
}

/** Where the window was last, or null when it was nowhere or its screen is gone. */
export async function readBounds(userDataFolder: string): Promise<SavedBounds | null> {
  try {
    const parsed = boundsSchema.safeParse(parseJson(await readFile(boundsFile(userDataFolder), 'utf8')))
    return parsed.success && isOnScreen(parsed.data) ? parsed.data : null
  } catch (error) {
    if (!isMissing(error)) logWarning('window', String(error))
    return null
  }
}

function isOnScreen(bounds: Rectangle): boolean {
  return screen.getAllDisplays().some(({ workArea }) => {
    const centreX = bounds.x + bounds.width / 2
    return (
      centreX >= workArea.x &&
      centreX < workArea.x + workArea.width &&
      bounds.y >= workArea.y - 1 &&
      bounds.y < workArea.y + workArea.height
    )
  })
}

const settleMs = 500

/** Keeps the file up to date once moving and resizing has come to rest. */
export function rememberBounds(window: BrowserWindow, userDataFolder: string): void {
  let timer: NodeJS.Timeout | null = null
  const save = (): void => {
    timer = null
    if (window.isDestroyed()) return
    const bounds: SavedBounds = { ...window.getNormalBounds(), maximized: window.isMaximized() }
    writeFileAtomic(boundsFile(userDataFolder), `${JSON.stringify(bounds)}\n`).catch((error: unknown) =>
      logWarning('window', String(error)),
    )
  }
  const later = (): void => {
    if (timer !== null) clearTimeout(timer)
    timer = setTimeout(save, settleMs)
  }
  window.on('resize', later)
  window.on('move', later)
  window.on('close', () => {
    if (timer === null) return
    clearTimeout(timer)
    save()
  })
}
